/** What the controllers of a cluster would write, were there any: Nodes and the endpoints of Services. */

import { isIPv6 } from "node:net";
import type { KubernetesObject, TestClient } from "./test-client.ts";

export interface NodeOptions {
  /** Internal ones. */
  readonly addresses?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly networkUnavailable?: boolean;
}

export interface Endpoint {
  readonly address: string;
  readonly node: string;
  /** Default true. */
  readonly ready?: boolean;
  readonly serving?: boolean;
  readonly terminating?: boolean;
}

/** Each label a namespace may be selected by; `kubernetes.io/metadata.name` comes by itself. */
export async function writeNamespace(client: TestClient, name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
  await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name, labels } });
}

export async function writeNode(client: TestClient, name: string, options: NodeOptions = {}): Promise<void> {
  const { addresses = [], labels = {}, networkUnavailable = false } = options;
  await client.apply({ apiVersion: "v1", kind: "Node", metadata: { name, labels: { "kubernetes.io/hostname": name, ...labels } } });
  const status = {
    addresses: [{ type: "Hostname", address: name }, ...addresses.map((address) => ({ type: "InternalIP", address }))],
    conditions: [
      { type: "Ready", status: "True" },
      { type: "NetworkUnavailable", status: networkUnavailable ? "True" : "False" },
    ],
  };
  await client.patch("v1/Node", name, { status }, { subresource: "status" });
}

/** All endpoints of a Service (`shop/web`), in place of those before: one EndpointSlice a family. */
export async function writeEndpoints(client: TestClient, service: string, endpoints: readonly Endpoint[]): Promise<void> {
  const [namespace = "", name = ""] = service.split("/");
  for (const family of ["IPv4", "IPv6"]) {
    const slice = `${name}-${family.toLowerCase()}`;
    const members = endpoints.filter(({ address }) => isIPv6(address) === (family === "IPv6"));
    if (members.length > 0) await client.apply(sliceOf(namespace, name, slice, family, members));
    else await client.delete("discovery.k8s.io/v1/EndpointSlice", `${namespace}/${slice}`);
  }
}

function sliceOf(namespace: string, service: string, name: string, family: string, endpoints: readonly Endpoint[]): KubernetesObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name, namespace, labels: { "kubernetes.io/service-name": service } },
    addressType: family,
    ports: [{ name: "", port: 8080, protocol: "TCP" }],
    endpoints: endpoints.map(({ address, node, ready = true, serving = ready, terminating = false }) => ({
      addresses: [address],
      nodeName: node,
      conditions: { ready, serving, terminating },
    })),
  };
}

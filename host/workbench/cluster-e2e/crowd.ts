/** Many Services at once, and one big pool for them. */

import type { KubernetesObject, TestClient } from "../api-server/test-client.ts";
import type { Cluster } from "./cluster.ts";

const AT_ONCE = 16;

/** 65,536 addresses. */
export async function writeBigPool({ server, namespace }: Cluster): Promise<void> {
  const metadata = { name: "big", namespace };
  await server.admin.apply({ apiVersion: "metallb.io/v1beta1", kind: "IPAddressPool", metadata, spec: { addresses: ["10.64.0.0/16"] } });
}

/** `web-0` and on, in `default`. */
export async function writeServices(client: TestClient, from: number, count: number): Promise<void> {
  await inParallel(from, count, async (number) => {
    await client.apply(serviceOf(`web-${number}`));
  });
}

export async function deleteServices(client: TestClient, from: number, count: number): Promise<void> {
  await inParallel(from, count, (number) => client.delete("v1/Service", `default/web-${number}`));
}

async function inParallel(from: number, count: number, call: (number: number) => Promise<void>): Promise<void> {
  let next = from;
  const work = async (): Promise<void> => {
    while (next < from + count) await call(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

function serviceOf(name: string): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    // Neither node ports, of which there are too few, nor endpoints matter here.
    spec: { type: "LoadBalancer", allocateLoadBalancerNodePorts: false, ports: [{ port: 80 }] },
  };
}

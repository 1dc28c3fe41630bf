/**
 * What `herald bench cluster` fills the API server with: Nodes, Services and EndpointSlices as large as they are in a real cluster.
 *
 * One of a hundred Services is Local, and the measured node has its only endpoint: whether that is ready decides what the node announces. The others
 * have three endpoints on three nodes, and one of them changes nothing.
 */
import type { KubernetesObject } from "../../api-server/test-client.ts";
import { vipAddress } from "../answers/arp-frames.ts";

export const NAMESPACE = "metallb-system";
/** Of all Services of the bench. */
export const SHOP = "default";
/** The node whose speaker is measured. */
export const MEASURED_NODE = "node-0";
/** Ten times as many as each of 1,000 nodes would have. */
const LOCAL_EVERY = 100;
/** Those of Services that are made one at a time come after all others. */
export const FIRST_NEW_VIP = 0x10000;
export const MOST_NEW = 250;

export const serviceName = (at: number): string => `service-${at}`;
export const newName = (at: number): string => `new-${at}`;
const nodeName = (at: number): string => `node-${at}`;

/** The pools, and how they are announced: the new Services' by the measured node alone. */
export const configuration: readonly KubernetesObject[] = [
  resource("IPAddressPool", "bench", { addresses: [`${vipAddress(0)}/16`] }),
  resource("IPAddressPool", "new", { addresses: [`${vipAddress(FIRST_NEW_VIP)}/24`], autoAssign: false }),
  resource("L2Advertisement", "bench", { ipAddressPools: ["bench"] }),
  resource("L2Advertisement", "new", {
    ipAddressPools: ["new"],
    nodeSelectors: [{ matchLabels: { "kubernetes.io/hostname": MEASURED_NODE } }],
  }),
];

function resource(kind: string, name: string, spec: unknown): KubernetesObject {
  return { apiVersion: "metallb.io/v1beta1", kind, metadata: { name, namespace: NAMESPACE }, spec };
}

export function nodeObject(at: number): KubernetesObject {
  const name = nodeName(at);
  const heartbeat = { lastHeartbeatTime: "2026-01-01T00:00:00Z", lastTransitionTime: "2026-01-01T00:00:00Z" };
  const condition = (type: string, status: string) => ({
    type,
    status,
    reason: `Kubelet${type}`,
    message: `kubelet tells ${type}`,
    ...heartbeat,
  });
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/zone": `zone-${at % 3}`,
      },
      annotations: { "volumes.kubernetes.io/controller-managed-attach-detach": "true" },
    },
    // A new Node may bring its status.
    status: {
      addresses: [
        { type: "Hostname", address: name },
        { type: "InternalIP", address: `10.0.${at >> 8}.${at & 255}` },
      ],
      capacity: { cpu: "8", memory: "32Gi", pods: "110" },
      conditions: [
        condition("MemoryPressure", "False"),
        condition("DiskPressure", "False"),
        condition("PIDPressure", "False"),
        condition("Ready", "True"),
      ],
      images: Array.from({ length: 20 }, (_, image) => ({
        names: [`registry.example/team/image-${image}:1.0.${at}`],
        sizeBytes: 50_000_000,
      })),
    },
  };
}

export function serviceObject(at: number): KubernetesObject {
  return service(serviceName(at), { externalTrafficPolicy: isLocal(at) ? "Local" : "Cluster" });
}

/** From the pool of the new ones. */
export function newService(at: number): KubernetesObject {
  return service(newName(at), {}, { "metallb.io/address-pool": "new" });
}

/** There are too few node ports for so many. */
function service(name: string, spec: object, annotations: Readonly<Record<string, string>> = {}): KubernetesObject {
  const labels = { "app.kubernetes.io/name": name, "app.kubernetes.io/part-of": "bench", tier: "web" };
  const ports = [
    { name: "http", protocol: "TCP", port: 80, targetPort: 8080 },
    { name: "https", protocol: "TCP", port: 443, targetPort: 8443 },
  ];
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: SHOP, labels, annotations },
    spec: { type: "LoadBalancer", allocateLoadBalancerNodePorts: false, selector: { app: name }, ports, ...spec },
  };
}

export function sliceObject(at: number, nodes: number): KubernetesObject {
  return slice(serviceName(at), isLocal(at) ? [0] : [1, 2, 3].map((step) => (at * 7 + step) % nodes));
}

export function newSlice(at: number): KubernetesObject {
  return slice(newName(at), [0]);
}

function slice(service: string, nodes: readonly number[]): KubernetesObject {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: service,
      namespace: SHOP,
      labels: { "kubernetes.io/service-name": service, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" },
    },
    addressType: "IPv4",
    ports: [
      { name: "http", port: 8080, protocol: "TCP" },
      { name: "https", port: 8443, protocol: "TCP" },
    ],
    endpoints: nodes.map((node, at) => ({
      addresses: [`10.${128 + at}.${node >> 8}.${node & 255}`],
      nodeName: nodeName(node),
      zone: `zone-${node % 3}`,
      targetRef: { kind: "Pod", namespace: SHOP, name: `${service}-${node}` },
      conditions: conditions(true),
    })),
  };
}

/** The endpoints of a slice, the first of them turned from ready to not ready, or back. */
export function turned(endpoints: readonly { readonly conditions: { readonly ready: boolean } }[]): unknown[] {
  return endpoints.map((endpoint, at) => (at === 0 ? { ...endpoint, conditions: conditions(!endpoint.conditions.ready) } : endpoint));
}

function conditions(ready: boolean): object {
  return { ready, serving: ready, terminating: false };
}

function isLocal(at: number): boolean {
  return at % LOCAL_EVERY === 0;
}

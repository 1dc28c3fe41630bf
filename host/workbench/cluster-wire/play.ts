/** Advertisements and what else speakers are configured by, and what speakers report: objects of the API server alone. */

import { API_GROUP } from "../../rules/api-group.ts";
import type { KubernetesObject, TestClient } from "../api-server/test-client.ts";
import { until } from "../bgp-peers/until.ts";
import { addressesOf, type Scene, SERVICE, type ServiceShape } from "../cluster-e2e/scene.ts";
import type { NodeName } from "./hosts.ts";
import type { WireStage } from "./wire-stage.ts";

const CONFIGURATION = [
  "metallb.io/v1beta1/L2Advertisement",
  "metallb.io/v1beta1/BGPAdvertisement",
  "metallb.io/v1beta2/BGPPeer",
  "metallb.io/v1beta1/BFDProfile",
  "metallb.io/v1beta1/Community",
];

const SESSION_STATE = `${API_GROUP}/v1alpha1/BGPSessionState`;

/** Of a BGPSessionState. */
export type SessionStatus = Readonly<Record<string, unknown>>;

export interface ServiceStatus {
  readonly node: string;
  readonly serviceName: string;
  readonly serviceNamespace: string;
  readonly interfaces?: readonly { readonly name: string }[];
  readonly peers?: readonly string[];
}

export class Play {
  readonly #scene: Scene;
  readonly #stage: WireStage;

  constructor(scene: Scene, stage: WireStage) {
    this.#scene = scene;
    this.#stage = stage;
  }

  /** Writes one of MetalLB's kinds anew. */
  async configure(kind: string, name: string, spec: unknown, version = "v1beta1"): Promise<void> {
    const metadata = { name, namespace: this.#stage.cluster.namespace };
    await this.#admin.apply({ apiVersion: `metallb.io/${version}`, kind, metadata, spec });
  }

  l2(name: string, spec: unknown = {}): Promise<void> {
    return this.configure("L2Advertisement", name, spec);
  }

  bgp(name: string, spec: unknown = {}): Promise<void> {
    return this.configure("BGPAdvertisement", name, spec);
  }

  peer(name: string, spec: unknown): Promise<void> {
    return this.configure("BGPPeer", name, spec, "v1beta2");
  }

  /** `kind` with its version: `metallb.io/v1beta1/L2Advertisement`. */
  async remove(kind: string, name: string): Promise<void> {
    await this.#admin.delete(kind, `${this.#stage.cluster.namespace}/${name}`);
  }

  /** A Service with endpoints on these nodes. Gives its first address when it has one. */
  async service(name: string, nodes: readonly NodeName[], shape: ServiceShape = {}): Promise<string> {
    const whole = this.whole(name);
    await this.#scene.service(name, shape);
    await this.#stage.endpoints(whole, ...nodes);
    return await this.#admin.until(SERVICE, whole, "address", (service) => addressesOf(service)[0]);
  }

  /** `web` → `case-1/web`. */
  whole(name: string): string {
    return `${this.#scene.namespace}/${name}`;
  }

  /** The ServiceL2Status objects, or others, of a Service. */
  async statuses(kind: "ServiceL2Status" | "ServiceBGPStatus", name: string): Promise<ServiceStatus[]> {
    const objects = await this.#admin.list(`metallb.io/v1beta1/${kind}`, this.#stage.cluster.namespace);
    return objects.filter((object) => isAbout(object, this.#scene.namespace, name)).map(({ status }) => status ?? {});
  }

  /** Waits until there is one for each of these nodes, and no other. Gives them, by node. */
  async reports(kind: "ServiceL2Status" | "ServiceBGPStatus", name: string, nodes: readonly string[]): Promise<ServiceStatus[]> {
    return await until(`${kind} of ${name} for ${nodes.join(", ") || "no node"}`, async () => {
      const statuses = (await this.statuses(kind, name)).sort((a, b) => (a.node < b.node ? -1 : 1));
      return statuses.map(({ node }) => node).join() === [...nodes].sort().join() ? statuses : undefined;
    });
  }

  /** Waits until the ServiceL2Status is of this node, with these interfaces. */
  async lists(name: string, node: string, ...interfaces: readonly string[]): Promise<void> {
    await until(`ServiceL2Status of ${name} for ${node} at ${interfaces.join(", ")}`, async () => {
      const [status, ...others] = await this.statuses("ServiceL2Status", name);
      const isSo = status?.node === node && status.interfaces?.map((one) => one.name).join() === interfaces.join();
      return (others.length === 0 && isSo) || undefined;
    });
  }

  /** Waits until these nodes, and no others, report a Service as told to these peers. */
  async tells(name: string, nodes: readonly NodeName[], peers: readonly string[]): Promise<void> {
    await until(`ServiceBGPStatus of ${name} for ${nodes.join(", ") || "no node"} with ${peers.join(", ")}`, async () => {
      const statuses = await this.statuses("ServiceBGPStatus", name);
      const found = statuses.map(({ node }) => node).sort();
      return (found.join() === nodes.join() && statuses.every((status) => status.peers?.join() === peers.join())) || undefined;
    });
  }

  /** Waits until the BGPSessionState of a node and a BGPPeer is what `isRight` says yes to. Gives its status. */
  async sessionState(node: NodeName, peer: string, isRight: (status: SessionStatus) => boolean): Promise<SessionStatus> {
    let seen: unknown;
    const look = async () => {
      const statuses = (await this.#admin.list(SESSION_STATE)).map(({ status }) => (status ?? {}) as SessionStatus);
      seen = statuses.find((status) => status["node"] === node && status["peer"] === peer);
      return seen !== undefined && isRight(seen as SessionStatus) ? (seen as SessionStatus) : undefined;
    };
    return await until(`right BGPSessionState of ${peer} on ${node}`, look).catch((error: Error) => {
      throw new Error(`${error.message}: ${JSON.stringify(seen)}`);
    });
  }

  async hasNoSessions(): Promise<void> {
    await until("end of BGPSessionState objects", async () => (await this.#admin.list(SESSION_STATE)).length === 0 || undefined);
  }

  /** One that a BGPPeer may name. */
  async secret(name: string, password: string): Promise<void> {
    const data = { password: Buffer.from(password).toString("base64") };
    const metadata = { name, namespace: this.#stage.cluster.namespace };
    await this.#admin.apply({ apiVersion: "v1", kind: "Secret", type: "kubernetes.io/basic-auth", metadata, data });
  }

  /** Removes all that speakers are configured by, but for objects of these names. */
  async clear(lasting: readonly string[]): Promise<void> {
    for (const kind of CONFIGURATION) {
      const names = (await this.#admin.list(kind)).map(({ metadata }) => metadata.name);
      for (const name of names) if (!lasting.includes(name)) await this.remove(kind, name);
    }
  }

  get #admin(): TestClient {
    return this.#stage.admin;
  }
}

function isAbout({ metadata }: KubernetesObject, namespace: string, name: string): boolean {
  const labels = metadata["labels"] ?? {};
  return labels["metallb.io/service-namespace"] === namespace && labels["metallb.io/service-name"] === name;
}

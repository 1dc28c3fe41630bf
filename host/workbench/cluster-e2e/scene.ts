/**
 * A cluster in which only Herald's controller runs, and what a test does to it. One API server and one controller for a file, the real program
 * with the permissions that it is deployed with; each test has a namespace of its own and begins without pools and Services.
 *
 *   const scenes = suite("assignment");
 *   const behaves = sceneTests(scenes);
 *   behaves("a Service gets the first address", async (scene) => {
 *     await scene.pool("small", ["192.0.2.1/32"]);
 *     await scene.service("web");
 *     await scene.has("web", "192.0.2.1");
 *   });
 *   scenes.run();
 *
 * A Service is named `web`, in the test's namespace, or `other/web`.
 */

import { writeNamespace } from "../api-server/objects.ts";
import type { KubernetesObject, TestClient } from "../api-server/test-client.ts";
import type { Cluster } from "./cluster.ts";

export const POOL = "metallb.io/v1beta1/IPAddressPool";
export const SERVICE = "v1/Service";
export const STATE = "metallb.io/v1beta1/ConfigurationState";

export interface ServiceShape {
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  /** Default 80. */
  readonly port?: number;
  /** Beside type and ports. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

export interface PoolShape {
  readonly labels?: Readonly<Record<string, string>>;
  /** Beside addresses. */
  readonly spec?: Readonly<Record<string, unknown>>;
}

/** Of networks that tests of other ranges do not use. */
const PROBE_NETWORK = "198.18";
const PROBE_NAMESPACE = "probe";

let probes = 0;

export class Scene {
  readonly cluster: Cluster;
  /** Of this test. */
  readonly namespace: string;

  constructor(cluster: Cluster, namespace: string) {
    this.cluster = cluster;
    this.namespace = namespace;
  }

  get admin(): TestClient {
    return this.cluster.server.admin;
  }

  /** Another namespace of this test: `shop` is `case-3-shop`. Gives its whole name. */
  async otherNamespace(suffix: string, labels: Readonly<Record<string, string>> = {}): Promise<string> {
    const name = `${this.namespace}-${suffix}`;
    await writeNamespace(this.admin, name, labels);
    return name;
  }

  /** Writes it anew where it is there. */
  async pool(name: string, addresses: readonly string[], { labels = {}, spec = {} }: PoolShape = {}): Promise<void> {
    const metadata = { name, namespace: this.cluster.namespace, labels };
    await this.admin.apply({ apiVersion: "metallb.io/v1beta1", kind: "IPAddressPool", metadata, spec: { addresses, ...spec } });
  }

  async deletePool(name: string): Promise<void> {
    await this.admin.delete(POOL, `${this.cluster.namespace}/${name}`);
  }

  /** Writes it anew where it is there: what an earlier shape said and this one does not is gone. */
  async service(name: string, { annotations = {}, labels = {}, port = 80, spec = {} }: ServiceShape = {}): Promise<void> {
    const [namespace = "", local = ""] = this.#whole(name).split("/");
    await this.admin.apply({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: local, namespace, annotations, labels },
      spec: { type: "LoadBalancer", ports: [{ name: "main", port, protocol: "TCP" }], ...spec },
    });
  }

  /** A merge patch: `{ spec: { type: "ClusterIP" } }`. */
  async edit(name: string, patch: unknown): Promise<void> {
    await this.admin.patch(SERVICE, this.#whole(name), patch);
  }

  async deleteService(name: string): Promise<void> {
    await this.admin.delete(SERVICE, this.#whole(name));
  }

  async get(name: string): Promise<KubernetesObject | undefined> {
    return this.admin.get(SERVICE, this.#whole(name));
  }

  /** Waits until a Service has these addresses and no others, in this order; none: until it has none. */
  async has(name: string, ...addresses: readonly string[]): Promise<void> {
    const what = addresses.length === 0 ? "status without addresses" : `status with ${addresses.join(", ")}`;
    await this.admin.until(SERVICE, this.#whole(name), what, (service) => addressesOf(service).join() === addresses.join());
  }

  /** As `has`, and still so after the controller has seen everything. */
  async keeps(name: string, ...addresses: readonly string[]): Promise<void> {
    await this.has(name, ...addresses);
    await this.settled();
    const now = addressesOf(await this.get(name));
    if (now.join() !== addresses.join())
      throw new Error(`${name} does not keep ${addresses.join(", ") || "nothing"}: it has ${now.join(", ") || "nothing"}`);
  }

  /** Waits for an Event about a Service. Gives its message. */
  async told(name: string, reason: string): Promise<string> {
    const [namespace = "", local] = this.#whole(name).split("/");
    const deadline = performance.now() + 30_000;
    for (;;) {
      const events = await this.admin.list("v1/Event", namespace);
      const event = events.find((seen) => seen["involvedObject"].name === local && seen["reason"] === reason);
      if (event !== undefined) return event["message"];
      if (performance.now() > deadline) {
        throw new Error(`No Event ${reason} of ${name}, only ${events.map((seen) => `${seen["reason"]}: ${seen["message"]}`).join("; ")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /**
   * Waits until the controller has seen all that was written before: a namespace's label, then a pool for that label, then a Service that asks
   * for the pool, and the controller's answer to it.
   */
  async settled(): Promise<void> {
    const mark = String(++probes);
    const name = `probe-${mark}`;
    await writeNamespace(this.admin, PROBE_NAMESPACE, { mark });
    const address = `${PROBE_NETWORK}.${Math.floor(probes / 256)}.${probes % 256}`;
    const serviceAllocation = { namespaceSelectors: [{ matchLabels: { mark } }] };
    await this.pool(name, [`${address}/32`], { spec: { autoAssign: false, serviceAllocation } });
    await this.service(`${PROBE_NAMESPACE}/${name}`, { annotations: { "metallb.io/address-pool": name } });
    await this.has(`${PROBE_NAMESPACE}/${name}`, address);
    await this.deleteService(`${PROBE_NAMESPACE}/${name}`);
    await this.deletePool(name);
  }

  /** Removes every pool, and every Service that wants an address. */
  async clear(): Promise<void> {
    for (const { metadata } of await this.admin.list(SERVICE)) {
      if (metadata.name !== "kubernetes") await this.admin.delete(SERVICE, `${metadata.namespace}/${metadata.name}`);
    }
    for (const { metadata } of await this.admin.list(POOL)) await this.deletePool(metadata.name);
  }

  #whole(name: string): string {
    return name.includes("/") ? name : `${this.namespace}/${name}`;
  }
}

/** What a Service's status says. */
export function addressesOf(service: KubernetesObject | undefined): string[] {
  return ((service?.status?.loadBalancer?.ingress ?? []) as { ip: string }[]).map(({ ip }) => ip);
}

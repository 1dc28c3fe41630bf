/**
 * Three nodes with a speaker each, a controller and an API server, on one switch of a private network, with a client that asks by ARP.
 *
 *   node-a 192.0.2.1 ─┐
 *   node-b 192.0.2.2 ─┼─ switch0 192.0.2.254: API server, controller
 *   node-c 192.0.2.3 ─┘     └─ client 192.0.2.100
 *
 * In MetalLB's order, which is Herald's, the nodes for 192.0.2.10 are c, b, a; for 192.0.2.11 a, c, b; for 192.0.2.12 b, c, a.
 */

import { setTimeout as wait } from "node:timers/promises";
import type { Test } from "uvu";
import type { Daemon } from "../api-server/daemon.ts";
import { writeEndpoints, writeNamespace, writeNode } from "../api-server/objects.ts";
import type { KubernetesObject } from "../api-server/test-client.ts";
import { PrivateNetwork, run } from "../private-network.ts";
import { type InsideTest, insideTests } from "../testing/inside.ts";
import { apiServer, tool } from "../testing/requirements.ts";
import { Cluster } from "./cluster.ts";
import { Scene, type ServiceShape } from "./scene.ts";

export const NODES = ["node-a", "node-b", "node-c"] as const;
export type NodeName = (typeof NODES)[number];

export const BGP_STATUS = "metallb.io/v1beta1/ServiceBGPStatus";
const API_ADDRESS = "192.0.2.254";
const CLIENT = "client";
const POLL_MS = 100;
const LIMIT_MS = 25_000;
const START_LIMIT_MS = 20_000;
/** What a speaker says when it does. */
const RUNS = "Speaker runs";
const LOG_TAIL = 1000;
/** Kinds that a test may leave behind, in Herald's namespace. */
const CONFIGURATION = ["metallb.io/v1beta1/L2Advertisement", "metallb.io/v1beta1/BGPAdvertisement", "metallb.io/v1beta2/BGPPeer"];
const MORE_CONFIGURATION = ["metallb.io/v1beta1/BFDProfile", "metallb.io/v1beta1/Community", "v1/Secret"];

export class SpeakerStage {
  readonly network: PrivateNetwork;
  readonly cluster: Cluster;
  readonly controller: Daemon;
  readonly speakers: ReadonlyMap<NodeName, Daemon>;

  private constructor(network: PrivateNetwork, cluster: Cluster, controller: Daemon, speakers: ReadonlyMap<NodeName, Daemon>) {
    this.network = network;
    this.cluster = cluster;
    this.controller = controller;
    this.speakers = speakers;
  }

  static async start(): Promise<SpeakerStage> {
    const network = new PrivateNetwork();
    for (const [at, node] of NODES.entries()) network.addHost(node, `192.0.2.${at + 1}/24`);
    network.addHost(CLIENT, "192.0.2.100/24");
    run("ip", "address", "add", `${API_ADDRESS}/24`, "dev", network.bridge);
    const cluster = await Cluster.start({ address: API_ADDRESS });
    for (const [at, node] of NODES.entries()) await writeNode(cluster.server.admin, node, { addresses: [`192.0.2.${at + 1}`] });
    const speakers = new Map(NODES.map((node) => [node, cluster.speaker(node, (...command) => network.on(node, ...command))]));
    const stage = new SpeakerStage(network, cluster, cluster.controller(), speakers);
    for (const speaker of speakers.values()) await speaker.until(async () => speaker.log().includes(RUNS), START_LIMIT_MS);
    return stage;
  }

  speaker(node: NodeName): Daemon {
    return this.speakers.get(node) as Daemon;
  }

  /** Node-side things as they were; no configuration. */
  async clear(): Promise<void> {
    const { admin } = this.cluster.server;
    for (const [at, node] of NODES.entries()) {
      await writeNode(admin, node, { addresses: [`192.0.2.${at + 1}`] });
      if (!this.speaker(node).isRunning()) this.speaker(node).start();
    }
    for (const kind of [...CONFIGURATION, ...MORE_CONFIGURATION]) {
      for (const { metadata } of await admin.list(kind, this.cluster.namespace))
        await admin.delete(kind, `${this.cluster.namespace}/${metadata.name}`);
    }
  }

  /** Which node answers the client's ARP request for an address; undefined: none does. More than one is an error. */
  async answering(address: string): Promise<NodeName | undefined> {
    const command = this.network.on(CLIENT, "arping", "-c", "1", "-w", "0.3", "-I", "eth0", address);
    let text = "";
    try {
      text = run(...command);
    } catch {
      return undefined;
    }
    const macs = new Set(text.match(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/g));
    const nodes = NODES.filter((node) => macs.has(this.network.mac(node)));
    if (nodes.length > 1) throw new Error(`${nodes.join(" and ")} answer for ${address}`);
    return nodes[0];
  }

  /** Waits until this node, or none, answers for an address. */
  async answers(address: string, node: NodeName | undefined): Promise<void> {
    const deadline = performance.now() + LIMIT_MS;
    for (;;) {
      const seen = await this.answering(address).catch((error: Error) => error.message);
      if (seen === node) return;
      if (performance.now() > deadline) throw new Error(`${seen ?? "no node"} answers for ${address}, not ${node ?? "none"}`);
      await wait(POLL_MS);
    }
  }

  /** Each speaker's and the controller's last lines. */
  logs(): string {
    const all = [["controller", this.controller] as const, ...this.speakers];
    return all.map(([name, daemon]) => `\n${name}:\n${daemon.log().slice(-LOG_TAIL)}`).join("");
  }
}

export class SpeakerScene extends Scene {
  readonly stage: SpeakerStage;

  constructor(stage: SpeakerStage, namespace: string) {
    super(stage.cluster, namespace);
    this.stage = stage;
  }

  /** In Herald's namespace; `spec` of an L2Advertisement. */
  async l2Advertisement(name: string, spec: unknown = {}): Promise<void> {
    await this.configuration("metallb.io/v1beta1", "L2Advertisement", name, spec);
  }

  async configuration(apiVersion: string, kind: string, name: string, spec: unknown): Promise<void> {
    await this.admin.apply({ apiVersion, kind, metadata: { name, namespace: this.cluster.namespace }, spec });
  }

  /** A Service with an endpoint on each of these nodes, default all. */
  async servedService(name: string, shape: ServiceShape = {}, nodes: readonly NodeName[] = NODES): Promise<void> {
    await this.service(name, shape);
    await this.endpointsOn(name, nodes);
  }

  async endpointsOn(name: string, nodes: readonly NodeName[]): Promise<void> {
    const endpoints = nodes.map((node) => ({ address: `10.1.0.${NODES.indexOf(node) + 1}`, node }));
    await writeEndpoints(this.admin, `${this.namespace}/${name}`, endpoints);
  }

  /** Waits until exactly these status objects of a kind are there for a Service. */
  async statuses(kind: string, service: string, count: number): Promise<readonly KubernetesObject[]> {
    const deadline = performance.now() + LIMIT_MS;
    for (;;) {
      const all = await this.admin.list(kind, this.cluster.namespace);
      const ours = all.filter(({ status }) => status?.serviceName === service && status?.serviceNamespace === this.namespace);
      if (ours.length === count) return ours;
      if (performance.now() > deadline)
        throw new Error(`${ours.length} objects of ${kind} for ${service}, not ${count}: ${JSON.stringify(ours)}`);
      await wait(POLL_MS);
    }
  }
}

export type SpeakerBody = (scene: SpeakerScene, stage: SpeakerStage) => Promise<void>;

/** Registers tests that play on one stage, which ends with the private network. */
export function speakerTests<T>(
  suite: Test<T>,
  url: string,
  requirements: Parameters<InsideTest>[1] = [],
): (name: string, body: SpeakerBody) => void {
  const inside = insideTests(suite, url);
  const needs = [apiServer, tool("arping"), ...requirements];
  let started: Promise<SpeakerStage> | undefined;
  let count = 0;
  const begin = async (): Promise<SpeakerStage> => (started ??= SpeakerStage.start());
  inside("the stage is built", needs, async () => void (await begin()));
  return (name, body) =>
    inside(name, needs, async () => {
      const stage = await begin();
      const scene = new SpeakerScene(stage, `case-${++count}`);
      await writeNamespace(scene.admin, scene.namespace);
      await scene.clear();
      await stage.clear();
      try {
        await body(scene, stage);
      } catch (error) {
        if (error instanceof Error) error.stack += stage.logs();
        throw error;
      }
    });
}

/**
 * A whole cluster on one switch, in a private network: API server, controller, three nodes with a speaker each, and a client. The programs are
 * the shipped ones, with the permissions that they are deployed with; pods and kube-proxy are all that is missing.
 */

import { request } from "node:https";
import { CONTROLLER_ACCOUNT, SPEAKER_ACCOUNT, writeAccounts } from "../api-server/accounts.ts";
import type { Daemon } from "../api-server/daemon.ts";
import { type NodeOptions, writeEndpoints, writeNode } from "../api-server/objects.ts";
import type { TestClient } from "../api-server/test-client.ts";
import { Cluster } from "../cluster-e2e/cluster.ts";
import { ipBatch, PrivateNetwork } from "../private-network.ts";
import { API_SERVER, address6Of, addressOf, CLIENT, NODES, type NodeName } from "./hosts.ts";
import { WireClient } from "./wire-client.ts";

export interface StageOptions {
  /** Of each node, beside `eth0`, on the same switch; without addresses. */
  readonly links?: readonly string[];
}

const METRICS_PORT = 9120;

export class WireStage {
  readonly network: PrivateNetwork;
  readonly cluster: Cluster;
  readonly client: WireClient;
  readonly controller: Daemon;
  readonly #speakers: ReadonlyMap<NodeName, Daemon>;

  static async open({ links = [] }: StageOptions = {}): Promise<WireStage> {
    const network = new PrivateNetwork();
    ipBatch([`address add ${API_SERVER}/24 dev ${network.bridge}`]);
    for (const node of NODES) addNode(network, node, links);
    network.addHost(CLIENT.name, `${CLIENT.address}/24`, `${CLIENT.address6}/64 nodad`);
    // Every VIP is on its link.
    for (const family of ["-4", "-6"]) network.ip(CLIENT.name, family, "route", "add", "default", "dev", "eth0");
    const client = new WireClient(network);
    const cluster = await Cluster.start({ address: API_SERVER });
    try {
      const { server, namespace } = cluster;
      await writeAccounts(server.admin);
      for (const node of NODES) await writeNode(server.admin, node, { addresses: [addressOf(node), address6Of(node)] });
      const controller = cluster.controller({ token: await server.tokenOf(namespace, CONTROLLER_ACCOUNT) });
      const token = await server.tokenOf(namespace, SPEAKER_ACCOUNT);
      const start = (node: NodeName) =>
        cluster.speaker(node, (...command) => network.on(node, ...command), { token, flags: ["--port", String(METRICS_PORT)] });
      return new WireStage(network, cluster, client, controller, new Map(NODES.map((node) => [node, start(node)])));
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  private constructor(
    network: PrivateNetwork,
    cluster: Cluster,
    client: WireClient,
    controller: Daemon,
    speakers: ReadonlyMap<NodeName, Daemon>,
  ) {
    this.network = network;
    this.cluster = cluster;
    this.client = client;
    this.controller = controller;
    this.#speakers = speakers;
  }

  get admin(): TestClient {
    return this.cluster.server.admin;
  }

  speaker(node: NodeName): Daemon {
    const speaker = this.#speakers.get(node);
    if (speaker === undefined) throw new Error(`There is no ${node}`);
    return speaker;
  }

  /** Writes a Node anew: without labels and conditions that are not named. */
  async node(node: NodeName, options: Omit<NodeOptions, "addresses"> = {}): Promise<void> {
    await writeNode(this.admin, node, { addresses: [addressOf(node), address6Of(node)], ...options });
  }

  /** Gives a Service (`shop/web`) one endpoint on each of these nodes and no others, of IPv4. */
  async endpoints(service: string, ...nodes: readonly NodeName[]): Promise<void> {
    const endpoints = nodes.map((node) => ({ node, address: `10.244.${NODES.indexOf(node)}.1` }));
    await writeEndpoints(this.admin, service, endpoints);
  }

  /** What the speaker of a node serves at `/metrics` to this token. */
  metrics(node: NodeName, token: string): Promise<{ readonly status: number | undefined; readonly text: string }> {
    const headers = { authorization: `Bearer ${token}` };
    const place = { host: addressOf(node), port: METRICS_PORT, path: "/metrics", rejectUnauthorized: false, agent: false as const };
    return new Promise((resolve, reject) => {
      const asked = request({ ...place, headers, timeout: 10_000 }, (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part: string) => (text += part));
        answer.on("end", () => resolve({ status: answer.statusCode, text })).on("error", reject);
      });
      asked.on("timeout", () => asked.destroy(new Error(`No metrics of ${node}`)));
      asked.on("error", reject).end();
    });
  }

  /** The newest of every log. */
  logs(length: number): string {
    const all = [...this.#speakers, ["controller", this.controller] as const];
    return all.map(([name, daemon]) => `\n${name}:\n${daemon.log().slice(-length)}`).join("");
  }

  /** What is inside the private network goes with that; files do not. */
  close(): Promise<void> {
    return this.cluster.stop();
  }
}

function addNode(network: PrivateNetwork, node: NodeName, links: readonly string[]): void {
  network.addHost(node, `${addressOf(node)}/24`, `${address6Of(node)}/64 nodad`);
  for (const link of links) {
    const port = `${node}-${link}`;
    ipBatch([`link add ${port} type veth peer name ${link} netns ${node}`, `link set ${port} master ${network.bridge} up`]);
    network.ip(node, "link", "set", link, "up");
  }
}

/** The client of the lab, and listeners behind the VIPs on every node: who answers for a VIP, and who takes its connections. */

import { setTimeout as wait } from "node:timers/promises";
import type { ServicePort } from "../../rules/vocabulary.ts";
import type { ClientRequest } from "../lab/client-process.ts";
import type { Probe, Target } from "../lab/ground.ts";
import { HostProcess } from "../lab/host-process.ts";
import type { Listen } from "../lab/node-process.ts";
import type { PrivateNetwork } from "../private-network.ts";
import { PROGRAM } from "../testing/running-lab.ts";
import { CLIENT, NODES } from "./hosts.ts";

const LIMIT_MS = 30_000;
const POLL_MS = 50;

export class WireClient {
  readonly #client: HostProcess;
  readonly #listeners: readonly HostProcess[];
  /** MAC → `node-a`, or `node-a/eth1`. */
  readonly #stations: ReadonlyMap<string, string>;

  constructor(network: PrivateNetwork) {
    const part = (host: string, ...args: readonly string[]) => network.on(host, process.execPath, PROGRAM, "lab", "part", ...args);
    const onLost = (error: Error): void => {
      throw error;
    };
    this.#client = new HostProcess("client", part(CLIENT.name, "client"), onLost);
    this.#listeners = NODES.map((node) => new HostProcess(`listener on ${node}`, part(node, "node", node), onLost));
    this.#stations = new Map(NODES.flatMap((node) => stationsOf(network, node)));
  }

  /** From now on every node takes connections to these VIPs, and to no others. */
  async listen(ports: Readonly<Record<string, readonly ServicePort[]>>): Promise<void> {
    const all: Listen = { ports: Object.entries(ports) };
    await Promise.all(this.#listeners.map((listener) => listener.call(all)));
  }

  /** One look, as of a host that has never heard of the VIP. */
  async probe(vip: string, port?: ServicePort): Promise<Probe & { readonly answeredFrom: readonly string[] }> {
    const targets: Target[] = [port === undefined ? { vip } : { vip, port }];
    const [probe] = await this.#client.call<Probe[]>({ kind: "probe", targets, isFresh: true } satisfies ClientRequest);
    if (probe === undefined) throw new Error("The client gives no result");
    return { ...probe, answeredFrom: probe.answeredBy.map((mac) => this.#stations.get(mac) ?? mac).sort() };
  }

  /** Waits until requests for the VIP, of ARP or NDP, are answered from there and nowhere else: `node-a`, or `node-a/eth1`. Nowhere: by nobody. */
  async finds(vip: string, ...stations: readonly string[]): Promise<void> {
    await this.findsOne(vip, [stations]);
  }

  /** The same, of several possibilities. Gives the stations. */
  async findsOne(vip: string, possible: readonly (readonly string[])[]): Promise<readonly string[]> {
    const deadline = performance.now() + LIMIT_MS;
    for (;;) {
      const { answeredFrom } = await this.probe(vip);
      if (possible.some((stations) => [...stations].sort().join() === answeredFrom.join())) return answeredFrom;
      if (performance.now() > deadline) {
        const wanted = possible.map((stations) => stations.join(" and ") || "nobody").join(", or ");
        throw new Error(`Want ${vip} to be at ${wanted}; it is at ${answeredFrom.join(" and ") || "nobody"}`);
      }
      await wait(POLL_MS);
    }
  }

  /** The node that answers for the VIP, when it is one. */
  async owner(vip: string): Promise<string> {
    const [owner] = await this.findsOne(
      vip,
      NODES.map((node) => [node]),
    );
    return owner ?? "";
  }
}

function stationsOf(network: PrivateNetwork, node: string): [mac: string, station: string][] {
  const links = JSON.parse(network.ip(node, "-json", "link", "show")) as { ifname: string; address: string }[];
  return links.map(({ ifname, address }) => [address, ifname === "eth0" ? node : `${node}/${ifname}`]);
}

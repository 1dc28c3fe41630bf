/** The segment of `herald bench failover`: nodes, a gateway, a client and two askers on one switch, and what can happen to a port of it. */
import { ipBatch, PrivateNetwork, run } from "../../private-network.ts";

export type Family = 4 | 6;
export type Addresses = Readonly<Record<Family, string>>;

/** Nobody asks it anything but the speakers, which doubt themselves where it does not answer. */
const GATEWAY = "gateway";
/** `far` is where the owner is while the switch is parted; all other stations are with the heirs. */
export const CLIENT = "client";
export const NEAR = "near";
export const FAR = "far";
const STATIONS: Readonly<Record<string, number>> = { [GATEWAY]: 1, [CLIENT]: 101, [NEAR]: 102, [FAR]: 103 };
const FIRST_NODE = 11;
const FIRST_VIP = 200;
const SECOND_SWITCH = "switch1";

export const addressesAt = (host: number): Addresses => ({ 4: `192.0.2.${host}`, 6: `2001:db8::${host}` });
export const vips: Addresses = addressesAt(FIRST_VIP);
export const pools = ["192.0.2.200-192.0.2.219", "2001:db8::200-2001:db8::219"];

/** To be made inside a private network; it goes with that. */
export class FailoverNetwork {
  readonly network = new PrivateNetwork();
  readonly #hosts: string[] = [];

  constructor() {
    // Ports that come and go start forwarding at once.
    ipBatch([`link add ${SECOND_SWITCH} type bridge`, `link set ${SECOND_SWITCH} up`]);
  }

  /** So many nodes, and all stations. */
  build(count: number): readonly string[] {
    const nodes = Array.from({ length: count }, (_, at) => nodeName(at));
    for (const [name, host] of Object.entries(STATIONS)) this.#addHost(name, addressesAt(host));
    nodes.forEach((name, at) => void this.#addHost(name, nodeAddresses(at)));
    return nodes;
  }

  /** All processes on the hosts must have ended. */
  tearDown(): void {
    for (const name of this.#hosts.splice(0)) this.network.removeHost(name);
  }

  stationAddresses(name: string): Addresses {
    return addressesAt(STATIONS[name] ?? 0);
  }

  /** The cable is cut at the switch: nothing passes, and the host does not see it. */
  pullOut(host: string): void {
    run("ip", "link", "set", this.network.port(host), "nomaster");
  }

  plugIn(host: string): void {
    run("ip", "link", "set", this.network.port(host), "master", this.network.bridge, "up");
  }

  /** The host sees that its carrier is lost. */
  setCarrier(host: string, isUp: boolean): void {
    run("ip", "link", "set", this.network.port(host), isUp ? "up" : "down");
  }

  /** Nothing passes, and the host does not see it; its processes may be as still. `state` as in `bridge(8)`: disabled, forwarding. */
  setPassing(host: string, isPassing: boolean): void {
    run("bridge", "link", "set", "dev", this.network.port(host), "state", isPassing ? "3" : "0");
  }

  /** Moves hosts to a second switch. */
  part(hosts: readonly string[]): void {
    ipBatch(hosts.map((host) => `link set ${this.network.port(host)} master ${SECOND_SWITCH}`));
  }

  heal(hosts: readonly string[]): void {
    ipBatch(hosts.map((host) => `link set ${this.network.port(host)} master ${this.network.bridge}`));
  }

  #addHost(name: string, addresses: Addresses): void {
    this.#hosts.push(name);
    this.network.addHost(name, `${addresses[4]}/24`, `${addresses[6]}/64 nodad`);
    const routes = ["route add default via 192.0.2.1", "route add default via 2001:db8::1"];
    if (name !== GATEWAY) ipBatch(routes, "-n", name);
  }
}

export function nodeName(at: number): string {
  return `node-${String.fromCharCode(0x61 + at)}`;
}

export function nodeAddresses(at: number): Addresses {
  return addressesAt(FIRST_NODE + at);
}

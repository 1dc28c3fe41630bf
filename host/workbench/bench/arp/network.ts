/** The wire of `herald bench arp`: one veth pair between two namespaces, and the kernel's own responder at its far end. */
import { run } from "../../private-network.ts";
import { type Stations, vipAddress } from "./frames.ts";

const GENERATOR = "generator";
const RESPONDER = "responder";
const LINK = "eth0";
const ADDRESSES = { generator: "192.0.2.1", responder: "192.0.2.2" };

export const stations: Stations = {
  generator: { mac: "02:00:00:00:00:01", address: ADDRESSES.generator },
  responder: { mac: "02:00:00:00:00:02" },
};

/** An interface at one end, as a process there opens it. */
export interface End {
  readonly name: string;
  readonly index: number;
}

export class ArpNetwork {
  readonly generator: End;
  readonly responder: End;

  /** To be called inside a private network; it goes with that. */
  constructor() {
    for (const name of [GENERATOR, RESPONDER]) run("ip", "netns", "add", name);
    const near = ["name", LINK, "address", stations.generator.mac, "netns", GENERATOR];
    const far = ["name", LINK, "address", stations.responder.mac, "netns", RESPONDER];
    run("ip", "link", "add", ...near, "type", "veth", "peer", ...far);
    for (const [name, address] of [
      [GENERATOR, ADDRESSES.generator],
      [RESPONDER, ADDRESSES.responder],
    ] as const) {
      run("ip", "-n", name, "address", "add", `${address}/30`, "dev", LINK);
      run("ip", "-n", name, "link", "set", "lo", "up");
      run("ip", "-n", name, "link", "set", LINK, "up", "arp", "off");
    }
    // Any address of the prefix becomes local: "AnyIP", which needs no address on an interface, and the kernel answers for it.
    run("ip", "-n", RESPONDER, "route", "add", "local", `${vipAddress(0)}/16`, "dev", "lo");
    this.generator = { name: LINK, index: linkIndex(GENERATOR) };
    this.responder = { name: LINK, index: linkIndex(RESPONDER) };
  }

  /** Whether the kernel at the far end answers. Off, it does nothing at all for ARP, so that it costs the others nothing. */
  setKernelAnswers(answers: boolean): void {
    run("ip", "-n", RESPONDER, "link", "set", LINK, "arp", answers ? "on" : "off");
  }

  /** The command line that runs a command at one end. */
  at(end: "generator" | "responder", ...command: readonly string[]): string[] {
    return ["nsenter", `--net=/run/netns/${end}`, ...command];
  }
}

function linkIndex(namespace: string): number {
  const [link] = JSON.parse(run("ip", "-n", namespace, "-json", "link", "show", LINK)) as { ifindex: number }[];
  if (link === undefined) throw new Error(`Cannot bench: no interface ${LINK} in namespace ${namespace}`);
  return link.ifindex;
}

/** The wire of the benches of neighbor answers: one veth pair between two namespaces, and what the kernel does at its far end. */
import { existsSync } from "node:fs";
import { ipBatch, linkIndex, run } from "../../private-network.ts";
import type { Family } from "./family.ts";

const GENERATOR = "generator";
const RESPONDER = "responder";
const LINK = "eth0";
/** A kernel takes seconds to take more addresses, and minutes for all. */
const MOST_OF_KERNEL6 = 4096;

/** An interface at one end, as a process there opens it. */
export interface End {
  readonly name: string;
  readonly index: number;
}

/** Silent, it does nothing at all for the family, so that it costs others nothing. Ready, it serves programs that send through it. */
export type KernelRole = "silent" | "ready" | "answering";

export class AnswersNetwork {
  readonly family: Family;
  readonly generator: End;
  readonly responder: End;

  /** To be called inside a private network; it goes with that. The kernel is silent. */
  constructor(family: Family) {
    this.family = family;
    const { stations } = family;
    for (const name of [GENERATOR, RESPONDER]) run("ip", "netns", "add", name);
    const near = ["name", LINK, "address", stations.generator.mac, "netns", GENERATOR];
    const far = ["name", LINK, "address", stations.responder.mac, "netns", RESPONDER];
    run("ip", "link", "add", ...near, "type", "veth", "peer", ...far);
    for (const name of [GENERATOR, RESPONDER]) {
      silence6(name, true);
      ipBatch(
        ["link set lo up", `link set ${LINK} addrgenmode none`, `link set ${LINK} up arp ${family.name === "arp" ? "off" : "on"}`],
        "-n",
        name,
      );
    }
    if (family.name === "arp") {
      ipBatch([`address add ${stations.generator.address}/30 dev ${LINK}`], "-n", GENERATOR);
      // Any address of the prefix becomes local: "AnyIP", which needs no address on an interface, and the kernel answers for it.
      ipBatch([`address add ${family.responderAddress}/30 dev ${LINK}`, `route add local ${family.prefix} dev lo`], "-n", RESPONDER);
    }
    this.generator = { name: LINK, index: linkIndex(LINK, "-n", GENERATOR) };
    this.responder = { name: LINK, index: linkIndex(LINK, "-n", RESPONDER) };
  }

  /** Why the kernel cannot answer for so many; undefined where it can. */
  whyNoKernel(vips: number): string | undefined {
    if (this.family.name === "arp") return undefined;
    if (!hasKernel6()) return "this kernel has no IPv6";
    return vips > MOST_OF_KERNEL6 ? `it needs an address for each VIP, and takes more than ${MOST_OF_KERNEL6} too slowly` : undefined;
  }

  /** What a reader must know to be fair to it. */
  get kernelNotes(): string[] {
    if (this.family.name === "arp") return [];
    return [
      "The kernel has an address on its interface for each VIP, and is in as many groups, through whose list it looks for each request",
    ];
  }

  setKernel(role: KernelRole, vips: number): void {
    if (this.family.name === "arp") run("ip", "-n", RESPONDER, "link", "set", LINK, "arp", role === "answering" ? "on" : "off");
    else this.#setKernel6(role, role === "answering" ? vips : 0);
  }

  /** What is switched off loses its addresses. No AnyIP makes a kernel answer solicitations: it must have the very address. */
  #setKernel6(role: KernelRole, vips: number): void {
    silence6(RESPONDER, role === "silent");
    if (role === "silent") return;
    const { responderAddress, stations } = this.family;
    const own = `${responderAddress}/64`;
    const addresses = [own, ...Array.from({ length: vips }, (_, vip) => `${this.family.address(vip)}/128`)];
    const commands = addresses.map((address) => `address add ${address} dev ${LINK} nodad`);
    // A program that sends through the kernel tells it nothing of the asker, and nobody at the near end would.
    const { mac, address: asker } = stations.generator;
    if (role === "ready") commands.push(`neighbor replace ${asker} lladdr ${mac} dev ${LINK} nud permanent`);
    ipBatch(commands, "-n", RESPONDER);
  }

  /** The command line that runs a command at one end. */
  at(end: "generator" | "responder", ...command: readonly string[]): string[] {
    return ["nsenter", `--net=/run/netns/${end}`, ...command];
  }
}

function hasKernel6(): boolean {
  return existsSync("/proc/sys/net/ipv6");
}

function silence6(namespace: string, isSilent: boolean): void {
  if (!hasKernel6()) return;
  const file = `/proc/sys/net/ipv6/conf/${LINK}/disable_ipv6`;
  run("nsenter", `--net=/run/netns/${namespace}`, "sh", "-c", `echo ${isSilent ? 1 : 0} >${file}`);
}

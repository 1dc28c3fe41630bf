/**
 * The client of the lab: an ordinary Linux host that has never heard of Herald. It connects to a VIP, so its kernel resolves it by ARP or NDP
 * and keeps what it learned in the neighbor table; packet sockets beside it note when requests left and replies came. A VIP that is to be
 * reached through a router has a route of its own there.
 */

import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { openFrameTap } from "../../packets/frame-tap.ts";
import { libc } from "../../packets/libc.ts";
import { ipBatch, linkIndex, outerPid, run } from "../private-network.ts";
import { hostPrefix } from "./addresses.ts";
import { askName } from "./ask-name.ts";
import type { Probe, Target } from "./ground.ts";
import { serve } from "./host-process.ts";
import { NEIGHBOR_FILTERS } from "./neighbor-frames.ts";
import { NeighborLog } from "./neighbor-log.ts";

export type ClientRequest =
  | { readonly kind: "hello" }
  | { readonly kind: "probe"; readonly targets: readonly Target[]; readonly isFresh: boolean };

export interface Hello {
  /** Its process as the world outside numbers it. */
  readonly pid: number;
}

/** A kernel gives up on an address after three requests; in a lab on one machine 100 ms between them is ample. */
const PATIENCE = ["arp_cache", "ndisc_cache"].map((name) => `ntable change name ${name} dev eth0 retrans 100 mcast_probes 3`);
/** A router may say that a node is on the link too; what goes through it is to keep going through it. */
const REDIRECTS = ["all", "eth0"].map((name) => `/proc/sys/net/ipv6/conf/${name}/accept_redirects`);

export async function runClient(): Promise<number> {
  for (const command of PATIENCE) run("ip", ...command.split(" "));
  for (const file of REDIRECTS) writeFileSync(file, "0");
  const [{ address: mac = "" } = {}] = JSON.parse(run("ip", "-json", "link", "show", "eth0")) as { address?: string }[];
  const log = new NeighborLog(mac);
  const link = { name: "eth0", index: linkIndex("eth0") };
  const taps = NEIGHBOR_FILTERS.map((filter) => openFrameTap(libc(), link, (frame, time) => log.take(frame, time), filter));
  const drain = (): void => {
    for (const tap of taps) tap.drain();
  };
  const probe = async (targets: readonly Target[], isFresh: boolean): Promise<Probe[]> => {
    const vips = [...new Set(targets.map(({ vip }) => vip))];
    drain();
    log.forget(vips);
    if (isFresh) forgetNeighbors(vips);
    const names = await askInTurn(targets);
    drain();
    const macs = neighbors();
    return targets.map(({ vip }, at) => ({ mac: macs.get(vip) ?? null, reached: names[at] ?? null, ...log.answer(vip) }));
  };
  await serve<ClientRequest>(async (request) => {
    if (request.kind === "probe") return await probe(request.targets, request.isFresh);
    return { pid: outerPid() } satisfies Hello;
  });
  return 0;
}

/** VIP → the router that it goes through. */
const detours = new Map<string, string>();

/** One way after the other, as a VIP may be reached by several; all of one way at once. */
async function askInTurn(targets: readonly Target[]): Promise<(string | undefined)[]> {
  const names = new Map<Target, string | undefined>();
  for (const way of new Set(targets.map(({ via }) => via))) {
    const these = targets.filter(({ via }) => via === way);
    ipBatch([...new Set(these.flatMap(({ vip }) => wayCommand(vip, way)))]);
    await Promise.all(these.map(async (target) => names.set(target, await askName(target))));
  }
  return targets.map((target) => names.get(target));
}

function wayCommand(vip: string, via: string | undefined): string[] {
  const before = detours.get(vip);
  if (via === before) return [];
  if (via === undefined) {
    detours.delete(vip);
    return [`route delete ${hostPrefix(vip)}`];
  }
  detours.set(vip, via);
  return [`route replace ${hostPrefix(vip)} via ${via} dev eth0 onlink`];
}

/** Of an entry that is not there `ip` complains, which is fine. */
function forgetNeighbors(vips: readonly string[]): void {
  spawnSync("ip", ["-force", "-batch", "-"], { input: vips.map((vip) => `neigh delete ${vip} dev eth0\n`).join("") });
}

/** Address → MAC, of those that the kernel believes in. */
function neighbors(): Map<string, string> {
  const entries = JSON.parse(run("ip", "-json", "neigh", "show", "dev", "eth0") || "[]") as {
    dst: string;
    lladdr?: string;
    state: string[];
  }[];
  return new Map(entries.flatMap(({ dst, lladdr, state }) => (lladdr === undefined || state.includes("FAILED") ? [] : [[dst, lladdr]])));
}

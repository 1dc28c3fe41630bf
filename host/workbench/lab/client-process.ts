/**
 * The client of the lab: an ordinary Linux host that has never heard of Herald. It connects to a VIP, so its kernel resolves it by ARP
 * and keeps what it learned in the neighbor table; a packet socket beside it notes when requests left and replies came. A VIP that is to be
 * reached through a router has a route of its own there.
 */

import { spawnSync } from "node:child_process";
import { codec } from "../../packets/codec/codec.ts";
import { frameFilter } from "../../packets/filter.ts";
import { openFrameTap } from "../../packets/frame-tap.ts";
import { libc } from "../../packets/libc.ts";
import { ipBatch, linkIndex, outerPid, run } from "../private-network.ts";
import { ArpLog } from "./arp-log.ts";
import { askName } from "./ask-name.ts";
import type { Probe, Target } from "./ground.ts";
import { serve } from "./host-process.ts";

export type ClientRequest =
  | { readonly kind: "hello" }
  | { readonly kind: "probe"; readonly targets: readonly Target[]; readonly isFresh: boolean };

export interface Hello {
  /** Its process as the world outside numbers it. */
  readonly pid: number;
}

const ARP = { etherType: 0x0806 };
/** A kernel gives up on an address after three requests; in a lab on one machine 100 ms between them is ample. */
const PATIENCE = "ntable change name arp_cache dev eth0 retrans 100 mcast_probes 3";

export async function runClient(address: string): Promise<number> {
  run("ip", ...PATIENCE.split(" "));
  const log = new ArpLog(codec("arp"), address);
  const tap = openFrameTap(libc(), { name: "eth0", index: linkIndex("eth0") }, (frame, time) => log.take(frame, time), frameFilter(ARP));
  const probe = async (targets: readonly Target[], isFresh: boolean): Promise<Probe[]> => {
    const vips = [...new Set(targets.map(({ vip }) => vip))];
    tap.drain();
    log.forget(vips);
    if (isFresh) forgetNeighbors(vips);
    const names = await askInTurn(targets);
    tap.drain();
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
    return [`route delete ${vip}/32`];
  }
  detours.set(vip, via);
  return [`route replace ${vip}/32 via ${via} dev eth0 onlink`];
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

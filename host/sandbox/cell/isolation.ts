/**
 * Whether a plugin's process can have a user of its own. That takes SETUID and SETGID to change, and KILL: without it the host could not end what it started. In a
 * user namespace the uid must be mapped there, too.
 *
 * And whether it can be kept from the network: by a namespace of its own, in which there is nothing, not even loopback. That takes SYS_ADMIN, which Herald has where it
 * is run as root, and has not in a cluster. A user namespace would give it to anybody, but also the kernel's whole network code to whoever is in there.
 */

import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { toolPath } from "./launch.ts";

export type Isolation = `${"own" | "same"} uid${"" | ", no network"}`;

/** What this process may do about users. */
export interface UserPowers {
  readonly uid: number;
  /** Of SETUID, SETGID and KILL. */
  readonly missing: readonly string[];
  /** Whether the bounding set of capabilities can be emptied. */
  readonly canBound: boolean;
  /** Ranges of uids, and of gids, that exist here: first and count. */
  readonly uids: readonly (readonly [first: number, count: number])[];
  readonly gids: readonly (readonly [first: number, count: number])[];
}

/** linux/capability.h */
const CAPABILITIES: Readonly<Record<string, number>> = { KILL: 5, SETGID: 6, SETUID: 7 };
const SETPCAP = 8;

/** This process's, by `/proc`; where there is none (not Linux), nothing can be changed. */
export function readUserPowers(): UserPowers {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(textOf("/proc/self/status"))?.[1] ?? "0"}`);
  const has = (bit: number): boolean => ((effective >> BigInt(bit)) & 1n) === 1n;
  return {
    uid: process.getuid?.() ?? -1,
    missing: Object.entries(CAPABILITIES).flatMap(([name, bit]) => (has(bit) ? [] : [name])),
    canBound: has(SETPCAP),
    uids: rangesOf(textOf("/proc/self/uid_map")),
    gids: textOf("/proc/self/setgroups").trim() === "deny" ? [] : rangesOf(textOf("/proc/self/gid_map")),
  };
}

let canUnshare: Promise<boolean> | undefined;

/** By trying once: there may be a filter of system calls, too. */
export function canHaveOwnNetwork(): Promise<boolean> {
  return (canUnshare ??= new Promise((resolve) => {
    const unshare = toolPath("unshare");
    if (unshare === undefined) resolve(false);
    else execFile(unshare, ["--net", "--", unshare, "--version"], { timeout: 5000 }, (error) => resolve(error === null));
  }));
}

/** Why `uid`, which is a gid as well, cannot be a process's own; undefined where it can. */
export function whyNotOwn(uid: number, { uid: ours, missing, uids, gids }: UserPowers): string | undefined {
  if (missing.length > 0) {
    const remedy = ours === 0 ? `add the capabilities ${missing.join(", ")}` : "run Herald as root";
    return `this process lacks the capabilities ${missing.join(", ")} (${remedy})`;
  }
  const holds = (ranges: UserPowers["uids"]): boolean => ranges.some(([first, count]) => uid >= first && uid < first + count);
  return holds(uids) && holds(gids)
    ? undefined
    : `the user ${uid} does not exist in this user namespace (map it, or choose uids that are mapped)`;
}

/** Lines of `first-inside first-outside count`. */
function rangesOf(map: string): (readonly [number, number])[] {
  return [...map.matchAll(/^\s*(\d+)\s+\d+\s+(\d+)$/gm)].map(([, first, count]) => [Number(first), Number(count)] as const);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

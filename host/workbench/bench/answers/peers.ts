/**
 * Programs of others that answer for addresses: farpd for ARP, ndppd for NDP. Both as they come, for all VIPs by one prefix, with what they write
 * in the private network's own `/run`, and what they log nowhere.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { run } from "../../private-network.ts";
import { Child } from "../harness/child.ts";
import type { Family, Manner } from "./family.ts";
import type { AnswersNetwork } from "./network.ts";
import type { Running } from "./responders.ts";

export interface Peer {
  readonly name: "farpd" | "ndppd";
  readonly manner: Manner;
  /** How late it may answer. */
  readonly graceMs: number;
  /** What a reader must know to be fair to it. */
  readonly note: string;
  start(file: string, network: AnswersNetwork, pinned: readonly string[]): Promise<Running>;
}

const LIMIT_MS = 5000;
const LOOK_MS = 20;
/** RFC 4861 §4.4: Router and Solicited. */
const AS_ROUTER = 0xc0;
/** Not hidden yet. */
const LOGS = ["/dev/log", "/dev/console"];
const FARPD_PID = "/run/farpd.pid";

/** Each family's, whether it is installed or not. */
export function peerOf(family: Family): Peer {
  return family.name === "arp" ? farpd : ndppd(family.responderAddress);
}

const farpd: Peer = {
  name: "farpd",
  manner: { toAll: true },
  graceMs: 700,
  note: "farpd answers to everybody, not to the asker alone, reads what came only twice a second, or when its buffer is full, and logs each reply (here to nowhere)",
  async start(file, network, pinned) {
    rmSync(FARPD_PID, { force: true });
    hideLogs();
    // It leaves a process behind and ends. With -d it would stay, and write a line for each request.
    const starter = new Child("farpd", network.at("responder", ...pinned, file, "-i", network.responder.name, network.family.prefix));
    const pid = await within(LIMIT_MS, () => (existsSync(FARPD_PID) ? Number(readFileSync(FARPD_PID, "utf8")) || undefined : undefined));
    if (pid === undefined) {
      starter.mustRun();
      throw new Error(`Cannot bench: farpd wrote no ${FARPD_PID}`);
    }
    return {
      pid,
      mustRun() {
        if (hasEnded(pid)) throw new Error("Cannot bench: farpd ended early");
      },
      async stop() {
        if (!hasEnded(pid)) process.kill(pid, "SIGTERM");
        if (!(await within(LIMIT_MS, () => hasEnded(pid) || undefined))) process.kill(pid, "SIGKILL");
      },
    };
  },
};

const ndppd = (from: string): Peer => ({
  name: "ndppd",
  manner: { flags: AS_ROUTER, from },
  graceMs: 100,
  note: "ndppd says that it is a router, and sends through the kernel, which is told the asker's MAC",
  async start(file, network, pinned) {
    const config = join(mkdtempSync("/run/herald-ndppd-"), "ndppd.conf");
    writeFileSync(config, `proxy ${network.responder.name} {\n  rule ${network.family.prefix} {\n    static\n  }\n}\n`);
    network.setKernel("ready", 0);
    const child = new Child("ndppd", network.at("responder", ...pinned, file, "-c", config));
    return {
      pid: child.pid,
      mustRun: () => child.mustRun(),
      async stop() {
        await child.stop();
        network.setKernel("silent", 0);
      },
    };
  },
});

/** farpd logs each reply, and on the console where nobody takes its log. Our mounts are nobody else's. */
function hideLogs(): void {
  for (const place of LOGS.splice(0)) if (existsSync(place)) run("mount", "--bind", "/dev/null", place);
}

/** A process that we did not start ourselves stays as a zombie where its parent is gone. */
function hasEnded(pid: number): boolean {
  try {
    return /^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return true;
  }
}

async function within<Found>(limitMs: number, look: () => Found | undefined): Promise<Found | undefined> {
  for (const deadlineMs = performance.now() + limitMs; performance.now() < deadlineMs; ) {
    const found = look();
    if (found !== undefined) return found;
    await sleep(LOOK_MS);
  }
  return undefined;
}

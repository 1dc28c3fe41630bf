/**
 * `herald lab`: a switch, nodes with real speakers, and a client that resolves every Service's VIP; in network namespaces of its own
 * or, where those are not allowed, in memory.
 *
 *   lab.ts (outside) → a private network → lab.ts (inside) → ground ← trial → screen
 *
 * Outside there is one process: it holds the life line, and whatever happens to either side, everything inside ends with it.
 */

import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { PluginDefinition } from "../../announcer.ts";
import { type FrameTap, openFrameTap } from "../../packets/frame-tap.ts";
import { libc } from "../../packets/libc.ts";
import { enter, findWay, isInside, linkIndex, onLetGo, PrivateNetwork } from "../private-network.ts";
import { openCapture } from "./capture.ts";
import type { Ground, GroundEvents } from "./ground.ts";
import type { LabIo } from "./io.ts";
import { KernelGround } from "./kernel-ground.ts";
import { listeningRouter } from "./listening-router.ts";
import { MemoryGround } from "./memory-ground.ts";
import type { RealRouter } from "./real-router.ts";
import { realRunCommand } from "./real-run.ts";
import { runOnGround } from "./run-on-ground.ts";
import type { RouterProgram } from "./running-router.ts";
import { openWorkplace } from "./workplace.ts";

/** On the `/run` of the private network, which nobody outside sees. */
const PRIVATE_DIRECTORY = "/run/herald";
/** As bash reports a process killed by SIGKILL. */
const KILLED = 137;

export interface LabOptions {
  readonly manifests: string;
  readonly once: boolean;
  readonly json: boolean;
  readonly verbose: boolean;
  readonly capture: string | undefined;
  /** Instead of our own. */
  readonly router: RealRouter | undefined;
  readonly plugins: readonly PluginDefinition[];
  /** The command line after `lab`, to run it again inside. */
  readonly args: readonly string[];
}

/** Resolves to the exit code. */
export async function runLab(options: LabOptions, io: LabIo): Promise<number> {
  // Speakers, listeners and sockets end with this process, and need no farewell.
  if (isInside()) process.exit(await runInside(options, io));
  demandElsewhere("read manifests in", options.manifests);
  if (options.capture !== undefined) demandElsewhere("write a capture to", dirname(options.capture));
  const way = findWay();
  if (!way.ok) return await runInMemory(options, io, way);
  io.say("Your own network is untouched: the lab runs in network namespaces of its own.");
  const code = await enter(way, [process.argv[1] ?? "", "lab", ...options.args]);
  if (code === KILLED) io.complain("The lab was killed; nothing of it is left");
  else if (!options.once && code === 0) io.say("\nThe lab has ended; nothing of it is left.");
  return code;
}

function demandElsewhere(what: string, path: string): void {
  if (`${realpathSync(path)}/`.startsWith("/run/"))
    throw new Error(`Cannot ${what} ${path}: the lab has a /run of its own; expected a place elsewhere`);
}

async function runInside(options: LabOptions, io: LabIo): Promise<number> {
  const letGo = new Promise<void>((resolve) => onLetGo(resolve));
  const network = new PrivateNetwork();
  const place = await openWorkplace(options.manifests, PRIVATE_DIRECTORY, options.plugins);
  const tap = options.capture === undefined ? undefined : captureSwitch(network.bridge, options.capture);
  const router = options.router === undefined ? listeningRouter : await findRouter(options.router);
  const makeGround = (events: GroundEvents): Ground => new KernelGround(network, place, router, events);
  try {
    return await runOnGround({ ...options, place, makeGround, letGo }, io);
  } finally {
    tap?.drain();
  }
}

/** Its files go where they are gone with the network. */
async function findRouter(name: RealRouter): Promise<RouterProgram> {
  process.env["TMPDIR"] = PRIVATE_DIRECTORY;
  return (await import("./real-router.ts")).realRouter(name);
}

function captureSwitch(bridge: string, file: string): FrameTap {
  return openFrameTap(libc(), { name: bridge, index: linkIndex(bridge) }, openCapture(file));
}

/** Exit code 3 says that it proved less than it should. */
const ONLY_IN_MEMORY = 3;

async function runInMemory(
  options: LabOptions,
  io: LabIo,
  { reason, missingTools }: { reason: string; missingTools: readonly string[] },
): Promise<number> {
  const command = realRunCommand(missingTools, options.args);
  io.say("Your own network is untouched: the lab runs in memory and sends no real packet, because");
  io.say(`this machine gives it no network namespaces: ${reason}`);
  io.say("Rules, announcer and packet program are the real ones; TCP is not tried.");
  io.say(`For a real run: ${command}`);
  const directory = mkdtempSync(join(tmpdir(), "herald-lab-"));
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const letGo = new Promise<void>((resolve) => {
    for (const signal of signals) process.on(signal, () => resolve());
  });
  try {
    const place = await openWorkplace(options.manifests, directory, options.plugins);
    const makeGround = (events: GroundEvents): Ground => {
      const ground = new MemoryGround({ ...place, plugins: options.plugins, events });
      if (options.capture !== undefined) {
        const write = openCapture(options.capture);
        ground.segment.onFrame((frame) => write(frame, BigInt(Date.now()) * 1_000_000n));
      }
      return ground;
    };
    const code = await runOnGround({ ...options, place, makeGround, letGo }, io);
    if (code !== 0 || !options.once) return code;
    io.complain(`No real packet was sent. For a real run: ${command}`);
    return ONLY_IN_MEMORY;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The program of a plugin's process, and how much data such a process has while it does nothing. */

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Launch, launch } from "./launch.ts";
import { dataBytes } from "./proc.ts";
import { Wire } from "./wire.ts";

/** Beside the bundle, or in `dist/` where the host runs from its sources. */
const PLACES = ["./plugin-guard.mjs", "../../../dist/plugin-guard.mjs"];
let program: string | undefined;
const baselines = new Map<string, Promise<number | undefined>>();

/** Throws where it was not built. */
export function guardProgram(): string {
  if (program !== undefined) return program;
  const files = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const file = files.find((one) => existsSync(one));
  if (file === undefined) throw new Error(`Cannot find the guard of plugins: expected ${files.join(" or ")}, built by node build.mjs`);
  program = readFileSync(file, "utf8");
  return program;
}

/**
 * What RLIMIT_DATA counts of a process that has started and loaded nothing: 50 MB or 560, by Node's version. Measured once for each Node, on a process that ends
 * then. Undefined where it cannot be read.
 */
export function dataBaseline(options: Launch, startMs: number): Promise<number | undefined> {
  const known = baselines.get(options.nodePath);
  if (known !== undefined) return known;
  const measured = measure(options, startMs);
  baselines.set(options.nodePath, measured);
  measured.catch(() => baselines.delete(options.nodePath));
  return measured;
}

async function measure(options: Launch, startMs: number): Promise<number | undefined> {
  const { child, pipe, stderr } = launch(guardProgram(), { ...options, dataBytes: undefined });
  let said = "";
  stderr.on("data", (text: Buffer) => {
    said = (said + text.toString("latin1")).slice(-500);
  });
  const gone = new Promise<never>((_, reject) => {
    child.on("exit", (code, signal) =>
      reject(new Error(`Cannot start a process for plugins: ${signal ?? `exit code ${code}`}: ${said.trim()}`)),
    );
    setTimeout(() => reject(new Error(`Cannot start a process for plugins: it is silent after ${startMs / 1000} s`)), startMs).unref();
  });
  try {
    const line = new Wire(pipe, () => undefined).open(0);
    await Promise.race([new Promise<void>((resolve) => line.serve({ ready: () => resolve() })), gone]);
    return dataBytes(child.pid ?? 0);
  } finally {
    child.kill("SIGKILL");
  }
}

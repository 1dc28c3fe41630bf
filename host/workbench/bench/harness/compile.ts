/** Programs in C that a bench needs, compiled where it runs. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findTool } from "../../testing/requirements.ts";

export type Compiled = { ok: true; file: string } | { ok: false; reason: string };

/** A source of `reference/`, into the private network's own `/run`, which vanishes with it. */
export function compileReference(name: string): Compiled {
  const compiler = findTool("cc") ?? findTool("gcc");
  if (compiler === undefined) return { ok: false, reason: "no C compiler (apt-get install gcc libc6-dev)" };
  const places = [`./reference/${name}`, `../reference/${name}`, `../host/workbench/bench/reference/${name}`];
  const source = places.map((place) => fileURLToPath(new URL(place, import.meta.url))).find((place) => existsSync(place));
  if (source === undefined) return { ok: false, reason: "its source is not in this installation (run from a checkout)" };
  const file = join(mkdtempSync("/run/herald-bench-"), name.replace(/\.c$/, ""));
  const { status, stderr, error } = spawnSync(compiler, ["-O2", "-o", file, source], { encoding: "utf8" });
  if (status === 0) return { ok: true, file };
  const said = error?.message ?? stderr.split("\n").find((line) => line.includes("error")) ?? `ended with ${status}`;
  return { ok: false, reason: `${compiler} failed: ${said.trim()} (apt-get install gcc libc6-dev)` };
}

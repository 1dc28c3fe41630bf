/** A plugin's packet program, compiled by the AssemblyScript compiler that its author has: Herald brings none. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** What is compiled into what, in the plugin's folder. */
const SOURCE = "assembly/program.ts";
const PROGRAM = "program.wasm";
const PAGE_BYTES = 65_536;

/** `none`: there is nothing to compile. `no compiler`: the program stays as it is. */
export type Compiled = "none" | "no compiler" | "compiled";

export const HOW_TO_GET_IT = "npm install --save-dev assemblyscript";

/** Throws with what the compiler says. */
export function compileProgram(folder: string): Compiled {
  if (!existsSync(join(folder, SOURCE))) return "none";
  const asc = findCompiler(folder);
  if (asc === undefined) return "no compiler";
  // Where `herald/wasm/…` is found also by who has not installed Herald beside the plugin.
  const packages = mkdtempSync(join(tmpdir(), "herald-asc-"));
  try {
    symlinkSync(ownRoot(), join(packages, "herald"));
    const output = ["--outFile", PROGRAM, "--runtime", "stub", "--use", "abort=", "-O3", "--noAssert", "--path", packages];
    // As much as a program may have that is not built in; `herald/wasm/programs/memory` fits its tables into that.
    const memory = ["--initialMemory", "64", "--maximumMemory", "64", "--lowMemoryLimit", String(64 * PAGE_BYTES)];
    const { status, stderr, stdout } = spawnSync(process.execPath, [asc, SOURCE, ...output, ...memory], { cwd: folder, encoding: "utf8" });
    if (status !== 0) throw new Error(`Cannot compile ${SOURCE}:\n${stderr}${stdout}`.trimEnd());
    return "compiled";
  } finally {
    rmSync(packages, { recursive: true });
  }
}

function findCompiler(folder: string): string | undefined {
  try {
    const manifest = createRequire(join(folder, "package.json")).resolve("assemblyscript/package.json");
    const asc = join(dirname(manifest), "bin/asc.js");
    return existsSync(asc) ? asc : undefined;
  } catch {
    return undefined;
  }
}

/** The package that this is part of: above the bundle, or above the sources. */
function ownRoot(): string {
  const places = ["../", "../../../"].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return places.find((place) => existsSync(join(place, "wasm/wire"))) ?? process.cwd();
}

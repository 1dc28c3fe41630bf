/**
 * `dist/types`: the declarations of the package's entries, for authors of plugins. tsc declares all that the entries stand on; what their own
 * declarations do not name is the host's business and is left out.
 */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Files whose declarations are published, in `host/`. */
export const ENTRIES = ["announcer", "workbench/authoring/testing"] as const;

const IMPORT = /(?:from|import\() ?"(\.[^"]+)\.ts"/g;

/** `root`: Herald's sources, with their `node_modules`. Throws with what tsc says where it finds fault. */
export function emitTypes(root: string): void {
  const dist = join(root, "dist");
  mkdirSync(dist, { recursive: true });
  const aside = mkdtempSync(join(dist, "types-"));
  const tsc = join(root, "node_modules/typescript/lib/tsc.js");
  try {
    const args = [tsc, "-p", join(root, "tsconfig.types.json"), "--outDir", join(aside, "all")];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: "utf8" });
    if (status !== 0) throw new Error(`Cannot declare the types of the package: ${stdout}`);
    for (const [file, text] of reachable(join(aside, "all"))) {
      mkdirSync(dirname(join(aside, "kept", file)), { recursive: true });
      writeFileSync(join(aside, "kept", file), text);
    }
    rmSync(join(dist, "types"), { recursive: true, force: true });
    renameSync(join(aside, "kept"), join(dist, "types"));
  } finally {
    rmSync(aside, { recursive: true, force: true });
  }
}

/** Declarations by their path in the folder: the entries, and what they name. */
function reachable(folder: string): Map<string, string> {
  const found = new Map<string, string>();
  const waiting = ENTRIES.map((entry) => `${entry}.d.ts`);
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    const text = readFileSync(join(folder, file), "utf8");
    found.set(file, text);
    for (const [, path = ""] of text.matchAll(IMPORT)) waiting.push(join(dirname(file), `${path}.d.ts`));
  }
  return found;
}

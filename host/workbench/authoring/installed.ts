/** A folder in which this Herald is installed as npm would, from what npm packs of it, with the tools that an author has beside it. */

import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { emitTypes } from "./emit-types.ts";

const project = fileURLToPath(new URL("../../..", import.meta.url));

export interface Installed {
  readonly folder: string;
  /** Runs a script of Node there, given as its arguments: `["node_modules/typescript/lib/tsc.js", "-p", "."]`. */
  node(...args: readonly string[]): { readonly status: number | null; readonly output: string };
  remove(): void;
}

/** `dist` must have been built; its types are made here. `tools`: packages of this checkout. */
export function installHerald(tools: readonly string[]): Installed {
  emitTypes(project);
  const folder = mkdtempSync(join(tmpdir(), "herald-author-"));
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "herald"), { recursive: true });
  const options = { cwd: project, encoding: "utf8" } as const;
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", folder];
  const tarball = execFileSync("npm", pack, options).trim();
  execFileSync("tar", ["-xzf", join(folder, tarball), "-C", join(modules, "herald"), "--strip-components=1"]);
  rmSync(join(folder, tarball));
  const dependencies = ["esbuild", "koffi", "@koromix", ...tools];
  for (const name of dependencies) symlinkSync(join(project, "node_modules", name), join(modules, name));
  return {
    folder,
    node(...args) {
      const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
      return { status, output: stdout + stderr };
    },
    remove: () => rmSync(folder, { recursive: true }),
  };
}

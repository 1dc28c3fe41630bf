/** A plugin's types, checked by the TypeScript that its author has: Herald brings none. */

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface TypeCheck {
  /** `TypeScript 5.9.3`, or why nothing was checked. */
  readonly by: string;
  readonly isChecked: boolean;
  /** A line each, with file, line and column. */
  readonly problems: readonly string[];
}

export function checkTypes(folder: string): TypeCheck {
  const skip = (by: string): TypeCheck => ({ by, isChecked: false, problems: [] });
  const manifest = findTypeScript(folder);
  if (manifest === undefined) return skip("no TypeScript here: npm install --save-dev typescript");
  if (!existsSync(join(folder, "tsconfig.json"))) return skip("no tsconfig.json here");
  const own = ownTypes();
  if (own === undefined) return skip("node build.mjs types makes Herald's own, first");
  const { version } = JSON.parse(readFileSync(manifest, "utf8")) as { version: string };
  const aside = mkdtempSync(join(tmpdir(), "herald-types-"));
  try {
    // The types of this Herald, whatever lies in the author's node_modules.
    const paths = { herald: [join(own, "announcer.d.ts")], "herald/testing": [join(own, "workbench/authoring/testing.d.ts")] };
    const options = { noEmit: true, pretty: false, paths, typeRoots: typeRootsOf(folder) };
    writeFileSync(join(aside, "tsconfig.json"), JSON.stringify({ extends: join(folder, "tsconfig.json"), compilerOptions: options }));
    const tsc = join(dirname(manifest), "lib/tsc.js");
    const { stdout, stderr, status } = spawnSync(process.execPath, [tsc, "-p", aside], { cwd: folder, encoding: "utf8" });
    // What belongs to a problem is indented below it.
    const lines = `${stdout}${stderr}`.trimEnd().split(/\n(?!\s)/);
    return { by: `TypeScript ${version}`, isChecked: true, problems: status === 0 ? [] : lines };
  } finally {
    rmSync(aside, { recursive: true });
  }
}

function findTypeScript(folder: string): string | undefined {
  try {
    return createRequire(join(folder, "package.json")).resolve("typescript/package.json");
  } catch {
    return undefined;
  }
}

/** As Node finds packages: here, and in every folder above. */
function typeRootsOf(folder: string): readonly string[] {
  const above = dirname(folder);
  return [join(folder, "node_modules/@types"), ...(above === folder ? [] : typeRootsOf(above))];
}

/** What was declared of Herald's sources. */
function ownTypes(): string | undefined {
  const places = ["./types", "../../../dist/types"].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return places.find((place) => existsSync(place));
}

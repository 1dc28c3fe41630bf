/** An author's own tests, `*.test.ts` beside the plugin: each is bundled and run by Node in a process of its own, as `node:test` has it. */

import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const TEST = /\.test\.[cm]?[jt]s$/;
const SKIPPED = new Set(["node_modules", ".git"]);

/** Relative to the folder, sorted. */
export function findTests(folder: string): readonly string[] {
  const inFolder = (path: string): string[] =>
    readdirSync(join(folder, path), { withFileTypes: true }).flatMap((entry) => {
      const place = join(path, entry.name);
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : inFolder(place);
      return TEST.test(entry.name) ? [place] : [];
    });
  return inFolder("").sort();
}

/** Resolves to the exit code; what the test says goes where we write. */
export async function runTest(folder: string, test: string): Promise<number> {
  const aside = mkdtempSync(join(tmpdir(), "herald-test-"));
  try {
    const file = join(aside, "test.mjs");
    await bundleTest(join(folder, test), file);
    const args = ["--enable-source-maps", "--no-warnings", "--test-reporter=spec", "--test-reporter-destination=stdout", file];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
    return await new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code) => resolve(code ?? 1));
    });
  } finally {
    rmSync(aside, { recursive: true });
  }
}

/** `herald` and `herald/testing` are those of this Herald, whatever lies in the author's node_modules. */
async function bundleTest(entry: string, outfile: string): Promise<void> {
  const { build, stop } = await import("esbuild");
  try {
    await build({
      ...{ entryPoints: [entry], outfile, bundle: true, platform: "node", format: "esm", target: "node20", sourcemap: "inline" },
      logLevel: "silent",
      plugins: [
        {
          name: "herald",
          setup: ({ onResolve }) =>
            onResolve({ filter: /^herald(\/testing)?$/ }, ({ path }) => ({ path: ownModule(path), external: true })),
        },
      ],
    });
  } finally {
    await stop();
  }
}

function ownModule(specifier: string): string {
  const name = specifier === "herald" ? "announcer.mjs" : "testing.mjs";
  // Beside the bundle, or what was built of these sources.
  const places = [`./${name}`, `../../../dist/${name}`].map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`Cannot find ${places.join(" or ")}, built by node build.mjs`);
  return pathToFileURL(found).href;
}

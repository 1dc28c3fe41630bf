/** What is shipped stays as small as `budget.ts` says, and each file of it has a limit. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SIZES } from "../../host/workbench/budget.ts";

const BUDGET = suite("size of the shipped program");
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "herald-dist-"));
const dist = join(folder, "dist");

function bytesOf(path: string): number {
  const place = join(dist, path);
  if (statSync(place).isFile()) return statSync(place).size;
  return readdirSync(place).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}

const run = (...args: string[]) => spawnSync(process.execPath, args, { cwd: folder, env: {}, encoding: "utf8" });

BUDGET.before(() => {
  const { status, stderr } = spawnSync(process.execPath, ["build.mjs", "--to", dist], { cwd: ROOT, encoding: "utf8" });
  assert.is(status, 0, stderr);
});

for (const { paths, bytes, what } of SIZES) {
  BUDGET(`${paths.join(" + ")}, ${what}: at most ${bytes} bytes`, () => {
    const found = paths.reduce((sum, path) => sum + bytesOf(path), 0);
    assert.ok(found <= bytes, `${found} bytes`);
    // A limit that is far away says nothing.
    assert.ok(found > bytes * 0.7, `only ${found} bytes: lower the limit`);
  });
}

BUDGET("every bundle and every WebAssembly module has a limit", () => {
  const limited = new Set(SIZES.flatMap(({ paths }) => paths));
  const modules = readdirSync(join(dist, "wasm"), { encoding: "utf8" }).map((name) => `wasm/${name}`);
  const bundles = readdirSync(dist, { encoding: "utf8" }).filter((name) => name.endsWith(".mjs"));
  assert.equal(
    [...bundles, ...modules].filter((name) => !limited.has(name)),
    [],
  );
});

BUDGET("the code of a role is ASCII, of which V8 keeps a byte a character instead of two", () => {
  for (const name of ["herald.mjs", "roles.mjs", "packet-worker.mjs"])
    assert.equal(readFileSync(join(dist, name), "utf8").match(/.{0,20}\P{ASCII}.{0,20}/gu) ?? [], [], name);
});

BUDGET("a role loads the entry and its own bundle, and status the entry alone", () => {
  const loaded = (...args: string[]): string[] => {
    const trace = join(folder, "trace.mjs");
    // Node's own list of ES modules is not to be had: what is read is.
    writeFileSync(
      trace,
      `import { register } from "node:module"; register("data:text/javascript,export async function load(u,c,n){ process._rawDebug('LOAD '+u); return n(u,c) }");`,
    );
    const { stderr } = run("--no-warnings", "--import", trace, join(dist, "herald.mjs"), ...args);
    return [...stderr.matchAll(/^LOAD file:.*\/dist\/(.*)$/gm)].map(([, name = ""]) => name).sort();
  };
  assert.equal(loaded("--version"), ["herald.mjs"]);
  assert.equal(loaded("status", "--socket", "/nowhere"), ["herald.mjs"]);
  assert.equal(loaded("run", "--help"), ["herald.mjs", "roles.mjs"]);
  assert.equal(loaded("plan", "--help"), ["herald.mjs", "tools.mjs"]);
});

BUDGET("the licences of what was bundled are there", () => {
  const text = readFileSync(join(dist, "LICENSES.txt"), "utf8");
  for (const name of ["@kubernetes/client-node", "js-yaml", "prom-client", "ses", "tar-stream"])
    assert.match(text, new RegExp(`^${name} \\d`, "m"));
});

BUDGET.after(() => rmSync(folder, { recursive: true }));
BUDGET.run();

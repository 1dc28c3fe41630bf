/** `node build.mjs start`: what is stale is built, quietly, before Herald runs. */

import { spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const BUILD = suite("build.mjs start");

const project = fileURLToPath(new URL("../../..", import.meta.url));
const checkout = mkdtempSync(join(tmpdir(), "herald-build-"));
const MODULE = join(checkout, "dist/wasm/rank.wasm");
const SOURCE = join(checkout, "wasm/table/rank.ts");
/** Of wasm/ only what a plan needs: a module whose source is not there is not built. */
const parts = [
  "build.mjs",
  "deploy/assemble.mjs",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "host",
  "plugins",
  "wasm/table",
  "fixtures/homelab",
];

function plan() {
  const args = ["build.mjs", "start", "--", "plan", "--json", "--manifests", "fixtures/homelab"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: checkout, encoding: "utf8" });
  return { status, stdout, stderr };
}

BUILD.before(() => {
  for (const part of parts) cpSync(join(project, part), join(checkout, part), { recursive: true });
  symlinkSync(join(project, "node_modules"), join(checkout, "node_modules"));
});

BUILD.after(() => rmSync(checkout, { recursive: true, force: true }));

BUILD("builds all that a fresh checkout lacks, and prints what Herald prints", () => {
  const { status, stdout, stderr } = plan();
  assert.equal([status, stderr], [0, ""]);
  assert.is(JSON.parse(stdout).owners.length, 4);
});

BUILD("builds nothing where nothing has changed", () => {
  const builtMs = statSync(MODULE).mtimeMs;
  assert.is(plan().status, 0);
  assert.is(statSync(MODULE).mtimeMs, builtMs);
});

BUILD("builds wasm again when a source is newer, without a word", () => {
  const builtMs = statSync(MODULE).mtimeMs;
  appendFileSync(SOURCE, "// changed\n");
  const { status, stdout, stderr } = plan();
  assert.equal([status, stderr], [0, ""]);
  assert.is(JSON.parse(stdout).owners.length, 4);
  assert.ok(statSync(MODULE).mtimeMs > builtMs);
});

BUILD("says what does not compile, and runs nothing", () => {
  appendFileSync(SOURCE, "export const broken: u32 = \n");
  const { status, stdout, stderr } = plan();
  assert.equal([status, stdout], [1, ""]);
  assert.match(stderr, /^Cannot compile wasm\/table\/rank\.ts: /);
});

BUILD.run();

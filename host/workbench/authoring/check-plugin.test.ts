/** `herald plugin check` and `build`: what is said of a plugin, all that is wrong at once, and one file that is the same every time. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { build } from "../../cli/plugin/build.ts";
import { check } from "../../cli/plugin/check.ts";
import { loadBundle } from "../../sandbox/source/load-bundle.ts";
import { runHere } from "../testing/run-command.ts";
import type { CheckedPlugin } from "./check-plugin.ts";
import { emitTypes } from "./emit-types.ts";
import { writeNewPlugin } from "./new-plugin.ts";

const CHECK = suite("herald plugin check and build");
const root = mkdtempSync(join(tmpdir(), "herald-check-"));
const project = fileURLToPath(new URL("../../..", import.meta.url));

CHECK.before(() => emitTypes(project));
CHECK.after(() => rmSync(root, { recursive: true }));

function plugin(name: string, hasProgram: boolean, tools: readonly string[] = []): string {
  const folder = join(root, name);
  writeNewPlugin({ name, folder, hasProgram });
  mkdirSync(join(folder, "node_modules"));
  for (const tool of tools) symlinkSync(join(project, "node_modules", tool), join(folder, "node_modules", tool));
  return folder;
}

CHECK("says who announces, what it asks for, and how that is granted", async () => {
  const folder = plugin("vrrp", false, ["typescript", "@types"]);
  const { code, out, err } = await runHere(check, folder);
  assert.equal([code, err], [0, ""]);
  assert.match(out, /^vrrp, for API version 1\n {2}announces {2}IPv4 and IPv6, from the node that owns an address/);
  assert.match(out, /0 problems, by TypeScript \d/);
  assert.match(out, /--plugin \S+vrrp --allow-frame=eth0\/0x88b5 …/);
  assert.ok(out.includes(`{ plugin: vrrp, path: ${JSON.stringify(folder)}, allow: { frame: ["eth0/0x88b5"] } }`));
  const { permissions, flags, pin } = JSON.parse((await runHere(check, folder, "--json")).out) as CheckedPlugin;
  assert.equal(permissions, [{ kind: "frame", link: "eth0", etherType: 0x88b5 }]);
  assert.equal(flags, ["--allow-frame=eth0/0x88b5"]);
  assert.match(pin ?? "", /^sha256-/);
});

CHECK("says all that is wrong at once: types, what it cannot have, its packet program", async () => {
  const folder = plugin("wrong", true, ["typescript", "@types"]);
  const code = readFileSync(join(folder, "plugin.ts"), "utf8");
  writeFileSync(join(folder, "plugin.ts"), code.replace('state: "active"', 'state: "awake"'));
  writeFileSync(join(folder, "program.wasm"), "\0asm");
  const found = await runHere(check, folder);
  assert.is(found.code, 1);
  assert.match(found.err, /plugin\.ts\(\d+,\d+\): error TS2322: .*awake/);
  assert.match(found.err, /Cannot run the packet program: it is no valid WebAssembly module/);
  writeFileSync(join(folder, "plugin.ts"), `import "node:fs";\nimport "node:net";\nexport default 1;\n`);
  const forbidden = await runHere(check, folder);
  assert.match(forbidden.err, /plugin\.ts:1:\d+: .*node:fs[\s\S]*plugin\.ts:2:\d+: .*node:net/);
});

CHECK("says what a packet program is", async () => {
  const { program, types } = JSON.parse((await runHere(check, plugin("hot", true), "--json")).out) as CheckedPlugin;
  assert.equal([program?.pages, program?.rows, program?.slots], [64, 16_384, 128]);
  assert.ok(program?.functions.includes("process"));
  assert.match(types.by, /npm install --save-dev typescript/);
});

CHECK("build packs the same bytes every time, and the pin is the folder's", async () => {
  const folder = plugin("packed", true);
  const tarballs: Buffer[] = [];
  for (const out of ["one", "two"]) {
    mkdirSync(join(root, out));
    const { code, out: text, err } = await runHere(build, folder, "--json", "--out", join(root, out));
    assert.is(code, 0, err);
    assert.match(err, /program\.wasm stays as it is.*npm install --save-dev assemblyscript/);
    const { file, pin, paths } = JSON.parse(text) as { file: string; pin: string; paths: string[] };
    assert.is(file, join(root, out, "packed-0.1.0.tgz"));
    assert.equal(paths, ["README.md", "assembly/program.ts", "package.json", "plugin.ts", "program.wasm"]);
    assert.equal([(await loadBundle(file)).pin, (await loadBundle(folder)).pin], [pin, pin]);
    tarballs.push(readFileSync(file));
  }
  assert.ok(tarballs[0]?.equals(tarballs[1] as Buffer));
});

CHECK("build compiles the packet program by the author's compiler, and says what that says", async () => {
  const folder = plugin("compiled", true, ["assemblyscript", "binaryen", "long"]);
  const before = readFileSync(join(folder, "program.wasm"));
  const { code, err } = await runHere(build, folder, "--out", root);
  assert.equal([code, err], [0, ""]);
  const after = readFileSync(join(folder, "program.wasm"));
  assert.not.ok(before.equals(after));
  assert.is((await runHere(check, folder)).code, 0);
  writeFileSync(join(folder, "assembly/program.ts"), "export const broken: u32 = \n");
  const broken = await runHere(build, folder, "--out", root);
  assert.is(broken.code, 1);
  assert.match(broken.err, /Cannot compile assembly\/program\.ts:/);
});

CHECK("a single file is packed with what says that it is the plugin", async () => {
  mkdirSync(join(root, "single"));
  const file = join(root, "single/rip.ts");
  writeFileSync(file, readFileSync(join(root, "vrrp/plugin.ts")));
  const { code, out } = await runHere(build, file, "--json", "--out", root);
  assert.is(code, 0);
  const packed = JSON.parse(out) as { file: string; pin: string };
  assert.is((await loadBundle(packed.file)).pin, packed.pin);
});

CHECK.run();

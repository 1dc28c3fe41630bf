/** There is nothing here that builds images, so what the Dockerfile copies and runs is put together by hand, and used as in a container. */

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const image = suite("image");
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "herald-image-"));
/** Nobody of this number has a password entry, a home or a file. */
const NOBODY = 65_534;

/** What is copied from the sources. */
const sources = [...dockerfile.matchAll(/^COPY (?!--)(.*) \S+$/gm)].flatMap(([, names = ""]) => names.split(" "));

/** As the image's user where we are root; by a Node that this user can reach. */
function run(place: string, ...args: string[]): string {
  const who = process.getuid?.() === 0 && place === "image" ? { uid: NOBODY, gid: NOBODY } : {};
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: join(folder, place), env: {}, encoding: "utf8", ...who });
  assert.is(status, 0, stderr);
  return stdout.trim();
}

/** Nobody may write there, and it belongs to somebody else. */
function makeReadOnly(path: string): void {
  for (const entry of readdirSync(path, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath ?? entry.path, entry.name);
    if (process.getuid?.() === 0) lchownSync(file, 1, 1);
    if (entry.isFile()) chmodSync(file, file.endsWith("/esbuild") || file.endsWith(".sh") || file.endsWith("herald.mjs") ? 0o555 : 0o444);
  }
}

image.before(() => {
  chmodSync(folder, 0o755);
  for (const name of sources) {
    mkdirSync(dirname(join(folder, "build", name)), { recursive: true });
    cpSync(join(ROOT, name), join(folder, "build", name), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(folder, "build/node_modules"));
});

image("what is copied into the build is all that the build needs", () => {
  run("build", "build.mjs");
  const [, command = ""] = /&& node (build\.mjs .*) --to \/image$/m.exec(dockerfile) ?? [];
  run("build", ...command.replace('"$cpu"', process.arch).split(" "), "--to", join(folder, "image"));
  assert.ok(existsSync(join(folder, "image/herald.mjs")));
});

image("what is sent to the builder is what is copied", () => {
  const sent = [...readFileSync(join(ROOT, ".dockerignore"), "utf8").matchAll(/^!(.*)$/gm)].map(([, name]) => name);
  assert.equal(sent.sort(), [...sources].sort());
});

image("what is in the image is all that Herald needs, of any user and where nothing can be written", () => {
  makeReadOnly(join(folder, "image"));
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  assert.is(run("image", "herald.mjs", "--version"), version);
  for (const command of ["speaker", "controller", "run", "lab", "bench"])
    assert.match(run("image", "herald.mjs", command, "--help"), /Usage/);
  assert.match(run("image", "herald.mjs", "plan", "--manifests", "fixtures/homelab"), /home-assistant +192\.0\.2\.240 /);
  const callsLibrary = "const k = require('koffi'); console.log(k.load('libc.so.6').func('int getppid()')())";
  assert.is(run("image", "-e", callsLibrary), String(process.pid));
});

image("in the image a stranger's plugin is bundled and pinned", () => {
  const cache = join(folder, "cache");
  mkdirSync(cache);
  chmodSync(cache, 0o777);
  const definition = `{ name: "hello", api: API_VERSION, from: "owner", serves: { kind: "L2Advertisement", families: [4] }, config: {},
    example: {}, permissions: () => [], start: async () => ({ apply: async () => [], stop: async () => {} }) }`;
  writeFileSync(join(cache, "hello.ts"), `import { API_VERSION } from "herald"; export default ${definition};`);
  const install = ["plugin", "install", join(cache, "hello.ts"), "--cache", join(cache, "kept"), "--lock", join(cache, "herald.lock")];
  assert.match(run("image", "herald.mjs", ...install), /pin +sha256-/);
});

image("of another processor, the binaries are what differs", () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as { packages: object };
  for (const cpu of ["x64", "arm64", "arm"]) {
    for (const name of ["@koromix/koffi-linux", "@esbuild/linux"]) assert.ok(`node_modules/${name}-${cpu}` in packages, `${name}-${cpu}`);
  }
  const packaged = readdirSync(join(folder, "image/node_modules"), { recursive: true, encoding: "utf8" });
  const binaries = packaged.filter((file) => /(koffi\.node|bin\/esbuild)$/.test(file));
  assert.is(binaries.length, 2, binaries.join());
  for (const file of binaries) assert.ok(file.includes(`-${process.arch}/`), file);
});

image("flags that keep the heap small are ones that Node.js takes from its environment", () => {
  const values = readFileSync(join(ROOT, "deploy/chart/values.yaml"), "utf8");
  const options = [...values.matchAll(/nodeOptions: (.*)/g)].map(([, text]) => text as string);
  assert.is(options.length, 2);
  for (const NODE_OPTIONS of options) {
    const { status, stderr } = spawnSync(process.execPath, ["-e", ""], { env: { NODE_OPTIONS }, encoding: "utf8" });
    assert.is(status, 0, stderr);
  }
});

image.after(() => rmSync(folder, { recursive: true }));
image.run();

/** There is nothing here that builds images, so what the Dockerfile copies is put together by hand, and run. */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const image = suite("image");
const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const dockerfile = readFileSync(join(ROOT, "Dockerfile"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "herald-image-"));

/** What is copied from the sources. */
const sources = [...dockerfile.matchAll(/^COPY (?!--)(.*) \S+$/gm)].flatMap(([, names = ""]) => names.split(" "));

function run(place: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: join(folder, place), env: {}, encoding: "utf8" });
  assert.is(status, 0, stderr);
  return stdout.trim();
}

image("what is copied into the build is all that the build needs", () => {
  for (const name of sources) cpSync(join(ROOT, name), join(folder, "build", name), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "build/node_modules"));
  run("build", "build.mjs");
  assert.ok(existsSync(join(folder, "build/dist/herald.mjs")));
});

image("what is sent to the builder is what is copied", () => {
  const sent = [...readFileSync(join(ROOT, ".dockerignore"), "utf8").matchAll(/^!(.*)$/gm)].map(([, name]) => name);
  assert.equal(sent.sort(), [...sources].sort());
});

image("what is moved into the image is all that Herald needs", () => {
  const moved = [...dockerfile.matchAll(/\bmv (.*) (\/image\/\S*)/g)].flatMap(([, names = "", to = ""]) =>
    names.split(" ").map((name) => ({ from: name.replace("$cpu", process.arch), to: to.replace("/image/", "") })),
  );
  assert.equal(
    moved.map(({ from }) => from),
    [
      ...["dist", "package.json", "LICENSE", "node_modules/koffi", "node_modules/esbuild"],
      ...["@koromix/koffi-linux", "@esbuild/linux"].map((name) => `node_modules/${name}-${process.arch}`),
    ],
  );
  for (const { from, to } of moved) {
    const target = join(folder, "image", to, from.slice(from.lastIndexOf("/") + 1));
    mkdirSync(dirname(target), { recursive: true });
    cpSync(join(folder, "build", from), target, { recursive: true, dereference: true });
  }
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };
  assert.is(run("image", "dist/herald.mjs", "--version"), version);
  assert.match(run("image", "dist/herald.mjs", "speaker", "--help"), /--node-name/);
  const definition = `{ name: "hello", api: API_VERSION, from: "owner", serves: { kind: "L2Advertisement", families: [4] }, config: {},
    example: {}, permissions: () => [], start: async () => ({ apply: async () => [], stop: async () => {} }) }`;
  writeFileSync(join(folder, "image/hello.ts"), `import { API_VERSION } from "herald"; export default ${definition};`);
  assert.match(run("image", "dist/herald.mjs", "plugin", "install", "./hello.ts", "--cache", "cache"), /pin +sha256-/);
  const callsLibrary = "const k = require('koffi'); console.log(k.load('libc.so.6').func('int getppid()')())";
  assert.is(run("image", "-e", callsLibrary), String(process.pid));
});

image("koffi and esbuild have a part for each processor that the image is for", () => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8")) as { packages: object };
  for (const cpu of ["x64", "arm64", "arm"]) {
    for (const name of ["@koromix/koffi-linux", "@esbuild/linux"]) assert.ok(`node_modules/${name}-${cpu}` in packages, `${name}-${cpu}`);
  }
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

/** What an author has who installed the package: the contract with its types, and the AssemblyScript that packet programs are made with. */

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Installed, installHerald } from "./installed.ts";

const PACKAGE = suite("package");

const strict = {
  ...{ target: "es2023", lib: ["es2023"], types: [], noEmit: true, skipLibCheck: false, strict: true },
  ...{ exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, noPropertyAccessFromIndexSignature: true },
  ...{ verbatimModuleSyntax: true, isolatedModules: true, noUncheckedSideEffectImports: true },
};

const PLUGIN = `
import { API_VERSION, definePlugin, NotCapable, parseAddress, type Announcer, type Context } from "herald";

interface Config { readonly link: string }

async function start(context: Context, { link }: Config): Promise<Announcer> {
  const socket = await context.frames.open({ link, etherType: 0x88b5 });
  const close = context.clock.every(1000, () => socket.send(new Uint8Array(60)));
  try {
    await context.udp.open({ address: "0.0.0.0", port: 520 });
  } catch (error) {
    if (!(error instanceof NotCapable)) throw error;
    context.log.warn(error.message, { kind: error.permission.kind });
  }
  return {
    apply: async ({ added }) =>
      added.filter(({ vip }) => parseAddress(vip) === undefined).map(({ vip }) => ({ vip, reason: "no address" })),
    async stop() { close(); },
  };
}

export default definePlugin<Config>({
  name: "typed",
  api: API_VERSION,
  from: "owner",
  serves: { kind: "L2Advertisement", families: [4] },
  config: { type: "object", additionalProperties: false, required: ["link"], properties: { link: { type: "string" } } },
  example: { link: "eth0" },
  permissions: ({ link }) => [{ kind: "frame", link, etherType: 0x88b5 }, { kind: "udp", host: "*:520" }],
  start,
});
`;

const TEST = `
import { createTestHost, type TestHost } from "herald/testing";
import plugin from "./plugin.js";

export async function sent(): Promise<readonly string[]> {
  const host: TestHost = await createTestHost(plugin, { config: { link: "eth0" }, deny: [{ kind: "udp", host: "*:*" }] });
  await host.announce("192.0.2.1");
  await host.pass(1000);
  await host.close();
  return host.frames.sent.map(({ hex }) => hex);
}
`;

const MISTAKE = `
import { definePlugin } from "herald";
export default definePlugin({ name: "typed", api: 1, from: "everywhere" });
`;

const PROGRAM = `
import { addRow } from "herald/wasm/table/rows";
import { getU16 } from "herald/wasm/wire/bytes";
export * from "herald/wasm/programs/exports";
export function process(link: i32, count: i32, nowMs: f64): i32 {
  return getU16(count) + addRow(1, 2);
}
`;

let herald: Installed;

PACKAGE.before(() => {
  herald = installHerald(["assemblyscript", "binaryen", "long", "typescript", "@types"]);
  writeFileSync(join(herald.folder, "package.json"), JSON.stringify({ type: "module" }));
});

PACKAGE.after(() => herald.remove());

function compile(source: string, resolution: object) {
  writeFileSync(join(herald.folder, "plugin.ts"), source);
  writeFileSync(join(herald.folder, "test.ts"), TEST);
  writeFileSync(
    join(herald.folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: { ...strict, ...resolution }, files: ["plugin.ts", "test.ts"] }),
  );
  return herald.node("node_modules/typescript/lib/tsc.js", "-p", ".");
}

for (const [name, resolution] of Object.entries({
  bundler: { module: "esnext", moduleResolution: "bundler" },
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
})) {
  PACKAGE(`its types hold in a strict project that resolves as ${name}`, () => {
    assert.equal(compile(PLUGIN, resolution), { status: 0, output: "" });
    const { status, output } = compile(MISTAKE, resolution);
    assert.is.not(status, 0);
    assert.match(output, /everywhere/);
  });
}

PACKAGE("its entry runs, and has what a plugin imports", () => {
  const script = 'import * as herald from "herald"; console.log(typeof herald.definePlugin, typeof herald.NotCapable, herald.API_VERSION)';
  assert.equal(herald.node("--input-type=module", "--eval", script), { status: 0, output: "function function 1\n" });
});

PACKAGE("a packet program may stand on Herald's tables and wire formats", () => {
  writeFileSync(join(herald.folder, "program.ts"), PROGRAM);
  const output = ["program.ts", "--outFile", "program.wasm", "--runtime", "stub", "--use", "abort=", "-O3", "--noAssert"];
  const memory = ["--initialMemory", "256", "--maximumMemory", "256"];
  assert.equal(herald.node("node_modules/assemblyscript/bin/asc.js", ...output, ...memory), { status: 0, output: "" });
  const module = new WebAssembly.Module(readFileSync(join(herald.folder, "program.wasm")));
  assert.equal(WebAssembly.Module.imports(module), []);
  assert.ok(WebAssembly.Module.exports(module).some(({ name }) => name === "rowCount"));
});

PACKAGE("what is installed writes a plugin, and finds nothing wrong with it", () => {
  const program = "node_modules/herald/dist/herald.mjs";
  assert.is(herald.node(program, "plugin", "new", "fresh", "--packet-program").status, 0);
  const { status, output } = herald.node(program, "plugin", "check", "fresh");
  assert.is(status, 0, output);
  assert.match(output, /0 problems, by TypeScript/);
});

PACKAGE("it holds declarations of the contract and of nothing else, and no tests", () => {
  const files = readdirSync(join(herald.folder, "node_modules/herald"), { recursive: true, encoding: "utf8" });
  const isContract = (file: string) =>
    /^dist\/types\/(announcer|workbench\/authoring\/(kit|testing)|contract\/[\w-]+|rules\/[\w-]+)\.d\.ts$/.test(file);
  const sources = files.filter((file) => file.endsWith(".ts") && !isContract(file) && !/^(wasm|dist\/fixtures\/hello)\//.test(file));
  assert.equal(sources, []);
  assert.ok(files.some(isContract));
  assert.equal(
    files.filter((file) => file.endsWith(".test.ts")),
    [],
  );
});

PACKAGE.run();

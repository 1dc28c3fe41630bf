#!/usr/bin/env node
/**
 * The one build command. It builds only what is stale, and says nothing when all is well.
 *
 *   node build.mjs                dist/: all that Herald is, to be copied anywhere (deploy/assemble.mjs); --cpu x64,arm64,arm: with the
 *                                 binaries for these processors; --to DIR: there, too
 *   node build.mjs wasm           only the WebAssembly modules
 *   node build.mjs start ARGS     build, then run Herald
 *   node build.mjs check          build (asc checks wasm/), lint and format (Biome), types (tsc)
 *   node build.mjs types          dist/types: declarations for authors of plugins, which npm packs
 *   node build.mjs manifests      deploy/manifests from deploy/chart, by helm of $KUBEBUILDER_ASSETS or of the path
 *   node build.mjs test PATTERN…  check, then the test files whose path holds a pattern; no pattern: all
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { assemble, licencesOf } from "./deploy/assemble.mjs";

const self = fileURLToPath(import.meta.url);
const root = dirname(self);
const inRoot = (...path) => join(root, ...path);

/**
 * Module name → entry file and memory in 64 KiB pages; `maximum` absent: the module may grow in `reserve()` only. `simd`: may use 128-bit
 * instructions, which not every CPU has: the host needs another module where such a one does not load.
 */
const modules = {
  arp: { entry: "wasm/programs/arp.ts", initial: 256, maximum: 256 },
  ndp: { entry: "wasm/programs/ndp.ts", initial: 256, maximum: 256 },
  bfd: { entry: "wasm/programs/bfd.ts", initial: 2, maximum: 2 },
  echo: { entry: "wasm/programs/echo.ts", initial: 1, maximum: 1 },
  guard: { entry: "wasm/guard/index.ts", initial: 18, maximum: 18 },
  bgp: { entry: "wasm/bgp/index.ts", initial: 173, maximum: 173 },
  wire: { entry: "wasm/wire/index.ts", initial: 4, maximum: 4 },
  rank: { entry: "wasm/table/rank.ts", initial: 40, maximum: 40 },
  "rank-simd": { entry: "wasm/table/rank.ts", initial: 40, maximum: 40, simd: true },
  routes: { entry: "wasm/routes/index.ts", initial: 4 },
  // What `herald plugin new --packet-program` writes, for authors who have no compiler yet.
  hello: { entry: "fixtures/hello/program/assembly/program.ts", initial: 64, maximum: 64, isForOthers: true },
};
const PAGE_BYTES = 65536;

/** Output name → entry file of the bundles. */
const bundles = {
  herald: "host/main.ts",
  roles: "host/commands/roles.ts",
  tools: "host/commands/tools.ts",
  "packet-worker": "host/packets/worker.ts",
  "kube-config": "host/cluster/api/kube-config.ts",
  testing: "host/workbench/authoring/testing.ts",
  "plugin-guard": "host/sandbox/cell/guard/guard.ts",
};

/** What is a bundle of its own is loaded as one. */
const apart = {
  name: "apart",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/commands\// }, ({ path }) => {
      const [name] = Object.entries(bundles).find(([, entry]) => entry === join("host", path)) ?? [];
      return name && { path: `./${name}.mjs`, external: true };
    }),
};

/** Output name → file that is taken as it is, beside the bundles. */
const companions = { "limited-esbuild.sh": "host/sandbox/source/limited-esbuild.sh" };

/** The bundle that plugins import as `herald`: it runs in their sandbox, so it stands on nothing of Node, and is to be read. */
const contract = { announcer: "host/announcer.ts" };

/** The commands of `check`; `test` counts each as one test. */
const checks = [
  { name: "build", command: [process.execPath, self] },
  { name: "biome", command: [process.execPath, inRoot("node_modules/@biomejs/biome/bin/biome"), "check", "--error-on-warnings", "."] },
  // Not bin/tsc: Node before 20.10 runs no module without an extension.
  { name: "tsc", command: [process.execPath, inRoot("node_modules/typescript/lib/tsc.js"), "-p", "."] },
];

const isSource = (name) => name.endsWith(".ts") && !name.endsWith(".test.ts");

/** Entries that exist and are older than a source in one of the folders, or than the toolchain. */
function staleEntries(entries, folders, output) {
  const sources = folders.flatMap((folder) =>
    readdirSync(inRoot(folder), { recursive: true })
      .filter(isSource)
      .map((name) => inRoot(folder, name)),
  );
  const changed = Math.max(...[self, inRoot("package-lock.json"), ...sources].map((file) => statSync(file).mtimeMs));
  return Object.entries(entries).filter(([name, entry]) => {
    const file = output(name);
    return existsSync(inRoot(entry.entry ?? entry)) && !(existsSync(file) && statSync(file).mtimeMs >= changed);
  });
}

const wasmFile = (name) => inRoot("dist/wasm", `${name}.wasm`);
const bundleFile = (name) => inRoot("dist", `${name}.mjs`);
const staleWasm = () =>
  staleEntries(
    modules,
    ["wasm", "fixtures/hello"].filter((folder) => existsSync(inRoot(folder))),
    wasmFile,
  );
const staleBundles = () => staleEntries(bundles, ["host", "plugins"], bundleFile);
const staleContract = () => staleEntries(contract, ["host"], bundleFile);

/** Written aside and renamed, so that another build at the same time, or a running Herald, never sees half a file. */
function writeOutput(file, contents, builtFrom, mode = 0o644) {
  const aside = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(aside, contents, { mode });
  utimesSync(aside, builtFrom, builtFrom); // a source saved while we compiled is newer than its output
  renameSync(aside, file);
}

/**
 * A call in a hot loop costs more than the call: V8 keeps nothing in registers across it, and asc inlines only what is very small. With
 * this before asc's own optimizer the ARP program answers a frame in 9 ns instead of 15, for a few hundred bytes a module (routes: 2.6 KB).
 */
class Inlining {
  afterCompile(module) {
    this.binaryen.setOptimizeLevel(3);
    this.binaryen.setShrinkLevel(0);
    this.binaryen.setFlexibleInlineMaxSize(200);
    this.binaryen.setAllowInliningFunctionsWithLoops(true);
    module.optimize();
  }
}

/** As asc reads, but that `herald/wasm/…` is what lies here. */
function readSource(file, base) {
  const place = resolve(base, file.replace(/^.*node_modules[/\\]herald[/\\]/, ""));
  return existsSync(place) ? readFileSync(place, "utf8") : null;
}

async function buildWasm() {
  const problems = [];
  for (const [name, { entry, initial, maximum, simd, isForOthers }] of staleWasm()) {
    const asc = await import("assemblyscript/asc");
    const builtFrom = new Date();
    let binary;
    const memory = ["--initialMemory", String(initial), ...(maximum ? ["--maximumMemory", String(maximum)] : [])];
    const features = [...(simd ? ["--enable", "simd"] : []), ...(isForOthers ? ["--lowMemoryLimit", String(maximum * PAGE_BYTES)] : [])];
    const { error, stderr } = await asc.main(
      [
        entry,
        "--baseDir",
        root,
        "--outFile",
        `${name}.wasm`,
        "--runtime",
        "stub",
        "--use",
        "abort=",
        "-O3",
        "--noAssert",
        ...features,
        ...memory,
      ],
      { transforms: [Inlining], readFile: readSource, writeFile: (_, contents) => (binary = contents) },
    );
    if (error) problems.push(`Cannot compile ${entry}: ${error.message}\n${stderr.toString()}`);
    else writeOutput(wasmFile(name), binary, builtFrom);
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

async function buildHost() {
  for (const [name, source] of Object.entries(companions)) {
    writeOutput(inRoot("dist", name), readFileSync(inRoot(source)), statSync(inRoot(source)).mtime, 0o755);
  }
  const [stale, plain] = [staleBundles().length > 0 ? Object.entries(bundles) : [], staleContract()];
  if (stale.length + plain.length === 0) return;
  const { build, stop } = await import("esbuild");
  const builtFrom = new Date();
  const bundle = async (entries, options) => {
    if (entries.length === 0) return { outputFiles: [] };
    const common = { absWorkingDir: root, outdir: "dist", outExtension: { ".js": ".mjs" }, write: false, bundle: true, format: "esm" };
    return await build({ ...common, ...options, entryPoints: Object.fromEntries(entries), logLevel: "silent" });
  };
  const { outputFiles: programs, metafile } = await bundle(stale, {
    metafile: true,
    platform: "node",
    target: "node20.6",
    // Names stay, so that stacks can be read: setting short ones right again while it starts (keepNames) would cost 8 % of a start.
    minifySyntax: true,
    minifyWhitespace: true,
    external: ["koffi", "esbuild"],
    plugins: [apart],
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
  });
  // Executable: what npm links as the command herald.
  for (const { path, contents } of programs) writeOutput(path, contents, builtFrom, 0o755);
  if (metafile) writeOutput(inRoot("dist/LICENSES.txt"), licencesOf(root, Object.keys(metafile.inputs)), builtFrom);
  const { outputFiles: contracts } = await bundle(plain, { platform: "neutral", target: "es2022" });
  for (const { path, contents } of contracts) writeOutput(path, contents, builtFrom);
  await stop();
}

/** Runs Herald in this process, so that it gets our signals; the compilers ran in another, and took their memory with them. */
async function start(args) {
  if (staleWasm().length + staleBundles().length + staleContract().length > 0) {
    const { status } = spawnSync(process.execPath, [self], { stdio: ["ignore", 2, 2] });
    if (status !== 0) process.exit(1);
  }
  const program = bundleFile("herald");
  process.argv = [process.execPath, program, ...(args[0] === "--" ? args.slice(1) : args)];
  await import(pathToFileURL(program).href).catch((error) => {
    console.error(error); // a fault of Herald's own: with its stack, unlike those of a build
    process.exit(1);
  });
}

function check() {
  const failed = checks.filter(({ command: [file, ...args] }) => spawnSync(file, args, { cwd: root, stdio: "inherit" }).status !== 0);
  if (failed.length > 0) throw new Error(`Check failed: ${failed.map(({ name }) => name).join(", ")}`);
}

async function test(patterns) {
  const { tsImport } = await import("tsx/esm/api");
  const { runGate } = await tsImport("./host/workbench/testing/gate.ts", import.meta.url);
  process.exitCode = await runGate({ root, folders: ["host", "plugins", "wasm", "fixtures", "deploy"], patterns, checks });
}

async function types() {
  const { tsImport } = await import("tsx/esm/api");
  const { emitTypes } = await tsImport("./host/workbench/authoring/emit-types.ts", import.meta.url);
  emitTypes(root);
}

async function manifests() {
  const { tsImport } = await import("tsx/esm/api");
  const { MANIFESTS, renderManifests } = await tsImport("./deploy/render.ts", import.meta.url);
  const { KUBEBUILDER_ASSETS: assets } = process.env;
  writeFileSync(MANIFESTS, renderManifests(assets ? join(assets, "helm") : "helm"));
}

async function build(args) {
  const { values } = parseArgs({ args, options: { cpu: { type: "string" }, to: { type: "string" } } });
  await buildWasm();
  await buildHost();
  assemble(root, { ...(values.cpu && { cpus: values.cpu.split(",") }), ...(values.to && { to: resolve(values.to) }) });
}

const commands = {
  build,
  wasm: buildWasm,
  start,
  check,
  types,
  manifests,
  test,
};

async function main([first = "build", ...rest]) {
  const [command, ...args] = first.startsWith("--") ? ["build", first, ...rest] : [first, ...rest];
  const run = commands[command];
  if (!run) throw new Error(`Unknown command ${command}: expected ${Object.keys(commands).join(", ")}`);
  if (!existsSync(inRoot("node_modules/esbuild"))) throw new Error("Cannot build: node_modules is missing or half there; run npm ci");
  await run(args);
}

await main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});

#!/usr/bin/env node
/**
 * The one build command.
 *
 *   node build.mjs            dist/: the program, its packet worker, one .wasm a module
 *   node build.mjs wasm       only the WebAssembly modules
 *   node build.mjs start ARGS build what is stale, quietly, then run Herald
 */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "dist");

/** Module name → entry file and memory in 64 KiB pages; `maximum` absent: the module may grow in `reserve()` only. */
const modules = {
  arp: { entry: "wasm/programs/arp.ts", initial: 256, maximum: 256 },
  wire: { entry: "wasm/wire/index.ts", initial: 4, maximum: 4 },
  rank: { entry: "wasm/table/rank.ts", initial: 32, maximum: 32 },
  routes: { entry: "wasm/routes/index.ts", initial: 4 },
};

function newest(folder, filter) {
  let latest = 0;
  for (const name of readdirSync(join(root, folder), { recursive: true })) {
    if (filter(name)) latest = Math.max(latest, statSync(join(root, folder, name)).mtimeMs);
  }
  return latest;
}

const isSource = (name) => name.endsWith(".ts") && !name.endsWith(".test.ts");

export async function buildWasm() {
  const sources = Math.max(newest("wasm", isSource), statSync(join(root, "build.mjs")).mtimeMs);
  const stale = Object.entries(modules).filter(([name, { entry }]) => {
    const output = join(dist, "wasm", `${name}.wasm`);
    return existsSync(join(root, entry)) && !(existsSync(output) && statSync(output).mtimeMs >= sources);
  });
  if (stale.length === 0) return;
  mkdirSync(join(dist, "wasm"), { recursive: true });
  const asc = await import("assemblyscript/asc");
  for (const [name, { entry, initial, maximum }] of stale) {
    const output = join(dist, "wasm", `${name}.wasm`);
    const memory = ["--initialMemory", String(initial), ...(maximum ? ["--maximumMemory", String(maximum)] : [])];
    const { error, stderr } = await asc.main(
      [entry, "--outFile", output, "--runtime", "stub", "--use", "abort=", "-O3", "--noAssert", ...memory],
      { baseDir: root, writeFile: (file, contents) => writeFileSync(join(root, file), contents) },
    );
    if (error) throw new Error(`Cannot compile ${entry}: ${error.message}\n${stderr.toString()}`);
  }
}

export async function buildHost() {
  const { build } = await import("esbuild");
  await build({
    absWorkingDir: root,
    entryPoints: { herald: "host/main.ts", "packet-worker": "host/packets/worker.ts" },
    outdir: "dist",
    outExtension: { ".js": ".mjs" },
    bundle: true,
    platform: "node",
    target: "node20.6",
    format: "esm",
    minify: true,
    keepNames: true,
    sourcemap: false,
    external: ["koffi", "esbuild"],
    banner: { js: "import{createRequire as __cr}from'node:module';const require=__cr(import.meta.url);" },
    logLevel: "warning",
  });
}

async function main([command = "build", ...args]) {
  if (command === "build" || command === "start") {
    await buildWasm();
    await buildHost();
  } else if (command === "wasm") await buildWasm();
  else throw new Error(`Unknown command ${command}: expected build, wasm or start`);
  if (command === "start") {
    const program = join(dist, "herald.mjs");
    process.argv = [process.argv[0], program, ...args.filter((value, at) => !(at === 0 && value === "--"))];
    await import(program);
  }
}

await main(process.argv.slice(2));

/**
 * From a plugin's files to one script, in memory: esbuild asks for files, and gets those of the plugin's folder and the contract as
 * `herald`, nothing else; it never sees a disk. On the way the files that the code is made of become known, and its packet programs: every
 * `./NAME.wasm` beside the entry that stands in the code as a string. Whatever is wrong is said at once (`forbidden.ts`).
 */

import { posix } from "node:path";
import type { BuildOptions, Loader, Message, OnLoadResult, OnResolveArgs, OnResolveResult, Plugin } from "esbuild";
import { contractModule } from "./contract-module.ts";
import { describeProblems, forbid, raised } from "./forbidden.ts";
import { hideTokens } from "./hide-tokens.ts";
import { withEsbuild } from "./limited-esbuild.ts";
import { type PluginFiles, pathFrom, SourceError } from "./plugin-files.ts";

export interface Script {
  readonly code: string;
  /** Source map, version 3. */
  readonly map: string;
}

export interface Bundled extends Script {
  /** All that went in, packet programs included. */
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** What makes another script of the same files: part of the key under which it is kept. */
export const STYLE = {
  bundle: true,
  format: "iife",
  target: "es2022",
  platform: "neutral",
  minifyWhitespace: true,
  legalComments: "none",
  charset: "utf8",
  sourcesContent: false,
  // As strings, also what a tag sees: an escape changes a string's text, not its value (`hide-tokens.ts`).
  supported: { "template-literal": false },
  globalName: "plugin",
  // A script's completion value.
  footer: { js: "plugin;" },
} as const satisfies BuildOptions;

const LOADERS: Readonly<Record<string, Loader>> = { ".ts": "ts", ".mts": "ts", ".js": "js", ".mjs": "js", ".json": "json" };
/** Tried in this order for a path without one of these endings. */
const ENDINGS = [".ts", ".js", ".mjs", "/index.ts", "/index.js"];
/** As TypeScript has it: what is written is what will be there after a build, which is never made. */
const BEFORE_BUILD: readonly (readonly [RegExp, string])[] = [
  [/\.js$/, ".ts"],
  [/\.mjs$/, ".mts"],
];
const PROGRAM = /(["'])(\.\/[^"'\\\n]{1,180}\.wasm)\1/g;

/** Rejects with SourceError, all problems in its message. */
export async function bundlePlugin(source: PluginFiles): Promise<Bundled> {
  const files = new Map<string, Uint8Array>();
  const { code, map } = await runEsbuild(source, files);
  for (const name of programNames(code)) {
    const path = pathFrom(source.entry, name);
    const program = path === undefined ? undefined : await source.read(path);
    if (path === undefined || program === undefined) throw new SourceError(`It names a packet program ${name}, and has no such file`);
    files.set(path, program);
  }
  return { ...hideTokens(code, withPlainSources(map)), files };
}

/** The packet programs that a plugin is made of, by their path beside the entry. */
export function programsOf(entry: string, files: ReadonlyMap<string, Uint8Array>): ReadonlyMap<string, Uint8Array> {
  const programs = [...files].filter(([path]) => path.endsWith(".wasm"));
  return new Map(programs.map(([path, contents]) => [`./${posix.relative(posix.dirname(entry), path)}`, contents]));
}

function programNames(code: string): readonly string[] {
  return [...new Set([...code.matchAll(PROGRAM)].map(([, , path = ""]) => path))];
}

async function runEsbuild(source: PluginFiles, files: Map<string, Uint8Array>): Promise<Script> {
  const { code: contract } = await contractModule();
  const options: BuildOptions & { write: false } = {
    ...STYLE,
    entryPoints: [`./${source.entry}`],
    outfile: "/plugin.js",
    write: false,
    sourcemap: "external",
    absWorkingDir: "/",
    tsconfigRaw: "{}",
    logLevel: "silent",
    logLimit: 0,
    logOverride: raised,
    plugins: [inFolder(source, files, contract)],
  };
  try {
    const { outputFiles } = await withEsbuild(({ build }) => build(options));
    const [map = "", code = ""] = outputFiles.map(({ text }) => text);
    return { code, map };
  } catch (error) {
    throw error instanceof SourceError ? error : new SourceError(problemText(error));
  }
}

function problemText(error: unknown): string {
  const { errors, message } = error as { readonly errors?: readonly Message[]; readonly message: string };
  if (errors === undefined || errors.length === 0) return message;
  const lines = describeProblems(errors);
  return lines.length === 1 ? (lines[0] ?? "") : [`${lines.length} problems`, ...lines.map((line) => `  ${line}`)].join("\n");
}

function inFolder(source: PluginFiles, files: Map<string, Uint8Array>, contract: string): Plugin {
  return {
    name: "plugin",
    setup: ({ onResolve, onLoad }) => {
      onResolve({ filter: /.*/ }, (args) => guarded(() => resolve(source, args)));
      onLoad({ filter: /.*/, namespace: "herald" }, () => ({ contents: contract, loader: "js" }));
      onLoad({ filter: /.*/, namespace: "plugin" }, ({ path }) => guarded(() => load(source, files, path)));
    },
  };
}

/** esbuild shows a thrown error with its stack; this way it is one line, at the import. */
async function guarded<T>(call: () => Promise<T>): Promise<T | { errors: { text: string }[] }> {
  return await call().catch((error: Error) => ({ errors: [{ text: error.message }] }));
}

async function resolve(source: PluginFiles, args: OnResolveArgs): Promise<OnResolveResult> {
  const { path, kind, importer } = args;
  const isEntry = kind === "entry-point";
  if (!isEntry && kind !== "import-statement") throw new Error(forbid(args));
  if (path === "herald") return { path, namespace: "herald", sideEffects: false };
  if (!/^\.{1,2}\//.test(path) || /\.(?:wasm|node)$/.test(path)) throw new Error(forbid(args));
  const inFolder = pathFrom(isEntry ? "entry" : importer, path);
  if (inFolder === undefined) throw new Error(`${JSON.stringify(path)} leads out of the plugin's folder: copy it into it`);
  for (const candidate of candidatesOf(inFolder)) {
    if ((await source.read(candidate)) !== undefined) return { path: candidate, namespace: "plugin" };
  }
  const isScript = !isEntry || posix.extname(path) in LOADERS;
  throw new Error(
    isScript ? `${JSON.stringify(path)} is not there` : `${JSON.stringify(path)} is no script: expected a file in .ts, .mts, .js or .mjs`,
  );
}

function candidatesOf(path: string): readonly string[] {
  const renamed = BEFORE_BUILD.filter(([ending]) => ending.test(path)).map(([ending, other]) => path.replace(ending, other));
  return posix.extname(path) in LOADERS ? [path, ...renamed] : ENDINGS.map((ending) => path + ending);
}

async function load(source: PluginFiles, files: Map<string, Uint8Array>, path: string): Promise<OnLoadResult> {
  const contents = await source.read(path);
  if (contents === undefined) throw new Error(`${path} is not there`);
  files.set(path, contents);
  return { contents, loader: LOADERS[posix.extname(path)] ?? "ts" };
}

/** `lib/codec.ts`, not `plugin:lib/codec.ts`. */
function withPlainSources(map: string): string {
  const parsed = JSON.parse(map) as { sources: readonly string[] };
  return JSON.stringify({ ...parsed, sources: parsed.sources.map((path) => path.replace(/^(?:plugin|herald):/, "")) });
}

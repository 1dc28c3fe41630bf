/**
 * `herald plugin build`: the plugin as one file, of what its code is made of and what people read. The same sources give the same bytes: files in
 * the order of their paths, no times, no users.
 */

import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { pack } from "tar-stream";
import { loadPlugin } from "../../sandbox/source/load-bundle.ts";

export interface Packed {
  readonly name: string;
  readonly version: string;
  readonly pin: string;
  /** `vrrp-1.2.0.tgz`. */
  readonly file: string;
  readonly bytes: Uint8Array;
  readonly paths: readonly string[];
}

/** What people read, beside the code. */
const TEXTS = /^(README|LICENSE|LICENCE|CHANGELOG|NOTICE)(\.\w+)?$/i;
const SOURCES = "assembly";
const NO_VERSION = "0.0.0";
/** 1985-10-26, as npm has it: some tools do not take 1970. */
const TIME = new Date(499_162_500_000);

/** Rejects with one message that says all that is wrong. */
export async function packPlugin(path: string): Promise<Packed> {
  const { entry } = await loadPlugin(resolve(path));
  const folder = statSync(path).isDirectory() ? resolve(path) : dirname(resolve(path));
  const manifest = readManifest(folder, entry.entry);
  const paths = new Set(["package.json", ...Object.keys(entry.files), ...textsIn(folder), ...sourcesIn(folder)]);
  const sorted = [...paths].sort((left, right) => (left < right ? -1 : 1));
  const files = sorted.map((name) => [name, name === "package.json" ? manifest.contents : readFileSync(join(folder, name))] as const);
  const bytes = await promisify(gzip)(await tar(files), { level: 9 });
  const { name, version } = manifest;
  return { name, version, pin: entry.pin, file: `${name.replace(/^@/, "").replaceAll("/", "-")}-${version}.tgz`, bytes, paths: sorted };
}

interface PackageFile {
  readonly name: string;
  readonly version: string;
  readonly contents: Uint8Array;
}

/** The one that is there, or one that says what the entry is. */
function readManifest(folder: string, entry: string): PackageFile {
  const file = join(folder, "package.json");
  if (!existsSync(file)) {
    const name = basename(folder);
    const made = { name, version: NO_VERSION, type: "module", herald: `./${entry}` };
    return { name, version: NO_VERSION, contents: Buffer.from(`${JSON.stringify(made, undefined, 2)}\n`) };
  }
  const contents = readFileSync(file);
  const { name = basename(folder), version = NO_VERSION } = JSON.parse(contents.toString("utf8")) as Record<string, string>;
  return { name, version, contents };
}

function textsIn(folder: string): readonly string[] {
  return readdirSync(folder).filter((name) => TEXTS.test(name) && statSync(join(folder, name)).isFile());
}

/** What a packet program was compiled from, for those who want to read it. */
function sourcesIn(folder: string): readonly string[] {
  if (!existsSync(join(folder, SOURCES))) return [];
  const names = readdirSync(join(folder, SOURCES), { recursive: true, encoding: "utf8" });
  return names.filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts")).map((name) => `${SOURCES}/${name}`);
}

async function tar(files: readonly (readonly [path: string, contents: Uint8Array])[]): Promise<Uint8Array> {
  const packing = pack();
  for (const [path, contents] of files) {
    packing.entry({ name: `package/${path}`, mode: 0o644, uid: 0, gid: 0, mtime: TIME }, Buffer.from(contents));
  }
  packing.finalize();
  const pieces: Uint8Array[] = [];
  for await (const piece of packing) pieces.push(piece as Uint8Array);
  return Buffer.concat(pieces);
}

/** A new plugin's folder: a copy of the one that lies in `fixtures/hello`, under its own name. Nothing that is there is overwritten. */

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const TEMPLATE_NAME = /\bhello\b/g;
/** npm packs no file of these names, and our own tests are not those of authors. */
const RENAMED: Readonly<Record<string, string>> = { gitignore: ".gitignore", "plugin-test.ts": "plugin.test.ts" };

export interface NewPlugin {
  readonly name: string;
  readonly folder: string;
  readonly hasProgram: boolean;
}

/** Gives the files that it wrote, by their path in the folder. Throws where one of them is there, and has written nothing then. */
export function writeNewPlugin({ name, folder, hasProgram }: NewPlugin): readonly string[] {
  const files = new Map<string, Uint8Array | string>();
  for (const template of hasProgram ? ["plugin", "program"] : ["plugin"]) {
    for (const [path, contents] of templateFiles(template)) files.set(path, named(contents, name));
  }
  if (hasProgram) files.set("program.wasm", compiledTemplate());
  const present = [...files.keys()].filter((path) => existsSync(join(folder, path)));
  if (present.length > 0) throw new Error(`Cannot write ${folder}: it has ${present.join(", ")} already, and nothing is overwritten`);
  for (const [path, contents] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), contents, { flag: "wx" });
  }
  return [...files.keys()].sort();
}

function named(contents: Uint8Array, name: string): string {
  return Buffer.from(contents).toString("utf8").replace(TEMPLATE_NAME, name);
}

function templateFiles(template: string): (readonly [path: string, contents: Uint8Array])[] {
  const folder = join(templates(), template);
  const names = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return names.map((entry) => {
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const renamed = join(dirname(path), RENAMED[entry.name] ?? entry.name);
    return [renamed.slice(folder.length + 1), readFileSync(path)] as const;
  });
}

function templates(): string {
  return find("./fixtures/hello", "../../../fixtures/hello");
}

/** What `assembly/program.ts` becomes: not every author has a compiler at once. */
function compiledTemplate(): Uint8Array {
  return readFileSync(find("./wasm/hello.wasm", "../../../dist/wasm/hello.wasm"));
}

/** Beside the bundle, or above the sources. */
function find(...paths: readonly string[]): string {
  const places = paths.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new Error(`Cannot find ${places.join(" or ")}, built by node build.mjs`);
  return found;
}

/** What `kubectl get -o yaml` wrote: files, directories of them, or a stream. */

import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { splitDocuments } from "../manifests/documents.ts";
import { readTextFile } from "../manifests/read-file.ts";
import { parseYaml } from "../manifests/yaml.ts";
import { RawObjects } from "./objects.ts";

const EXTENSIONS = new Set([".yaml", ".yml", ".json"]);
const MAX_STREAM_BYTES = 256 * 1024 * 1024;

/** Reads everything at these paths; `-` is `stdin`. Throws where something cannot be read or understood: half a cluster is a wrong answer. */
export async function readFiles(paths: readonly string[], stdin: AsyncIterable<Uint8Array>): Promise<RawObjects> {
  const objects = new RawObjects();
  for (const path of paths) {
    if (path === "-") addText(objects, "standard input", await readStream(stdin));
    else for (const file of await filesAt(path)) addText(objects, file, await readOne(file));
  }
  return objects;
}

async function filesAt(path: string): Promise<readonly string[]> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new Error(`Cannot read ${path}: ${error.code}, expected a file, a directory or -`, { cause: error });
  });
  if (!found.isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => EXTENSIONS.has(extname(name)));
  return names.sort().map((name) => join(path, name));
}

async function readOne(path: string): Promise<string> {
  const read = await readTextFile(path);
  if (read.state === "text") return read.text;
  const [found, expected] = read.state === "missing" ? ["nothing", "a file"] : [read.found, read.expected];
  throw new Error(`Cannot read ${path}: found ${found}, expected ${expected}`);
}

async function readStream(stream: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > MAX_STREAM_BYTES) throw new Error(`Cannot read standard input: found more than ${MAX_STREAM_BYTES / 1024 / 1024} MiB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function addText(objects: RawObjects, name: string, text: string): void {
  for (const document of splitDocuments(text)) {
    const parsed = parseYaml(document.text);
    if (parsed.ok) objects.add(parsed.value);
    else {
      const { line = 1, found, expected } = parsed.problem;
      throw new Error(`Cannot read ${name}:${document.line + line - 1}: found ${found}, expected ${expected}`);
    }
  }
}

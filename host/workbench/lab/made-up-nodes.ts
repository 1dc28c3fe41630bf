/**
 * Manifests without Nodes, and the Nodes that the lab makes up for them, in one directory of the lab's own, so that speakers read both.
 * The user's directory is followed, and never written.
 */

import { copyFile, mkdir, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Close } from "../../announcer.ts";
import { Follow } from "../../cluster/manifests/follow.ts";
import type { HostAddresses } from "./addresses.ts";

/** Sorts behind whatever the user has. */
const NODES_FILE = "zz-nodes-of-the-lab.json";

/** Copies `manifests` (a directory or a file) to `directory`, keeps it up to date, and adds these nodes. */
export async function mirrorWithNodes(manifests: string, directory: string, nodes: ReadonlyMap<string, HostAddresses>): Promise<Close> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, NODES_FILE), nodesList(nodes));
  const isDirectory = (await stat(manifests)).isDirectory();
  const from = isDirectory ? manifests : dirname(manifests);
  const isWanted = (name: string): boolean => (isDirectory ? !name.startsWith(".") && name !== NODES_FILE : name === basename(manifests));
  const copied = new Map<string, string>();
  const follow = new Follow(from, async (names) => {
    const there = names ?? (await readdir(from).catch(() => undefined));
    if (there === undefined) return; // the whole directory is gone: what was there last stays
    const listed = new Set([...there, ...(names === undefined ? copied.keys() : [])]);
    for (const name of [...listed].filter(isWanted)) await copy(join(from, name), join(directory, name), copied);
  });
  await follow.start();
  return () => follow.close();
}

/** Whole or not at all; a file that is gone is taken away. `copied`: name → what tells the next change. */
async function copy(from: string, to: string, copied: Map<string, string>): Promise<void> {
  const name = basename(from);
  const found = await stat(from, { bigint: true }).catch(() => undefined);
  const signature = found?.isFile() ? `${found.ino}:${found.size}:${found.mtimeNs}` : "";
  if (signature === (copied.get(name) ?? "")) return;
  copied.set(name, signature);
  const aside = join(dirname(to), `.${name}.new`);
  if (signature === "") await rm(to, { force: true });
  else
    await copyFile(from, aside)
      .then(() => rename(aside, to))
      .catch(() => copied.delete(name));
}

function nodesList(nodes: ReadonlyMap<string, HostAddresses>): string {
  const items = [...nodes].map(([name, { ipv4, ipv6 }]) => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
    status: { addresses: [ipv4, ipv6].map((address) => ({ type: "InternalIP", address })) },
  }));
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}

/**
 * A package of an npm registry, with its exact version: the registry says where the tarball is and what its hash must be. Its scripts do not
 * run, and its dependencies are not fetched: what the plugin needs is in it.
 */

import { createHash } from "node:crypto";
import type { Fetcher } from "./fetcher.ts";
import { LIMITS, type PluginFiles, SourceError } from "./plugin-files.ts";
import { tarballFiles } from "./tarball.ts";

export interface PackageName {
  readonly name: string;
  readonly version: string;
}

/** What a client that only installs needs; the whole document has every README of every version. */
const ACCEPT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8";

/** Rejects with SourceError. */
export async function packageFiles({ name, version }: PackageName, registry: URL, fetch: Fetcher): Promise<PluginFiles> {
  const folder = new URL(registry.href.endsWith("/") ? registry : `${registry.href}/`);
  const { tarball, integrity } = await findVersion({ name, version }, new URL(name.replace("/", "%2f"), folder), fetch);
  if (tarball.origin !== folder.origin) throw new SourceError(`The registry has its tarball elsewhere, at ${tarball.origin}`);
  const packed = await fetch(tarball, LIMITS.packedBytes);
  if (packed === undefined) throw new SourceError(`There is nothing at ${tarball.href}`);
  const actual = createHash("sha512").update(packed).digest("base64");
  if (!integrity.includes(`sha512-${actual}`)) {
    throw new SourceError(`Its tarball is not what the registry says\n  expected: ${integrity.join(" ")}\n  actual: sha512-${actual}`);
  }
  const files = await tarballFiles(packed);
  if (files.title !== `${name} ${version}`) throw new SourceError(`Its tarball is of another package, ${files.title ?? "without a name"}`);
  return { ...files, resolved: tarball.href };
}

async function findVersion(
  { name, version }: PackageName,
  document: URL,
  fetch: Fetcher,
): Promise<{ readonly tarball: URL; readonly integrity: readonly string[] }> {
  const contents = await fetch(document, LIMITS.packedBytes, ACCEPT);
  if (contents === undefined) throw new SourceError(`The registry has no package ${name}, at ${document.href}`);
  const { dist } = member(member(parse(contents, document), "versions"), version) as { dist?: unknown };
  if (dist === undefined) throw new SourceError(`The registry has no version ${version} of ${name}`);
  const { tarball, integrity } = dist as Readonly<Record<string, unknown>>;
  const hashes = typeof integrity === "string" ? integrity.split(/\s+/).filter((hash) => /^sha512-[A-Za-z0-9+/]{86}==$/.test(hash)) : [];
  if (typeof tarball !== "string" || !URL.canParse(tarball) || hashes.length === 0) {
    throw new SourceError(`The registry gives no tarball with a sha512 hash for version ${version} of ${name}`);
  }
  return { tarball: new URL(tarball), integrity: hashes };
}

function parse(contents: Uint8Array, document: URL): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(contents));
  } catch {
    throw new SourceError(`The registry answered without JSON, at ${document.href}`);
  }
}

/** Own, and an object; else an empty one. */
function member(value: unknown, name: string): object {
  const found: unknown = typeof value === "object" && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  return typeof found === "object" && found !== null ? found : {};
}

/**
 * A plugin's pin: one hash over all that its code is made of. It is taken of a listing, the entry's path and then path and hash of each
 * file in the order of their paths, so it is the same wherever the files lie and however they came.
 */

import { createHash } from "node:crypto";

/** What a plugin is made of, by path. */
export interface Listing {
  readonly entry: string;
  /** Path to `sha256-…`. */
  readonly files: Readonly<Record<string, string>>;
}

export const HASH = /^sha256-[A-Za-z0-9+/]{43}=$/;

/** As Subresource Integrity writes it. */
export function hashOf(contents: string | Uint8Array): string {
  return `sha256-${createHash("sha256").update(contents).digest("base64")}`;
}

export function listingOf(entry: string, files: ReadonlyMap<string, Uint8Array>): Listing {
  return { entry, files: Object.fromEntries(sorted([...files].map(([path, contents]) => [path, hashOf(contents)]))) };
}

export function pinOf({ entry, files }: Listing): string {
  return hashOf(JSON.stringify([entry, ...sorted(Object.entries(files))]));
}

/** By code units: no locale has a say. */
function sorted(entries: [string, string][]): [string, string][] {
  return entries.sort(([left], [right]) => (left < right ? -1 : 1));
}

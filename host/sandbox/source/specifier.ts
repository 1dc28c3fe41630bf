/**
 * How a plugin is named: `./vrrp.ts`, `./vrrp` or `/opt/vrrp-1.2.0.tgz` for what lies on this machine, `@acme/vrrp@1.2.0` (also with
 * `npm:` in front) for a package, `https://example.com/vrrp.ts` for what is fetched. A path without a slash is one only if it ends as a file
 * of a plugin does: everything else is a package's name.
 */

import { isAbsolute, resolve } from "node:path";
import { SourceError } from "./plugin-files.ts";

export type Place =
  | { readonly kind: "path"; readonly path: string; readonly isTarball: boolean }
  | { readonly kind: "package"; readonly name: string; readonly version: string }
  | { readonly kind: "url"; readonly url: URL; readonly isTarball: boolean };

const MODULE = /\.(?:ts|mts|js|mjs)$/;
const TARBALL = /\.(?:tgz|tar\.gz)$/;
const PACKAGE = /^(?:npm:)?((?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*)(?:@(.*))?$/;
const EXACT = /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;
const LONGEST = 1000;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** `folder`: what relative paths are relative to. Throws SourceError. */
export function readSpecifier(specifier: string, folder: string): Place {
  if (specifier === "" || specifier.length > LONGEST || specifier.includes("\0")) throw new SourceError("That names no plugin");
  if (/^https?:/i.test(specifier)) return readUrlPlace(specifier);
  if (/^\.{0,2}\/|^\.{1,2}$/.test(specifier) || isAbsolute(specifier) || isFileName(specifier)) {
    return { kind: "path", path: resolve(folder, specifier), isTarball: TARBALL.test(specifier) };
  }
  const [, name, version] = PACKAGE.exec(specifier) ?? [];
  if (name === undefined) throw new SourceError(`${expected}; a path starts with ./ or /`);
  if (version === undefined || !EXACT.test(version)) {
    throw new SourceError(`${expected}; a package is named with its exact version, as ${name}@1.2.0`);
  }
  return { kind: "package", name, version };
}

const expected = "Expected a path, a package or an https URL";

/** Whether it names a plugin by a place, not by the bare name of one that comes with Herald. */
export function isSpecifier(text: string): boolean {
  return /[/:@]/.test(text) || isFileName(text) || /^\.{1,2}$/.test(text);
}

function isFileName(text: string): boolean {
  return (MODULE.test(text) || TARBALL.test(text)) && !/[:@]/.test(text);
}

function readUrlPlace(specifier: string): Place {
  const url = readUrl(specifier);
  const isTarball = TARBALL.test(url.pathname);
  if (!isTarball && !MODULE.test(url.pathname)) throw new SourceError("Expected a URL that ends in .ts, .js, .mjs or .tgz");
  return { kind: "url", url, isTarball };
}

/** One that may be fetched. Throws SourceError. */
export function readUrl(text: string): URL {
  if (!URL.canParse(text)) throw new SourceError(`${JSON.stringify(text.slice(0, 100))} is no URL`);
  const url = new URL(text);
  if (!["http:", "https:"].includes(url.protocol)) throw new SourceError(`${url.protocol} cannot be fetched: expected https`);
  if (url.protocol === "http:" && !LOOPBACK.test(url.hostname)) throw new SourceError("http is for this machine alone: expected https");
  if (url.username !== "" || url.password !== "") throw new SourceError("A URL with a password would be kept in the lock file");
  if (url.search !== "" || url.hash !== "") throw new SourceError("A URL with ? or # names no file of a folder");
  return url;
}

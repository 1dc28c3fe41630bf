/**
 * The grants file: what an operator has granted for good, and denied for good.
 *
 *   - { plugin: vrrp, pin: sha256-…, allow: { frame: ["eth0/ipv4/112"], net: ["192.0.2.1:179"] } }
 *   - { plugin: vrrp, deny: { net: ["127.0.0.0/8:*"] } }
 *
 * A grant holds for the content that it was given to, by its pin, or in development for whatever is at a path, which counts from the file's
 * own folder. A denial holds for the name. Whoever can write the file can grant anything, so one that others can write is refused.
 */

import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Permission } from "../../announcer.ts";
import { locator } from "../../cluster/manifests/locate.ts";
import { parseYaml } from "../../cluster/manifests/yaml.ts";
import { problemText } from "../../observe/problem-text.ts";
import { complain, type Raw, readList, readObject } from "../../rules/config.ts";
import type { Problem } from "../../rules/vocabulary.ts";
import { PLUGIN_NAME } from "../plugin-name.ts";
import { HASH } from "../source/pin.ts";
import { isKind, KINDS, parseScope } from "./parse-scope.ts";

export interface FileGrant {
  readonly plugin: string;
  /** One of these where it allows something. */
  readonly pin?: string;
  /** Absolute. */
  readonly path?: string;
  readonly allow: readonly Permission[];
  readonly deny: readonly Permission[];
  /** `/etc/herald/grants.yaml:3`. */
  readonly place: string;
}

interface Reader {
  readonly object: string;
  readonly problems: Problem[];
  readonly file: string;
}

const MOST_BYTES = 1024 * 1024;
const WRITABLE_BY_OTHERS = 0o022;
const FIELDS = ["plugin", "pin", "path", "allow", "deny"];

/** Empty where there is no such file. Throws with everything that is wrong in it, line by line, or where somebody else can write it. */
export function readGrantsFile(file: string): readonly FileGrant[] {
  const text = readOwnFile(file);
  return text === undefined ? [] : parseGrants(text, file);
}

/** Throws with everything that is wrong, each with its line. */
export function parseGrants(text: string, file: string): readonly FileGrant[] {
  const parsed = parseYaml(text);
  if (!parsed.ok) throw new Error(problemText({ file, line: 1, object: "grants", ...parsed.problem }));
  const lineOf = locator(text);
  const reader: Reader = { object: "grants", problems: [], file };
  const entries = readList(reader, "", parsed.value);
  const grants = entries.map((entry, at) => readEntry(reader, `[${at}]`, entry, `${file}:${lineOf(`[${at}]`)}`));
  if (reader.problems.length === 0) return grants;
  throw new Error(reader.problems.map((problem) => problemText({ file, line: lineOf(problem.path), ...problem })).join("; "));
}

function readEntry(reader: Reader, at: string, entry: unknown, place: string): FileGrant {
  if (entry === null) complain(reader, at, entry, "an object");
  const raw = readObject(reader, at, entry) ?? {};
  for (const name of Object.keys(raw))
    if (!FIELDS.includes(name)) complain(reader, `${at}.${name}`, raw[name], `one of ${FIELDS.join(", ")}`);
  const plugin = readText(reader, `${at}.plugin`, raw["plugin"], PLUGIN_NAME, "a plugin's name");
  const lists = { allow: readKinds(reader, `${at}.allow`, raw["allow"]), deny: readKinds(reader, `${at}.deny`, raw["deny"]) };
  const binding = readBinding(reader, at, raw);
  if (binding === undefined && lists.allow.length > 0)
    complain(reader, at, "no pin", "a pin, as a grant holds for what was looked at (or in development a path)");
  return { plugin, ...binding, ...lists, place };
}

function readBinding(reader: Reader, at: string, { pin, path }: Raw): { readonly pin: string } | { readonly path: string } | undefined {
  if (pin !== undefined && path !== undefined) complain(reader, `${at}.path`, path, "a pin or a path, not both");
  if (pin !== undefined) return { pin: readText(reader, `${at}.pin`, pin, HASH, "sha256- and 32 bytes in base64") };
  if (path === undefined) return undefined;
  return { path: resolve(dirname(reader.file), readText(reader, `${at}.path`, path, /^[^\0]{1,4096}$/, "the path of a plugin")) };
}

function readText(reader: Reader, at: string, value: unknown, form: RegExp, expected: string): string {
  if (typeof value === "string" && form.test(value)) return value;
  complain(reader, at, value, expected);
  return "";
}

/** `{ net: ["192.0.2.1:179"], … }`. */
function readKinds(reader: Reader, at: string, value: unknown): readonly Permission[] {
  return Object.entries(readObject(reader, at, value) ?? {}).flatMap(([kind, scopes]) => {
    const path = `${at}.${kind}`;
    if (!isKind(kind)) {
      complain(reader, path, scopes, `nothing of this name: one of ${KINDS.join(", ")}`);
      return [];
    }
    if (scopes === null) complain(reader, path, scopes, "a list of scopes");
    return readList(reader, path, scopes).flatMap((scope, index) => {
      if (typeof scope !== "string") complain(reader, `${path}[${index}]`, scope, "a scope as text, in quotes");
      else {
        try {
          return [parseScope(kind, scope)];
        } catch (error) {
          complain(reader, `${path}[${index}]`, scope, (error as Error).message.replace(/^.*?: expected /s, ""));
        }
      }
      return [];
    });
  });
}

/** Undefined: there is none. What was checked is what is read: the open file, whatever its name means by then. */
function readOwnFile(file: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new Error(`Cannot read grants file ${file}: ${(error as Error).message}`, { cause: error });
  }
  try {
    const { mode, uid, size } = fstatSync(descriptor);
    const refuse = (found: string, expected: string): never => {
      throw new Error(`Cannot trust grants file ${file}: found ${found}, expected ${expected}`);
    };
    if ((mode & 0o170000) !== 0o100000) refuse("no regular file", "one");
    if ((mode & WRITABLE_BY_OTHERS) !== 0)
      refuse(`mode ${(mode & 0o777).toString(8)}`, `that only its owner can write it: chmod go-w ${file}`);
    if (uid !== 0 && uid !== process.geteuid?.()) refuse(`that it belongs to user ${uid}`, "root or the user that Herald runs as");
    if (size > MOST_BYTES) refuse(`${size} bytes`, `at most ${MOST_BYTES}`);
    return readFileSync(descriptor, "utf8");
  } finally {
    closeSync(descriptor);
  }
}

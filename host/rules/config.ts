/**
 * Configuration comes in as objects that anybody may have written: of the wrong shape, of any size, even cyclic where
 * YAML made them. The readers (`pool.ts`, `l2-advertisement.ts`) turn one such object into one fact and collect every
 * problem on the way instead of stopping at the first. Unknown fields are ignored, `null` is an absent field: both as
 * Kubernetes does. An object with problems gives no fact; that the last good one stays in force is the store's business.
 */

import type { Labels, Problem } from "./vocabulary.ts";

/** The fact that an object gives, or everything that is wrong with it. */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T; readonly problems: readonly Problem[] }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** An object of which nothing is known but that it is one. */
export type Raw = Readonly<Record<string, unknown>>;

/** One object being read, and what was wrong with it so far. */
export interface Reading {
  readonly object: string;
  readonly name: string;
  readonly metadata: Raw;
  /** Undefined where the object has none. */
  readonly spec: Raw | undefined;
  readonly problems: Problem[];
}

/** Names, keys and values come from outside; none may flood a log. */
const LONGEST = 120;
/** V8 copies shorter pieces. */
const SHORTEST_CUT = 13;
/** Most lists and labels of most facts are empty; one of each is enough for all. */
const NO_STRINGS: readonly string[] = Object.freeze([]);
const NO_LABELS: Labels = Object.freeze({});

/** Starts reading a Kubernetes object of which only `metadata` and `spec` matter. */
export function openObject(kind: string, object: unknown): Reading {
  const problems: Problem[] = [];
  const reader = { object: kind, problems };
  const root = readObject(reader, "(object)", object) ?? {};
  const metadata = readObject(reader, "metadata", root["metadata"]) ?? {};
  const name = metadata["name"];
  const named = typeof name === "string" && name !== "";
  if (!named) complain(reader, "metadata.name", name, "a name");
  const reading = { object: named ? `${kind} ${name}` : kind, name: named ? name : "", problems };
  return { ...reading, metadata, spec: readObject(reading, "spec", root["spec"]) };
}

/** The fact, unless something was wrong. */
export function closeObject<T>({ problems }: Reading, value: T): Parsed<T> {
  return problems.length === 0 ? { ok: true, value, problems } : { ok: false, problems };
}

/** What the functions below need of a `Reading`. */
type Reader = Pick<Reading, "object" | "problems">;

/** Records a problem. */
export function complain({ object, problems }: Reader, path: string, found: unknown, expected: string): void {
  problems.push({ object: shorten(object), path: shorten(path), found: describe(found), expected });
}

/** Undefined where absent or wrong; wrong is recorded. So for all functions below, with their own default. */
export function readObject(reader: Reader, path: string, value: unknown): Raw | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === "object" && !Array.isArray(value)) return value as Raw;
  complain(reader, path, value, "an object");
  return undefined;
}

/** `[]` where absent. */
export function readList(reader: Reader, path: string, value: unknown): readonly unknown[] {
  if (isAbsent(value)) return [];
  if (Array.isArray(value)) return value;
  complain(reader, path, value, "a list");
  return [];
}

/** Every entry a string, and where `unique` none twice. */
export function readStrings(reader: Reader, path: string, value: unknown, unique: boolean): readonly string[] {
  const strings = new Set<string>();
  for (const [at, item] of readList(reader, path, value).entries()) {
    if (typeof item !== "string") complain(reader, `${path}[${at}]`, item, "a string");
    else if (unique && strings.has(item)) complain(reader, `${path}[${at}]`, item, "each entry once");
    else strings.add(item);
  }
  return strings.size === 0 ? NO_STRINGS : [...strings];
}

/** `fallback` where absent. */
export function readBoolean(reader: Reader, path: string, value: unknown, fallback: boolean): boolean {
  if (typeof value === "boolean") return value;
  if (!isAbsent(value)) complain(reader, path, value, "true or false");
  return fallback;
}

/** A whole number from `minimum` to `maximum`; `fallback` where absent, and required where there is none. */
export function readInteger(
  reader: Reader,
  path: string,
  value: unknown,
  { minimum, maximum, fallback }: { readonly minimum: number; readonly maximum: number; readonly fallback?: number },
): number {
  if (isAbsent(value) && fallback !== undefined) return fallback;
  if (typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  complain(reader, path, value, `a whole number from ${minimum} to ${maximum}`);
  return fallback ?? minimum;
}

/** A map of strings, as labels are. */
export function readLabels(reader: Reader, path: string, value: unknown): Labels {
  const entries = Object.entries(readObject(reader, path, value) ?? {});
  if (entries.length === 0) return NO_LABELS;
  for (const [key, item] of entries) {
    if (typeof item !== "string") complain(reader, `${path}.${key}`, item, "a string (quote numbers and booleans)");
  }
  // fromEntries makes own properties, also of "__proto__".
  return Object.fromEntries(entries.flatMap(([key, item]) => (typeof item === "string" ? [[key, ownText(item)]] : [])));
}

/** The same text by itself: a piece cut from a longer text keeps all of that in memory, and a fact lives longer than its document. */
export function ownText(text: string): string {
  return text.length < SHORTEST_CUT ? text : (JSON.parse(JSON.stringify(text)) as string);
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** Never descends: the value may be endless. */
function describe(value: unknown): string {
  if (isAbsent(value)) return "nothing";
  if (typeof value === "string") return JSON.stringify(shorten(value));
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" ? "an object" : String(value);
}

function shorten(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}

/** Readers of what comes from a plugin: each gives the value in its one shape, or throws a TypeError that says where it has another. */

import type { Plain } from "../cell/channel.ts";

/** `path` is where the value stands, for the error. */
export type Reader<Value> = (value: unknown, path: string) => Value;

type ValueOf<Read> = Read extends Reader<infer Value> ? Value : never;
type Fields = Readonly<Record<string, Reader<unknown>>>;
type Wanted<All extends Fields> = {
  readonly [Name in keyof All as undefined extends ValueOf<All[Name]> ? never : Name]: ValueOf<All[Name]>;
};
type Possible<All extends Fields> = {
  readonly [Name in keyof All as undefined extends ValueOf<All[Name]> ? Name : never]?: Exclude<ValueOf<All[Name]>, undefined>;
};

/** Whatever the channel lets through, which is plain data of a bounded size. */
export const plain: Reader<Plain> = (value) => value as Plain;

export const flag: Reader<boolean> = (value, path) => (typeof value === "boolean" ? value : refuse(value, path, "true or false"));

export const finite: Reader<number> = (value, path) =>
  typeof value === "number" && Number.isFinite(value) ? value : refuse(value, path, "a number");

export function text(longest: number): Reader<string> {
  return (value, path) =>
    typeof value === "string" && value.length <= longest ? value : refuse(value, path, `a text of at most ${longest} characters`);
}

export function whole(minimum: number, maximum: number): Reader<number> {
  return (value, path) => {
    const isWhole = typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum;
    return isWhole ? value : refuse(value, path, `a whole number from ${minimum} to ${maximum}`);
  };
}

export function bytes(longest: number): Reader<Uint8Array> {
  return (value, path) =>
    value instanceof Uint8Array && value.length <= longest ? value : refuse(value, path, `at most ${longest} bytes`);
}

export function oneOf<const Choice extends string | number>(...choices: readonly Choice[]): Reader<Choice> {
  return (value, path) => (choices.includes(value as Choice) ? (value as Choice) : refuse(value, path, `one of ${choices.join(", ")}`));
}

export function either<First, Second>(first: Reader<First>, second: Reader<Second>): Reader<First | Second> {
  return (value, path) => {
    try {
      return first(value, path);
    } catch {
      return second(value, path);
    }
  };
}

export function optional<Value>(read: Reader<Value>): Reader<Value | undefined> {
  return (value, path) => (value === undefined ? undefined : read(value, path));
}

export function orNull<Value>(read: Reader<Value>): Reader<Value | null> {
  return (value, path) => (value === null ? null : read(value, path));
}

export function list<Value>(read: Reader<Value>, most: number): Reader<readonly Value[]> {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > most) return refuse(value, path, `a list of at most ${most}`);
    return value.map((item, at) => read(item, `${path}[${at}]`));
  };
}

/** Any names. */
export function record<Value>(read: Reader<Value>, most: number, longestName: number): Reader<Readonly<Record<string, Value>>> {
  return (value, path) => {
    const entries = Object.entries(asObject(value, path));
    if (entries.length > most) refuse(value, path, `at most ${most} names`);
    for (const [name] of entries) if (name.length > longestName) refuse(name, path, `names of at most ${longestName} characters`);
    return Object.fromEntries(entries.map(([name, item]) => [name, read(item, `${path}.${name}`)]));
  };
}

/** These names; others are left out. */
export function object<All extends Fields>(fields: All): Reader<Wanted<All> & Possible<All>> {
  const readers = Object.entries(fields);
  return (value, path) => {
    const raw = asObject(value, path);
    const read: Record<string, unknown> = {};
    for (const [name, reader] of readers) {
      const item = reader(Object.hasOwn(raw, name) ? raw[name] : undefined, path === "" ? name : `${path}.${name}`);
      if (item !== undefined) read[name] = item;
    }
    return read as Wanted<All> & Possible<All>;
  };
}

/** A page of rows; one that has none is the last: else an answer could go on forever without saying anything. */
export function pageOf<Row>(row: Reader<Row>, most: number): Reader<{ readonly rows: readonly Row[]; readonly page?: number }> {
  const read = object({ rows: list(row, most), page: optional(whole(1, Number.MAX_SAFE_INTEGER)) });
  return (value, path) => {
    const found = read(value, path);
    if (found.rows.length > 0 || found.page === undefined) return found;
    throw new TypeError(`${path}: found a page without rows, and more behind it`);
  };
}

function asObject(value: unknown, path: string): Readonly<Record<string, unknown>> {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
  return isObject ? (value as Readonly<Record<string, unknown>>) : refuse(value, path, "an object");
}

/** Throws. Never descends into what was found. */
export function refuse(found: unknown, path: string, expected: string): never {
  throw new TypeError(`${path === "" ? "" : `${path}: `}found ${shown(found)}, expected ${expected}`);
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (typeof value === "string") return value.length > 64 ? `a text of ${value.length} characters` : JSON.stringify(value);
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === "object" ? "an object" : String(value);
}

/** What crosses of an error: its message, and the words of what is none. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "it threw what is no error";
}

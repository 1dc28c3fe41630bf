/** Flags of benches: each says how its value is read, what it usually is, and what it means. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { suggest, UsageError } from "../../../cli/command.ts";

export interface Flag<Value> {
  /** On the command line, without the dashes. */
  readonly name: string;
  /** As help calls its value; empty: it takes none. */
  readonly value: string;
  readonly help: string;
  /** As a person would type it; undefined: there is none. */
  readonly usual: string | undefined;
  /** Throws UsageError that names flag, value found and value wanted. */
  read(text: string | undefined): Value;
}

/** By the names that options have. */
export type Flags = Readonly<Record<string, Flag<unknown>>>;
export type OptionsOf<OfFlags extends Flags> = {
  readonly [Name in keyof OfFlags]: OfFlags[Name] extends Flag<infer Value> ? Value : never;
};

interface Described {
  readonly help: string;
}
interface Range extends Described {
  readonly usual: number;
  readonly least?: number;
  readonly most: number;
}

/** A whole number. */
export function count(name: string, { usual, most, least = 1, help }: Range): Flag<number> {
  return flag({ name, value: "N", help, usual: `${usual}` }, (text) => readCount(name, text, least, most));
}

/** Whole numbers, with commas between them. */
export function counts(name: string, { usual, most, least = 1, help }: Omit<Range, "usual"> & { usual: string }): Flag<readonly number[]> {
  return flag({ name, value: "N,N", help, usual }, (text) => text.split(",").map((one) => readCount(name, one, least, most)));
}

/** Seconds, minutes, a rate. */
export function number(name: string, { usual, most, help }: Range, value = "S"): Flag<number> {
  return flag({ name, value, help, usual: `${usual}` }, (text) => readNumber(name, text, most));
}

/** Seconds that may be left out: what is usual depends on other flags. */
export function optionalNumber(name: string, { most, help }: Omit<Range, "usual">): Flag<number | undefined> {
  return { name, value: "S", help, usual: undefined, read: (text) => (text === undefined ? undefined : readNumber(name, text, most)) };
}

/** Whole numbers that may be left out: what is usual depends on other flags. */
export function optionalCounts(name: string, { most, help }: Omit<Range, "usual">): Flag<readonly number[] | undefined> {
  const read = (text: string | undefined) => text?.split(",").map((one) => readCount(name, one, 1, most));
  return { name, value: "N,N", help, usual: undefined, read };
}

/** Some of a few names; `what` is one of them in words. */
export function names<Name extends string>(
  name: string,
  { known, usual, help, what = name }: Described & { known: readonly Name[]; usual: readonly Name[]; what?: string },
): Flag<readonly Name[]> {
  return flag({ name, value: "A,B", help, usual: usual.join(",") }, (text) => text.split(",").map((one) => oneOf(one, known, what)));
}

/** On or off. */
export function yes(name: string, { help }: Described): Flag<boolean> {
  return { name, value: "", help, usual: undefined, read: (text) => text !== undefined };
}

/** One that is there; undefined where none is named. */
export function directory(name: string, { help }: Described): Flag<string | undefined> {
  return { name, value: "DIR", help, usual: undefined, read: (text) => (text === undefined ? undefined : readDirectory(name, text)) };
}

/** Options by name, from the texts of flags by theirs. */
export function readOptions<OfFlags extends Flags>(
  flags: OfFlags,
  texts: Readonly<Record<string, string | undefined>>,
): OptionsOf<OfFlags> {
  return Object.fromEntries(Object.entries(flags).map(([option, one]) => [option, one.read(texts[one.name])])) as OptionsOf<OfFlags>;
}

/** Lines of help, without the last line's end. */
export function formatFlags(flags: Flags): string {
  const all = Object.values(flags).map(({ name, value, help, usual }) => ({
    left: `  --${name}${value === "" ? "" : ` ${value}`}`,
    right: usual === undefined ? help : `${help} (default ${usual})`,
  }));
  const width = Math.max(...all.map(({ left }) => left.length));
  return all.map(({ left, right }) => `${left.padEnd(width)}  ${right}`).join("\n");
}

function flag<Value>(described: Omit<Flag<Value>, "read"> & { usual: string }, read: (text: string) => Value): Flag<Value> {
  return { ...described, read: (text = described.usual) => read(text) };
}

function readCount(name: string, text: string, least: number, most: number): number {
  const found = Number(text);
  if (!Number.isInteger(found) || found < least || found > most)
    throw new UsageError(`Flag --${name} is ${text}: expected a whole number from ${least} to ${most}`);
  return found;
}

function readNumber(name: string, text: string, most: number): number {
  const found = Number(text);
  if (!(found >= 0.01 && found <= most)) throw new UsageError(`Flag --${name} is ${text}: expected a number from 0.01 to ${most}`);
  return found;
}

function readDirectory(name: string, text: string): string {
  if (!statSync(text, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`Flag --${name} is ${text}: expected a directory`);
  return resolve(text);
}

function oneOf<Name extends string>(text: string, known: readonly Name[], what: string): Name {
  const found = known.find((one) => one === text);
  if (found === undefined) throw new UsageError(`Unknown ${what} ${text}${suggest(text, known)}`);
  return found;
}

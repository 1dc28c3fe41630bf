/** Path attributes: one row each, as in `wasm/wire/bgp/attribute-table`. */

import type { Origin, PathAttributes } from "../../../contract/bgp-messages.ts";
import { readPath, writePath } from "./as-path.ts";
import { formatExtended, parseExtended } from "./communities.ts";
import { bgpModule, once } from "./record.ts";
import { formatParts, formatQuad, parseParts, parseQuad } from "./text.ts";

/** Attributes whose value is words; the two multiprotocol ones are the UPDATE's affair. */
export type Name = Exclude<keyof PathAttributes, "unknown" | "mpReachNlri" | "mpUnreachNlri">;

interface Row<Value> {
  /** In the module's enum `Attribute`. */
  readonly code: string;
  /** Reads after "expected". */
  readonly expected: string;
  read(words: readonly number[]): Value;
  /** Undefined where the value is not what it should be. */
  write(value: Value): readonly number[] | undefined;
}

const origins: readonly Origin[] = ["igp", "egp", "incomplete"];

const rows: { readonly [Key in Name]-?: Row<NonNullable<PathAttributes[Key]>> } = {
  origin: {
    code: "Origin",
    expected: origins.join(", "),
    read: ([value = 0]) => origins[value] ?? "incomplete",
    write: (value) => (origins.includes(value) ? [origins.indexOf(value)] : undefined),
  },
  asPath: { code: "AsPath", expected: "segments of AS numbers", read: readPath, write: writePath },
  nextHop: quad("NextHop"),
  multiExitDisc: number("MultiExitDisc"),
  localPref: number("LocalPref"),
  atomicAggregate: { code: "AtomicAggregate", expected: "true", read: () => true, write: (value) => (value ? [] : undefined) },
  aggregator: aggregator("Aggregator"),
  communities: {
    code: "Communities",
    expected: "communities such as 65000:1",
    read: (words) => words.map((word) => formatParts(word >>> 16, word & 0xffff)),
    write: (texts) => {
      const parts = texts.map((text) => parseParts(text, 2, 0xffff));
      return parts.every((part) => part !== undefined) ? parts.map(([high = 0, low = 0]) => high * 0x10000 + low) : undefined;
    },
  },
  originatorId: quad("OriginatorId"),
  clusterList: {
    code: "ClusterList",
    expected: "cluster identifiers such as 192.0.2.1",
    read: (words) => words.map(formatQuad),
    write: (texts) => allOf(texts.map(parseQuad)),
  },
  extendedCommunities: {
    code: "ExtendedCommunities",
    expected: "extended communities such as 0002fde800000001 or bandwidth:65000:125000000",
    read: formatExtended,
    write: parseExtended,
  },
  as4Path: { code: "As4Path", expected: "segments of AS numbers", read: readPath, write: writePath },
  as4Aggregator: aggregator("As4Aggregator"),
  largeCommunities: {
    code: "LargeCommunities",
    expected: "large communities such as 65000:1:2",
    read: (words) => Array.from({ length: words.length / 3 }, (_, index) => formatParts(...words.slice(index * 3, index * 3 + 3))),
    write: (texts) => allOf(texts.map((text) => parseParts(text, 3, 0xffffffff)))?.flat(),
  },
};

/** In the order of their codes, as RFC 4271 §5 wants them sent. */
export const attributeNames = Object.keys(rows) as readonly Name[];

const codes = once(() => new Map(attributeNames.map((name) => [name, bgpModule().value(`Attribute.${rows[name].code}`)])));
const byCode = once(() => new Map([...codes()].map(([name, code]) => [code, name])));

export function codeOf(name: Name): number {
  return codes().get(name) as number;
}

/** Undefined: the attribute is not read here. */
export function nameOf(code: number): Name | undefined {
  return byCode().get(code);
}

export function attributeOf(name: Name, words: readonly number[]): PathAttributes {
  return { [name]: rows[name].read(words) };
}

/** Throws TypeError where the value is not what it should be. */
export function wordsOf<Key extends Name>(name: Key, value: NonNullable<PathAttributes[Key]>): readonly number[] {
  const row = rows[name] as unknown as Row<typeof value>;
  const words = row.write(value);
  if (words === undefined || !words.every((word) => Number.isInteger(word) && word >= 0 && word <= 0xffffffff))
    throw new TypeError(`Cannot encode ${name}: found ${JSON.stringify(value)}, expected ${row.expected}`);
  return words;
}

function quad(code: string): Row<string> {
  return {
    code,
    expected: "four octets such as 192.0.2.1",
    read: ([value = 0]) => formatQuad(value),
    write: (text) => allOf([parseQuad(text)]),
  };
}

function number(code: string): Row<number> {
  return { code, expected: "a whole number from 0 to 4294967295", read: ([value = 0]) => value, write: (value) => [value] };
}

function aggregator(code: string): Row<NonNullable<PathAttributes["aggregator"]>> {
  return {
    code,
    expected: "an AS number and an IPv4 address",
    read: ([asNumber = 0, address = 0]) => ({ asNumber, address: formatQuad(address) }),
    write: ({ asNumber, address }) => allOf([asNumber, parseQuad(address)]),
  };
}

function allOf<T>(values: readonly (T | undefined)[]): T[] | undefined {
  return values.every((value) => value !== undefined) ? [...values] : undefined;
}

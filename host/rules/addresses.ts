/**
 * Addresses as numbers and as text. Text out is canonical (RFC 5952 for IPv6), because an address is also a key: of a
 * row, of an election. Text in is what Kubernetes allows: no zone, no leading zeros, no brackets.
 */

import type { Family } from "./vocabulary.ts";

/** An address as a number: 32 or 128 bits. */
export interface Address {
  readonly family: Family;
  readonly value: bigint;
}

/** ::ffff:0:0/96, RFC 4291 §2.5.5.2: IPv4 addresses in IPv6 clothes. */
const MAPPED_PREFIX = 0xffffn;
const LONGEST_TEXT = 45;
const DOTTED = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const GROUP = /^[0-9a-f]{1,4}$/i;

/** Reads an address; undefined where the text is none. An IPv4-mapped one is read as the IPv4 address, as Go does. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > LONGEST_TEXT) return undefined;
  if (!text.includes(":")) {
    const value = parseDotted(text);
    return value === undefined ? undefined : { family: 4, value: BigInt(value) };
  }
  const value = parseGroups(text);
  if (value === undefined) return undefined;
  if (value >> 32n === MAPPED_PREFIX) return { family: 4, value: value & 0xffff_ffffn };
  return { family: 6, value };
}

/** The one text of an address. */
export function formatAddress({ family, value }: Address): string {
  if (family === 6) return formatGroups(value);
  const bits = Number(value);
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

/** `family` as users write it. */
export function familyName(family: Family): "IPv4" | "IPv6" {
  return family === 4 ? "IPv4" : "IPv6";
}

function parseDotted(text: string): number | undefined {
  const match = DOTTED.exec(text);
  if (match === null) return undefined;
  let value = 0;
  for (let at = 1; at <= 4; at += 1) {
    const part = match[at] as string;
    const byte = Number(part);
    // "010" is 10 to some programs and 8 to others, so it is nothing here.
    if (byte > 255 || (part.length > 1 && part.startsWith("0"))) return undefined;
    value = value * 256 + byte;
  }
  return value;
}

function parseGroups(text: string): bigint | undefined {
  const halves = dottedTailToGroups(text)?.split("::");
  if (halves === undefined || halves.length > 2) return undefined;
  const head = splitGroups(halves[0] as string);
  const tail = splitGroups(halves[1] ?? "");
  const missing = 8 - head.length - tail.length;
  // "::" stands for at least one group.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<string>(missing).fill("0"), ...tail];
  if (!groups.every((group) => GROUP.test(group))) return undefined;
  return BigInt(`0x${groups.map((group) => group.padStart(4, "0")).join("")}`);
}

function splitGroups(text: string): string[] {
  return text === "" ? [] : text.split(":");
}

/** `64:ff9b::192.0.2.1` → `64:ff9b::c000:201`. */
function dottedTailToGroups(text: string): string | undefined {
  if (!text.includes(".")) return text;
  const cut = text.lastIndexOf(":") + 1;
  const value = parseDotted(text.slice(cut));
  if (value === undefined) return undefined;
  return `${text.slice(0, cut)}${Math.floor(value / 65536).toString(16)}:${(value % 65536).toString(16)}`;
}

/** RFC 5952 §4: lower case, no leading zeros, `::` for the first of the longest runs of two or more zero groups. */
function formatGroups(value: bigint): string {
  const groups: number[] = [];
  for (let shift = 112n; shift >= 0n; shift -= 16n) groups.push(Number((value >> shift) & 0xffffn));
  let start = 0;
  let length = 0;
  for (let at = 0; at < 8; at += 1) {
    let end = at;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - at > length) [start, length] = [at, end - at];
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  return length < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

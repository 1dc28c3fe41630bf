/** What is said of a name: its addresses, and that it has nothing else. */

import { type Address, type Family, parseAddress } from "herald";
import { CLASS_IN, type DnsRecord, nameBytes, TYPE_A, TYPE_AAAA, TYPE_ANY, TYPE_NSEC } from "./message.ts";

/** RFC 6762 §10: of records that name a host. */
export const TTL_SECONDS = 120;

const TYPES: Readonly<Record<Family, number>> = { 4: TYPE_A, 6: TYPE_AAAA };

/** The records of a name with these addresses, in the order in which simultaneous probes are compared (RFC 6762 §8.2.1). */
export function addressRecords(name: string, vips: Iterable<string>): readonly DnsRecord[] {
  const records = [...vips].flatMap((vip) => {
    const address = parseAddress(vip);
    return address === undefined ? [] : recordOf(name, TYPES[address.family], addressBytes(address));
  });
  return records.sort(compareRecords);
}

/** What a question of this type is answered with: records, or that there are none of it (RFC 6762 §6.1 "Negative Responses"). */
export function answersTo(type: number, records: readonly DnsRecord[]): readonly DnsRecord[] {
  const found = records.filter((record) => type === TYPE_ANY || record.type === type);
  return found.length > 0 ? found : negative(records);
}

/** What else may be of use to who asked (RFC 6762 §6.2): the other family, or that there is none. */
export function furtherTo(answers: readonly DnsRecord[], records: readonly DnsRecord[]): readonly DnsRecord[] {
  if (answers.some(({ type }) => type === TYPE_NSEC)) return [];
  const others = records.filter((record) => !answers.includes(record));
  const hasBoth = new Set(records.map(({ type }) => type)).size === 2;
  return hasBoth ? others : [...others, ...negative(records)];
}

export function isSame(one: DnsRecord, other: DnsRecord): boolean {
  return one.name.toLowerCase() === other.name.toLowerCase() && compareRecords(one, other) === 0;
}

/** By class, type and data, each as numbers without a sign. */
export function compareRecords(one: DnsRecord, other: DnsRecord): number {
  return one.class - other.class || one.type - other.type || compareBytes(one.data, other.data);
}

/** Below zero where the first set of records is the lesser one. Both are sorted. */
export function compareSets(ours: readonly DnsRecord[], theirs: readonly DnsRecord[]): number {
  for (const [at, record] of ours.entries()) {
    const other = theirs[at];
    const difference = other === undefined ? 1 : compareRecords(record, other);
    if (difference !== 0) return difference;
  }
  return ours.length - theirs.length;
}

function compareBytes(one: Uint8Array, other: Uint8Array): number {
  for (const [at, byte] of one.entries()) {
    if (at >= other.length) return 1;
    if (byte !== other[at]) return byte - (other[at] as number);
  }
  return one.length - other.length;
}

/** NSEC with the types that there are (RFC 4034 §4.1); the next name is the name itself. */
function negative(records: readonly DnsRecord[]): readonly DnsRecord[] {
  const [first] = records;
  if (first === undefined) return [];
  const has = (type: number): boolean => records.some((record) => record.type === type);
  const bitmap = Uint8Array.of(has(TYPE_A) ? 0x40 : 0, 0, 0, has(TYPE_AAAA) ? 0x08 : 0);
  const used = has(TYPE_AAAA) ? bitmap : bitmap.subarray(0, 1);
  return [recordOf(first.name, TYPE_NSEC, Uint8Array.from([...nameBytes(first.name), 0, used.length, ...used]))];
}

function recordOf(name: string, type: number, data: Uint8Array): DnsRecord {
  return { name, type, class: CLASS_IN, isFlush: true, ttlSeconds: TTL_SECONDS, data };
}

function addressBytes({ family, value }: Address): Uint8Array {
  const length = family === 4 ? 4 : 16;
  return Uint8Array.from({ length }, (_, at) => Number((value >> BigInt(8 * (length - 1 - at))) & 0xffn));
}

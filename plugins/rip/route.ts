/** A route as both versions of RIP tell it. */

import type { Address, Family } from "herald";

/** RFC 2453 §3.6: a route that is not there. */
export const INFINITY = 16;

export interface Prefix {
  readonly family: Family;
  /** The address as one number; bits behind the prefix are zero. */
  readonly value: bigint;
  /** Bits. */
  readonly length: number;
}

export interface Route extends Prefix {
  /** 1 to 16. */
  readonly metric: number;
  /** 0 to 65,535. */
  readonly tag: number;
  /** Default: whoever tells of the route. */
  readonly nextHop?: bigint;
}

/** Equal for equal prefixes of one family. */
export function keyOf({ value, length }: Prefix): string {
  return `${value}/${length}`;
}

/** The prefix of that length that the address is in. */
export function prefixOf({ family, value }: Address, length: number): Prefix {
  return { family, value: value & maskOf(family, length), length };
}

/** Of `length` ones. */
export function maskOf(family: Family, length: number): bigint {
  const width = family === 4 ? 32n : 128n;
  return ((1n << BigInt(length)) - 1n) << (width - BigInt(length));
}

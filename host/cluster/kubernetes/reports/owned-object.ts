/** Objects that say how something is and that nobody but us writes: what they are made of. */

import { createHash } from "node:crypto";

export interface OwnedKind {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
}

export type Status = Readonly<Record<string, unknown>>;

/** One object as it should be. */
export interface OwnedObject {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Without values that are undefined. */
  readonly status: Status;
  /** The status to write where `before` is there; default: `status`. For moments that stay as they were. Pure. */
  readonly blend?: (status: Status, before: Status) => Status;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

const LONGEST_LABEL = 63;
const LONGEST_READABLE = 230;

/**
 * A name that is always the same for the same identity, and another one for any other: a write that is repeated does not make a second
 * object. `readable` is what it begins with, a DNS name.
 */
export function ownName(readable: string, ...identity: readonly string[]): string {
  return `${readable.slice(0, LONGEST_READABLE).replace(/[-.]+$/, "")}-${hash(identity.join("\0"), 16)}`;
}

/** A name as a label's value: those that are too long for one are cut, and told apart by a hash. */
export function labelValue(name: string): string {
  if (name.length <= LONGEST_LABEL) return name;
  return `${name.slice(0, LONGEST_LABEL - 17)}-${hash(name, 16)}`;
}

/** As the API server writes a time; milliseconds since 1970. */
export function timeText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

function hash(text: string, length: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
}

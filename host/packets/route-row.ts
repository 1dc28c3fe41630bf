/** Rows and changes as module `routes` lays them out (`wasm/routes/memory.ts`), and as objects. */

import type { Route, RouteKey } from "../contract/routes.ts";

export type { Route, RouteKey };

export interface RouteChange {
  readonly kind: "added" | "changed" | "removed";
  /** What is desired; of a removed route what was told, where `attributes` may be `UNSURE`. */
  readonly route: Route;
}

export const ROW_BYTES = 40;
/** The kind (u32), then the row. */
export const CHANGE_BYTES = 44;
/** Attribute-set id of a told row of which nobody knows whether the other side has it. */
export const UNSURE = 0xffffffff;

const PREFIX = 4;
const NEXT_HOP = 20;
const ATTRIBUTES = 36;
const kinds = [undefined, "added", "changed", "removed"] as const;

/** Writes a route, or only a key, as the row at `at`. */
export function writeRow(bytes: Buffer, at: number, route: RouteKey & Partial<Route>): void {
  // Loops, as a call out of JavaScript costs more than so few bytes.
  for (let end = at + ROW_BYTES, index = at; index < end; index += 1) bytes[index] = 0;
  bytes[at] = route.family;
  bytes[at + 1] = route.prefixLength;
  const { prefix } = route;
  for (let index = 0; index < prefix.length; index += 1) bytes[at + PREFIX + index] = prefix[index] as number;
  if (route.nextHop !== undefined) bytes.set(route.nextHop, at + NEXT_HOP);
  bytes.writeUInt32LE(route.attributes ?? 0, at + ATTRIBUTES);
}

export function attributesAt(bytes: Buffer, row: number): number {
  return bytes.readUInt32LE(row + ATTRIBUTES);
}

/** Copies the route out of the row at `at`. */
export function readRow(bytes: Buffer, at: number): Route {
  const family = bytes[at] === 4 ? 4 : 6;
  return {
    family,
    prefixLength: bytes[at + 1] as number,
    prefix: new Uint8Array(bytes.subarray(at + PREFIX, at + PREFIX + (family === 4 ? 4 : 16))),
    nextHop: new Uint8Array(bytes.subarray(at + NEXT_HOP, at + ATTRIBUTES)),
    attributes: bytes.readUInt32LE(at + ATTRIBUTES),
  };
}

/** Copies the change at `at`. */
export function readChange(bytes: Buffer, at: number): RouteChange {
  const kind = kinds[bytes.readUInt32LE(at)];
  if (kind === undefined) throw new RangeError(`Cannot read change of kind ${bytes.readUInt32LE(at)}: expected 1, 2 or 3`);
  return { kind, route: readRow(bytes, at + 4) };
}

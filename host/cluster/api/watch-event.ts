/** The events of a watch, checked. */

import { type RawObject, rawObject } from "./known-objects.ts";
import { LineFault } from "./lines.ts";

export type WatchEvent =
  | { readonly type: "put" | "remove"; readonly object: RawObject }
  /** Everything up to this version was sent; `endsList`: and with it everything that was there when the watch began. */
  | { readonly type: "bookmark"; readonly version: string; readonly endsList: boolean }
  /** A Status, unchecked. */
  | { readonly type: "error"; readonly status: unknown };

const TYPES: Readonly<Record<string, "put" | "remove">> = { ADDED: "put", MODIFIED: "put", DELETED: "remove" };
const LIST_ENDS = "k8s.io/initial-events-end";

/** Throws `LineFault` where it is none. */
export function watchEvent(value: unknown): WatchEvent {
  const { type, object } = (value ?? {}) as { type?: unknown; object?: unknown };
  if (type === "ERROR") return { type: "error", status: object };
  if (type === "BOOKMARK") return bookmark(object);
  const known = typeof type === "string" && Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  const raw = rawObject(object);
  if (known === undefined || raw === undefined)
    throw new LineFault(`found an event ${JSON.stringify(value).slice(0, 60)}, expected one with an object`);
  return { type: known, object: raw };
}

function bookmark(object: unknown): WatchEvent {
  const { metadata } = (object ?? {}) as { metadata?: { resourceVersion?: unknown; annotations?: Record<string, unknown> } };
  const version = metadata?.resourceVersion;
  if (typeof version !== "string" || version === "") throw new LineFault("found a bookmark without a resourceVersion");
  return { type: "bookmark", version, endsList: metadata?.annotations?.[LIST_ENDS] === "true" };
}

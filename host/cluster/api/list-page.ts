/** One page of a list, checked. */

import { type RawObject, rawObject } from "./known-objects.ts";
import { LineFault } from "./lines.ts";

export interface ListPage {
  readonly objects: readonly RawObject[];
  readonly version: string;
  /** Where the next page begins; undefined after the last. */
  readonly next: string | undefined;
}

/** Objects in a list may lack what the list says for all of them: `kind` and `apiVersion`. They get it here. Throws `LineFault` where it is no list. */
export function listPage(value: unknown): ListPage {
  const { kind, apiVersion, items, metadata } = (value ?? {}) as Record<string, unknown>;
  const { resourceVersion, continue: next } = (metadata ?? {}) as Record<string, unknown>;
  if (typeof resourceVersion !== "string" || resourceVersion === "") throw new LineFault("found a list without a resourceVersion");
  // An empty list of Go may be null.
  if (!Array.isArray(items ?? [])) throw new LineFault("found a list without items");
  const common = { kind: String(kind).replace(/List$/, ""), apiVersion };
  const objects = ((items ?? []) as unknown[]).map((item) => {
    const object = rawObject(item);
    if (object === undefined) throw new LineFault("found an object without name, uid or resourceVersion in a list");
    return object.kind === undefined ? { ...common, ...object } : object;
  });
  return { objects, version: resourceVersion, next: typeof next === "string" && next !== "" ? next : undefined };
}

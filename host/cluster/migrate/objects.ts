/** Objects of a cluster as they came, from files or an API server: nobody has checked more of them than that they have a kind and a name. */

import type { Raw } from "../../rules/config.ts";

/** One object. Missing texts are empty, missing maps too. */
export interface RawObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: Raw;
  readonly status: Raw;
  readonly whole: Raw;
}

/** All that was read. */
export class RawObjects {
  readonly #byKind = new Map<string, Map<string, RawObject>>();

  /** Takes an object, or a list of them; what is neither is left out. A later one of the same name replaces the earlier. */
  add(value: unknown): void {
    const whole = rawOf(value);
    const [kind, apiVersion] = [textOf(whole["kind"]), textOf(whole["apiVersion"])];
    if (kind.endsWith("List") && Array.isArray(whole["items"])) {
      // The API server leaves out what the list says already; kubectl does not.
      const missing = kind === "List" ? {} : { apiVersion, kind: kind.slice(0, -"List".length) };
      for (const item of whole["items"]) this.add({ ...missing, ...rawOf(item) });
      return;
    }
    const metadata = rawOf(whole["metadata"]);
    const [namespace, name] = [textOf(metadata["namespace"]), textOf(metadata["name"])];
    if (kind === "" || apiVersion === "" || name === "") return;
    const ofKind = this.#byKind.get(kind) ?? new Map<string, RawObject>();
    this.#byKind.set(kind, ofKind);
    const maps = { labels: textsOf(metadata["labels"]), annotations: textsOf(metadata["annotations"]) };
    const parts = { spec: rawOf(whole["spec"]), status: rawOf(whole["status"]) };
    ofKind.set(`${namespace}/${name}`, { apiVersion, kind, namespace, name, ...maps, ...parts, whole });
  }

  /** In the order of namespaces and names. */
  all(kind: string): readonly RawObject[] {
    return [...(this.#byKind.get(kind) ?? [])].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  get(kind: string, namespace: string, name: string): RawObject | undefined {
    return this.#byKind.get(kind)?.get(`${namespace}/${name}`);
  }

  kinds(): readonly string[] {
    return [...this.#byKind.keys()].sort();
  }
}

/** `{}` where it is no object. */
export function rawOf(value: unknown): Raw {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Raw) : {};
}

/** Empty where it is no text. */
export function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** `[]` where it is no list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(rawOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

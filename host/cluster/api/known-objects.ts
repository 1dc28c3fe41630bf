/**
 * Which objects the sink has, each with its uid and version, and so what a list or an event changes. The objects themselves are not kept.
 *
 * Versions are compared for equality only: an object of another uid is another object, one of the same uid and version needs no word.
 */

/** As it came from the server: nothing of it is checked but its name, uid and version. */
export interface RawObject {
  readonly apiVersion?: unknown;
  readonly kind?: unknown;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

/** Which object it is, among those of its kind. */
export interface ObjectName {
  readonly namespace?: string;
  readonly name: string;
}

/** Undefined where it is no object. */
export function rawObject(value: unknown): RawObject | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { metadata } = value as { metadata?: unknown };
  if (typeof metadata !== "object" || metadata === null) return undefined;
  const { name, namespace = "", uid, resourceVersion } = metadata as Record<string, unknown>;
  const isObject = [name, namespace, uid, resourceVersion].every((field) => typeof field === "string") && name !== "";
  return isObject ? (value as RawObject) : undefined;
}

export class KnownObjects {
  /** `namespace/name` → `uid resourceVersion`. */
  readonly #versions = new Map<string, string>();
  /** During a list: those that it has not named yet. */
  #unlisted: Set<string> | undefined;

  get size(): number {
    return this.#versions.size;
  }

  /** True where this is news. */
  put({ metadata }: RawObject): boolean {
    const key = keyOf(metadata);
    const version = `${metadata.uid} ${metadata.resourceVersion}`;
    this.#unlisted?.delete(key);
    if (this.#versions.get(key) === version) return false;
    this.#versions.set(key, version);
    return true;
  }

  /** True where it was there. One of another uid is not this one: it has come since. */
  remove({ metadata }: RawObject): boolean {
    const key = keyOf(metadata);
    if (this.#versions.get(key)?.startsWith(`${metadata.uid} `) !== true) return false;
    this.#unlisted?.delete(key);
    return this.#versions.delete(key);
  }

  /** From here to `endList` everything that is there is put. */
  beginList(): void {
    this.#unlisted = new Set(this.#versions.keys());
  }

  /** What was not put since the list began: it is gone. */
  endList(): ObjectName[] {
    const gone = [...(this.#unlisted ?? [])];
    this.#unlisted = undefined;
    for (const key of gone) this.#versions.delete(key);
    return gone.map(nameOf);
  }
}

function keyOf({ namespace = "", name }: RawObject["metadata"]): string {
  return `${namespace}/${name}`;
}

/** No namespace's name has a slash. */
function nameOf(key: string): ObjectName {
  const slash = key.indexOf("/");
  const name = key.slice(slash + 1);
  return slash === 0 ? { name } : { namespace: key.slice(0, slash), name };
}

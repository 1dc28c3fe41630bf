/** What the sink has been told: lists and events become `put`, `remove` and `commit`, where they are news. */

import type { Log } from "../../announcer.ts";
import { KnownObjects, type ObjectName, type RawObject } from "./known-objects.ts";
import type { WatchEvent } from "./watch-event.ts";

/** Called never again after the reflector's `close`. What it throws is logged, and holds nothing up. */
export interface ObjectSink {
  /** New, or another version. The object is the sink's own. */
  put(object: RawObject): void;
  remove(object: ObjectName): void;
  /** After a batch of these. */
  commit(): void;
  /** Once: everything that was there has been put. */
  synced(): void;
}

export class Mirror {
  readonly #sink: ObjectSink;
  readonly #log: Log;
  readonly #known = new KnownObjects();
  #version: string | undefined;
  #hasChanges = false;
  #isSynced = false;
  #sinkErrors = 0;
  #soon: NodeJS.Immediate | undefined;

  constructor(sink: ObjectSink, log: Log) {
    this.#sink = sink;
    this.#log = log;
  }

  /** Where a watch goes on; undefined: a list is needed. */
  get version(): string | undefined {
    return this.#version;
  }

  get isSynced(): boolean {
    return this.#isSynced;
  }

  get objects(): number {
    return this.#known.size;
  }

  get sinkErrors(): number {
    return this.#sinkErrors;
  }

  /** What the sink has stays, and is compared with the next list. */
  forgetVersion(): void {
    this.#version = undefined;
  }

  /** From here to `endList` everything that is there is put; events may come between. */
  beginList(): void {
    this.#version = undefined;
    this.#known.beginList();
  }

  endList(version: string | undefined): void {
    for (const name of this.#known.endList()) this.#tell(name, () => this.#sink.remove(name));
    this.#version = version;
    this.commit();
    if (this.#isSynced) return;
    this.#isSynced = true;
    this.#guard({}, () => this.#sink.synced());
  }

  put(object: RawObject): void {
    if (this.#known.put(object)) this.#tell(nameOf(object), () => this.#sink.put(object));
  }

  /** Not one that says that something went wrong. */
  apply(event: Exclude<WatchEvent, { type: "error" }>): void {
    if (event.type === "bookmark") {
      if (event.endsList) this.endList(event.version);
      else this.#advance(event.version);
      return;
    }
    const { type, object } = event;
    if (type === "put") this.put(object);
    else if (this.#known.remove(object)) this.#tell(nameOf(object), () => this.#sink.remove(nameOf(object)));
    this.#advance(object.metadata.resourceVersion);
  }

  /** A server sends each event by itself, also of a burst: so what is at hand is taken in first. */
  commitSoon(): void {
    this.#soon ??= setImmediate(() => this.commit());
  }

  /** Now. */
  commit(): void {
    clearImmediate(this.#soon);
    this.#soon = undefined;
    if (!this.#hasChanges) return;
    this.#hasChanges = false;
    this.#guard({}, () => this.#sink.commit());
  }

  /** The sink hears no more. */
  close(): void {
    clearImmediate(this.#soon);
  }

  /** Within a list, versions come in no order: only its end says how far it goes. */
  #advance(version: string): void {
    if (this.#version !== undefined) this.#version = version;
  }

  #tell(name: ObjectName, call: () => void): void {
    this.#hasChanges = true;
    this.#guard({ ...name }, call);
  }

  #guard(fields: Readonly<Record<string, unknown>>, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#sinkErrors++;
      this.#log.error("Cannot take in a change of the API server", { ...fields, error: (error as Error)?.stack ?? String(error) });
    }
  }
}

function nameOf({ metadata: { namespace, name } }: RawObject): ObjectName {
  return namespace === undefined ? { name } : { namespace, name };
}

/**
 * Events: what happened to an object, where `kubectl describe` shows it.
 *
 * They are Events of core/v1 with `lastTimestamp` and `count`, as MetalLB's are: its users, and its own end-to-end tests, look for the
 * newest by that. What is said again of the same object is counted in the Event that is there. An object has 25 at once and then one each
 * five minutes, as with client-go. Nobody waits for an Event: it is written soon, tried again for two minutes, and then let go.
 */

import type { Log } from "../../../announcer.ts";
import { backoffMs } from "../../../reconcile/backoff.ts";
import { type Api, ApiError } from "../../api/api.ts";
import { collectionPath } from "../../api/resource-path.ts";
import { Rates } from "../../rates.ts";
import { Recent } from "../../recent.ts";
import { type ObjectReference, pathOf } from "../object-reference.ts";
import { isPassing } from "../passing.ts";
import { ownName, timeText } from "../reports/owned-object.ts";

export interface Happening {
  readonly object: ObjectReference;
  readonly type: "Normal" | "Warning";
  /** In CamelCase; people filter by it. */
  readonly reason: string;
  readonly message: string;
  /** Others tell the same of it, as every speaker does of what is wrong with a BGPPeer: one Event is enough for all. */
  readonly isShared?: boolean;
}

/** Where things that happened are told. Never throws, never waits. */
export interface EventSink {
  record(happening: Happening): void;
}

export interface EventRecorderOptions {
  readonly api: Api;
  /** `metallb-controller` or `metallb-speaker`. */
  readonly component: string;
  /** The node, or the Pod, where it is. */
  readonly host?: string;
  /** Something else needs the API server more: then Events are written one at a time. */
  readonly isBusy?: () => boolean;
  readonly log: Pick<Log, "warn">;
}

export interface EventCounts {
  readonly written: number;
  /** Too many of one object. */
  readonly limited: number;
  /** No room, too old, or refused by the API server. */
  readonly dropped: number;
  readonly waiting: number;
}

interface Waiting {
  readonly happening: Happening;
  readonly firstMs: number;
  lastMs: number;
  count: number;
}

/** The Event that was written last for the same words about the same object. */
interface Written {
  readonly path: string;
  readonly firstMs: number;
  readonly count: number;
}

/** Of one object, as client-go's `EventSourceObjectSpamFilter`. */
const RATE = { burst: 25, eachMs: 300_000 };
const MOST_WAITING = 10_000;
const MOST_AT_ONCE = 4;
const MOST_REMEMBERED = 4096;
const OLDEST_MS = 120_000;
const WRITE_MS = 5_000;
/** How long one is enough for all. */
const SHARED_MS = 600_000;
/** What the newer kind of Event allows in a note. */
const LONGEST_MESSAGE = 1024;
const LONGEST_NAME = 200;

export class EventRecorder implements EventSink {
  readonly #options: EventRecorderOptions;
  readonly #rates = new Rates(RATE);
  /** By who and what; the oldest first. */
  readonly #waiting = new Map<string, Waiting>();
  readonly #busy = new Set<string>();
  readonly #written = new Recent<Written>(MOST_REMEMBERED);
  readonly #ending = new AbortController();
  #counts = { written: 0, limited: 0, dropped: 0 };
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #isDropping = false;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  record(happening: Happening): void {
    if (this.#ending.signal.aborted) return;
    const now = Date.now();
    const { object, type, reason, message } = happening;
    const { apiVersion, kind, namespace = "", name, uid = "" } = object;
    const who = JSON.stringify([apiVersion, kind, namespace, name, uid]);
    if (!this.#rates.take(who, performance.now())) this.#counts.limited += 1;
    else {
      const key = JSON.stringify([who, type, reason, message]);
      const same = this.#waiting.get(key);
      if (same !== undefined) Object.assign(same, { lastMs: now, count: same.count + 1 });
      else if (this.#waiting.size < MOST_WAITING) this.#waiting.set(key, { happening, firstMs: now, lastMs: now, count: 1 });
      else this.#drop("there are too many");
      // Not at once: what happens in the same turn of the event loop is one Event.
      setImmediate(() => this.#pump());
    }
  }

  counts(): EventCounts {
    return { ...this.#counts, waiting: this.#waiting.size + this.#busy.size };
  }

  /** What waits is let go. */
  close(): void {
    this.#ending.abort();
    clearTimeout(this.#retry);
    this.#waiting.clear();
  }

  #pump(): void {
    const most = this.#options.isBusy?.() ? 1 : MOST_AT_ONCE;
    for (const [key, waiting] of this.#waiting) {
      if (this.#busy.size >= most || this.#retry !== undefined) return;
      if (this.#busy.has(key)) continue;
      this.#waiting.delete(key);
      if (Date.now() - waiting.firstMs > OLDEST_MS) this.#drop("the API server did not take them for too long");
      else {
        this.#busy.add(key);
        void this.#try(key, waiting);
      }
    }
  }

  async #try(key: string, waiting: Waiting): Promise<void> {
    try {
      await this.#write(key, waiting);
      this.#counts.written += waiting.count;
      this.#failures = 0;
      this.#isDropping = false;
    } catch (error) {
      if (isPassing(error)) this.#putBack(key, waiting);
      else this.#drop((error as Error).message);
    }
    this.#busy.delete(key);
    this.#pump();
  }

  #putBack(key: string, waiting: Waiting): void {
    if (this.#ending.signal.aborted) return;
    const newer = this.#waiting.get(key);
    const { happening, firstMs, lastMs, count } = waiting;
    this.#waiting.set(key, { happening, firstMs, lastMs: newer?.lastMs ?? lastMs, count: count + (newer?.count ?? 0) });
    this.#failures += 1;
    this.#retry ??= setTimeout(
      () => {
        this.#retry = undefined;
        this.#pump();
      },
      backoffMs(this.#failures, Math.random()),
    ).unref();
  }

  async #write(key: string, { happening, firstMs, lastMs, count }: Waiting): Promise<void> {
    const before = this.#written.get(key);
    const all = count + (before?.count ?? 0);
    const isThere = before !== undefined && !happening.isShared && (await this.#countIn(before.path, all, lastMs));
    const path = isThere ? before.path : await this.#create(happening, before?.firstMs ?? firstMs, lastMs, all);
    this.#written.set(key, { path, firstMs: before?.firstMs ?? firstMs, count: all });
  }

  /** False: the Event is no longer there; they live for an hour. */
  async #countIn(path: string, count: number, lastMs: number): Promise<boolean> {
    try {
      await this.#request("PATCH", path, { count, lastTimestamp: timeText(lastMs) });
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  }

  async #create({ object, type, reason, message, isShared }: Happening, firstMs: number, lastMs: number, count: number): Promise<string> {
    const { component, host } = this.#options;
    const namespace = object.namespace ?? "default";
    const base = object.name.slice(0, LONGEST_NAME).replace(/[-.]+$/, "");
    // The same for the same words, so that one whose answer was lost, or that others tell too, is not made twice.
    const time = isShared ? Math.floor(lastMs / SHARED_MS) : lastMs;
    const name = ownName(`${base}.${time.toString(16)}`, component, isShared ? "" : (host ?? ""), type, reason, message);
    const path = collectionPath("v1", "events", namespace);
    const event = {
      ...{ apiVersion: "v1", kind: "Event", metadata: { name, namespace } },
      involvedObject: { ...object, uid: object.uid ?? (await this.#uidOf(object)) },
      ...{ type, reason, message: message.slice(0, LONGEST_MESSAGE), count },
      ...{ firstTimestamp: timeText(firstMs), lastTimestamp: timeText(lastMs) },
      source: { component, host },
      ...{ reportingComponent: component, reportingInstance: host ?? "" },
    };
    await this.#request("POST", path, event).catch((error: unknown) => {
      if (!(error instanceof ApiError) || error.reason !== "AlreadyExists") throw error;
    });
    return `${path}/${name}`;
  }

  /** `kubectl describe` finds Events by it. Undefined where the object has gone, or may not be read. */
  async #uidOf(object: ObjectReference): Promise<string | undefined> {
    try {
      const { metadata } = await this.#options.api.request<{ metadata?: { uid?: string } }>({
        ...{ method: "GET", path: pathOf(object), timeoutMs: WRITE_MS, signal: this.#ending.signal },
      });
      return metadata?.uid;
    } catch (error) {
      if (isPassing(error)) throw error;
      return undefined;
    }
  }

  #request(method: "POST" | "PATCH", path: string, body: unknown): Promise<unknown> {
    return this.#options.api.request({ method, path, body, timeoutMs: WRITE_MS, signal: this.#ending.signal });
  }

  /** Said once in a row. */
  #drop(error: string): void {
    this.#counts.dropped += 1;
    if (!this.#isDropping && !this.#ending.signal.aborted) this.#options.log.warn("Events are lost", { error });
    this.#isDropping = true;
  }
}

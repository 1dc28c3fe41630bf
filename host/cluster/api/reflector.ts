/**
 * Keeps a sink in step with one resource of the API server, for as long as it runs and whatever happens to server and network.
 *
 * In come all objects, then what changes: as one stream that begins with what is there (a watch-list, Kubernetes 1.34 and later), or,
 * where that is not to be had, as pages of a list and then a watch. Out go `put` and `remove`, and a `commit` after all that is at hand.
 * Remembered is only which objects the sink has, by name, uid and version: so a new list tells the sink what differs, and nothing else.
 *
 * It never gives up. A watch that ends is begun again from the version that it reached; a version that the server no longer has (410)
 * brings a new list; what fails is tried again, each time later. While the server is away the sink keeps what it has.
 */

import { setTimeout as sleep } from "node:timers/promises";
import { refusal } from "./answer.ts";
import { ApiError } from "./api.ts";
import { backoffMs } from "./backoff.ts";
import { eventBatches } from "./event-stream.ts";
import { LineFault } from "./lines.ts";
import { listPage } from "./list-page.ts";
import { Mirror } from "./mirror.ts";
import { DEFAULT_TIMING, type Reflected, type ReflectorOptions, type ReflectorState, type ReflectorTiming } from "./reflector-options.ts";
import type { WatchEvent } from "./watch-event.ts";

const PAGE_OBJECTS = 500;
/** The server ends a watch after a time between this and twice as long. */
const WATCH_SECONDS = 240;
/** A watch that lived so long was a good one. */
const GOOD_WATCH_MS = 1_000;
/** After a watch that was answered and then broke: the server is there, so changes are not left waiting longer. */
const MAX_WAIT_ANSWERED_MS = 1_000;
/** One 404 may come from a server that is still starting; so many in a row are an answer. */
const ABSENCES_TO_REMOVE = 3;
const NO_ANSWER = { status: 0, reason: "", retryAfterMs: undefined };

export class Reflector {
  readonly #options: ReflectorOptions;
  readonly #timing: ReflectorTiming;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #mirror: Mirror;
  readonly #closed = new AbortController();
  /** Of the watch that is asked for or open. */
  #watching: AbortController | undefined;
  /** When that was answered. */
  #answeredMs: number | undefined;
  #fieldSelector: string | undefined;
  #hasWatchLists = true;
  /** This once by pages. */
  #pagesNext = false;
  #absences = 0;
  #lists = 0;
  #tries = 0;
  #expired = 0;
  #parseErrors = 0;
  #failures = 0;
  #lastError: string | undefined;
  #hasWarned = false;
  #lastByteMs: number | undefined;
  #lastEventMs: number | undefined;
  #lastBookmarkMs: number | undefined;

  constructor(options: ReflectorOptions) {
    this.#options = options;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#random = options.random ?? Math.random;
    this.#now = options.now ?? Date.now;
    this.#mirror = new Mirror(options.sink, options.log);
    this.#fieldSelector = options.resource.fieldSelector;
  }

  start(): void {
    void this.#run();
  }

  /** For good, and at once. */
  close(): void {
    this.#closed.abort();
    this.#watching?.abort();
    this.#mirror.close();
  }

  state(): ReflectorState {
    const isFollowing = this.#isFollowing();
    return {
      isSynced: this.#mirror.isSynced,
      isFollowing,
      isAbsent: this.#absences > 0,
      objects: this.#mirror.objects,
      lastByteMs: this.#lastByteMs,
      lastEventMs: this.#lastEventMs,
      lastBookmarkMs: this.#lastBookmarkMs,
      relists: Math.max(0, this.#lists - 1),
      expired: this.#expired,
      reconnects: Math.max(0, this.#tries - 1),
      parseErrors: this.#parseErrors,
      sinkErrors: this.#mirror.sinkErrors,
      failures: isFollowing ? 0 : this.#failures,
      lastError: isFollowing ? undefined : this.#lastError,
    };
  }

  async #run(): Promise<void> {
    await this.#wait(this.#random() * this.#timing.stagger);
    while (!this.#closed.signal.aborted) {
      const delayMs = await this.#try();
      await this.#wait(delayMs);
    }
  }

  async #wait(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#closed.signal }).catch(() => {});
  }

  /** Goes on until something ends it; the answer: how long to wait before the next try. */
  async #try(): Promise<number> {
    this.#tries++;
    try {
      if (this.#mirror.version === undefined && (this.#pagesNext || !this.#hasWatchLists)) await this.#list();
      await this.#watch();
      return this.#ended();
    } catch (error) {
      return this.#closed.signal.aborted ? 0 : this.#failed(error);
    } finally {
      this.#answeredMs = undefined;
    }
  }

  async #list(): Promise<void> {
    const { api, resource } = this.#options;
    this.#beginList();
    for (let next: string | undefined = ""; next !== undefined; ) {
      const query = { ...this.#selectors(), limit: PAGE_OBJECTS, continue: next || undefined };
      const asked = { method: "GET" as const, path: resource.path, query, timeoutMs: this.#timing.page, signal: this.#closed.signal };
      const page = listPage(await api.request(asked));
      this.#closed.signal.throwIfAborted();
      this.#lastByteMs = this.#now();
      this.#present();
      for (const object of page.objects) this.#mirror.put(object);
      this.#mirror.commit();
      next = page.next;
      if (next === undefined) this.#mirror.endList(page.version);
    }
    this.#pagesNext = false;
  }

  /** Until the server ends it. */
  async #watch(): Promise<void> {
    const watching = (this.#watching = new AbortController());
    this.#closed.signal.throwIfAborted();
    const { api, resource } = this.#options;
    const bytes = await api.stream({ path: resource.path, query: this.#watchQuery(), signal: watching.signal });
    this.#answeredMs = this.#now();
    this.#present();
    if (this.#mirror.version === undefined) this.#beginList();
    let quietMs: number | undefined;
    const end = (ms: number) => {
      quietMs = ms;
      watching.abort();
    };
    try {
      for await (const events of eventBatches(bytes, () => this.#idleMs(), end)) this.#take(events);
    } catch (error) {
      if (quietMs === undefined) throw error;
      // A server that does not know watch-lists may send what there is and then nothing.
      this.#pagesNext = this.#mirror.version === undefined;
      throw new Error(`Cannot follow ${resource.path}: found nothing for ${quietMs} ms, expected at least a bookmark`);
    } finally {
      watching.abort();
    }
  }

  #take(events: Iterable<WatchEvent>): void {
    this.#closed.signal.throwIfAborted();
    this.#lastByteMs = this.#now();
    this.#mirror.commitSoon();
    for (const event of events) {
      if (event.type === "error") throw refusal({ path: this.#options.resource.path }, 0, event.status);
      if (event.type === "bookmark") this.#lastBookmarkMs = this.#lastByteMs;
      else this.#lastEventMs = this.#lastByteMs;
      this.#mirror.apply(event);
    }
    if (this.#wasGood()) this.#recovered();
  }

  #beginList(): void {
    this.#lists++;
    this.#mirror.beginList();
  }

  /** The server ended the watch, as it does now and then. */
  #ended(): number {
    if (this.#mirror.version === undefined) {
      this.#pagesNext = true;
      return this.#failed(new Error(`Cannot list ${this.#options.resource.path}: the watch ended before it had told all`));
    }
    if (!this.#wasGood()) return this.#failed(new Error(`Cannot follow ${this.#options.resource.path}: the watch ended at once`));
    this.#recovered();
    return 0;
  }

  #failed(error: unknown): number {
    const { status, reason, retryAfterMs } = error instanceof ApiError ? error : NO_ANSWER;
    const absence = absenceOf(status, this.#options.resource);
    if (absence !== undefined) return this.#absent(absence);
    if ((status === 400 || status === 422) && this.#asksForLess()) return 0;
    if (this.#wasGood()) this.#recovered();
    if (error instanceof LineFault) this.#parseErrors++;
    if (status === 410 || reason === "Expired" || reason === "Gone") {
      this.#expired++;
      this.#mirror.forgetVersion();
    }
    this.#failures++;
    this.#lastError = error instanceof Error ? error.message : String(error);
    this.#warn(this.#lastError);
    const broke = this.#answeredMs !== undefined && !(error instanceof ApiError || error instanceof LineFault);
    return backoffMs({ failures: this.#failures, retryAfterMs, maxMs: broke ? MAX_WAIT_ANSWERED_MS : undefined }, this.#random);
  }

  /** The server did not understand: true where there is something that an older one may not know. */
  #asksForLess(): boolean {
    if (this.#mirror.version !== undefined) this.#mirror.forgetVersion();
    else if (this.#hasWatchLists && !this.#pagesNext) {
      this.#hasWatchLists = false;
      return true;
    } else if (this.#fieldSelector !== undefined) {
      this.#fieldSelector = undefined;
      this.#hasWatchLists = true;
      return true;
    }
    return false;
  }

  #absent(why: string): number {
    const { log, resource } = this.#options;
    this.#absences++;
    this.#mirror.forgetVersion();
    if (this.#absences === 1) log.info(why, { path: resource.path });
    if (this.#mirror.objects === 0 || this.#absences >= ABSENCES_TO_REMOVE) {
      this.#mirror.beginList();
      this.#mirror.endList(undefined);
    }
    return this.#timing.absent;
  }

  #present(): void {
    if (this.#absences > 0) this.#options.log.info("The API server has this resource now", { path: this.#options.resource.path });
    this.#absences = 0;
  }

  /** Servers are restarted, so a single failure is nothing to speak of; nor is each further one. */
  #warn(error: string): void {
    const { log, resource } = this.#options;
    const isNews = this.#failures > 1 && !this.#hasWarned;
    log[isNews ? "warn" : "debug"]("Cannot follow the API server; trying on", { path: resource.path, error });
    this.#hasWarned ||= isNews;
  }

  #recovered(): void {
    this.#failures = 0;
    if (this.#hasWarned) this.#options.log.info("Following the API server again", { path: this.#options.resource.path });
    this.#hasWarned = false;
  }

  #isFollowing(): boolean {
    return this.#answeredMs !== undefined && this.#mirror.version !== undefined;
  }

  #wasGood(): boolean {
    return this.#isFollowing() && this.#now() - (this.#answeredMs ?? 0) > GOOD_WATCH_MS;
  }

  #idleMs(): number {
    return this.#mirror.version === undefined ? this.#timing.idleInList : this.#timing.idle;
  }

  #selectors(): Readonly<Record<string, string | undefined>> {
    return { fieldSelector: this.#fieldSelector, labelSelector: this.#options.resource.labelSelector };
  }

  #watchQuery(): Readonly<Record<string, string | number | boolean | undefined>> {
    const timeoutSeconds = Math.floor(WATCH_SECONDS * (1 + this.#random()));
    const from = this.#mirror.version;
    const begin = from === undefined ? { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" } : { resourceVersion: from };
    return { watch: true, allowWatchBookmarks: true, timeoutSeconds, ...this.#selectors(), ...begin };
  }
}

/** Why there are no objects; undefined: something went wrong. */
function absenceOf(status: number, { isOptional, mayBeForbidden }: Reflected): string | undefined {
  if (status === 404 && isOptional) return "The API server does not have this resource";
  if (status === 403 && mayBeForbidden) return "This account may not read this resource";
  return undefined;
}

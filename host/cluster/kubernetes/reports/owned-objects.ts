/**
 * Keeps the objects of one kind that are ours as they should be: makes, mends and deletes them.
 *
 * Level-triggered: of each object it compares what should be with what the API server was last heard to have, and writes the difference.
 * So the first start, a restart, an object deleted or edited by hand, a copy left over from an earlier life and an API server that comes
 * back are one path, and where nothing differs nothing is written. One object has one write at a time, and not more often than each
 * `pauseMs`, however often it changes meanwhile.
 */

import { isDeepStrictEqual } from "node:util";
import type { Log } from "../../../announcer.ts";
import { backoffMs } from "../../../reconcile/backoff.ts";
import { type Api, ApiError } from "../../api/api.ts";
import type { ObjectSink } from "../../api/mirror.ts";
import { Reflector } from "../../api/reflector.ts";
import { collectionPath } from "../../api/resource-path.ts";
import { isPassing } from "../passing.ts";
import { type FoundObject, readFound, sameAs } from "./found-object.ts";
import type { OwnedKind, OwnedObject, OwnerReference, Status } from "./owned-object.ts";

export interface OwnedObjectsOptions {
  readonly api: Api;
  readonly namespace: string;
  readonly kind: OwnedKind;
  /** Who has them is ours. */
  readonly labels: Readonly<Record<string, string>>;
  /** As which it writes (server-side apply). */
  readonly manager: string;
  /** Whom the objects go with, asked before the first write; undefined: nobody. */
  readonly owner?: () => Promise<OwnerReference | undefined>;
  /** Between two writes of one object, default 1 s. */
  readonly pauseMs?: number;
  readonly log: Log;
}

const PAUSE_MS = 1000;
/** A write that was not heard of for so long may have been undone while nobody listened. */
const UNHEARD_MS = 60_000;
const WRITE_MS = 10_000;
const MOST_AT_ONCE = 4;

export class OwnedObjects {
  readonly #options: OwnedObjectsOptions;
  readonly #path: string;
  readonly #ending = new AbortController();
  /** Undefined: not heard yet, or not asked. */
  #wanted: ReadonlyMap<string, OwnedObject> | undefined;
  #isUndecided: (name: string) => boolean = () => false;
  readonly #found = new Map<string, FoundObject>();
  #isSynced = false;
  /** What the answer to a write said, and the API server not yet; since when. */
  readonly #unheard = new Map<string, number>();
  #owner: OwnerReference | undefined;
  #isOwnerKnown = false;
  readonly #reflector: Reflector;
  #checking: NodeJS.Timeout | undefined;
  /** Names to look at now, those being written, and those that have to wait. */
  readonly #ready = new Set<string>();
  readonly #busy = new Set<string>();
  readonly #paused = new Map<string, NodeJS.Timeout>();
  readonly #failures = new Map<string, number>();
  #failuresInARow = 0;
  #retry: NodeJS.Timeout | undefined;
  #writes = 0;

  constructor(options: OwnedObjectsOptions) {
    this.#options = options;
    const { api, kind, namespace, labels, log } = options;
    this.#path = collectionPath(kind.apiVersion, kind.plural, namespace);
    const labelSelector = Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
    this.#reflector = new Reflector({ api, resource: { path: this.#path, labelSelector }, sink: this.#sink(), log });
  }

  /** Begins to listen. Nothing is written before `want`. */
  start(): void {
    this.#reflector.start();
    this.#checking = setInterval(() => this.#forgetUnheard(), UNHEARD_MS).unref();
  }

  /** All that should be there. Of an object that is not wanted and still undecided, nothing is changed. */
  want(objects: Iterable<OwnedObject>, isUndecided: (name: string) => boolean = () => false): void {
    const before = this.#wanted;
    this.#wanted = new Map(Array.from(objects, (object) => [object.name, sameAs(before?.get(object.name), object)]));
    this.#isUndecided = isUndecided;
    this.#look([...(before?.keys() ?? []), ...this.#wanted.keys(), ...this.#found.keys()]);
  }

  /** Requests that have changed something, or tried to. */
  get writes(): number {
    return this.#writes;
  }

  /** Everything is as it should be. */
  get isSettled(): boolean {
    return this.#isSynced && this.#ready.size + this.#busy.size + this.#paused.size === 0;
  }

  /** Leaves everything as it is. */
  close(): void {
    this.#ending.abort();
    this.#reflector.close();
    clearInterval(this.#checking);
    this.#ready.clear();
    clearTimeout(this.#retry);
    for (const timer of this.#paused.values()) clearTimeout(timer);
    this.#paused.clear();
  }

  #sink(): ObjectSink {
    return {
      put: (object) => {
        const name = this.#learn(object);
        this.#unheard.delete(name);
        this.#look([name]);
      },
      remove: ({ name }) => {
        this.#unheard.delete(name);
        this.#found.delete(name);
        this.#look([name]);
      },
      commit: () => {},
      synced: () => {
        this.#isSynced = true;
        this.#look([...this.#found.keys(), ...(this.#wanted?.keys() ?? [])]);
      },
    };
  }

  /** What is as it should be is one object in memory. */
  #learn(object: unknown): string {
    const [name, { uid, labels, owners, status }] = readFound(object);
    const wanted = this.#wanted?.get(name);
    this.#found.set(name, { uid, labels: sameAs(wanted?.labels, labels), owners, status: sameAs(wanted?.status, status) });
    return name;
  }

  #forgetUnheard(): void {
    const before = performance.now() - UNHEARD_MS;
    for (const [name, sinceMs] of this.#unheard) {
      if (sinceMs > before) continue;
      this.#unheard.delete(name);
      this.#found.delete(name);
      this.#look([name]);
    }
  }

  #look(names: Iterable<string>): void {
    if (this.#ending.signal.aborted) return;
    for (const name of names) if (!this.#paused.has(name) && this.#stepFor(name) !== undefined) this.#ready.add(name);
    this.#pump();
  }

  #pump(): void {
    if (this.#ready.size > 0 && !this.#isOwnerKnown) void this.#learnOwner();
    for (const name of this.#ready) {
      if (this.#busy.size >= MOST_AT_ONCE || this.#retry !== undefined || !this.#isOwnerKnown) return;
      if (this.#busy.has(name)) continue;
      this.#ready.delete(name);
      const step = this.#stepFor(name);
      if (step !== undefined) void this.#take(name, step);
    }
  }

  async #learnOwner(): Promise<void> {
    if (this.#busy.has("")) return;
    this.#busy.add(""); // no object has that name
    try {
      this.#owner = await this.#options.owner?.();
      this.#isOwnerKnown = true;
    } catch (error) {
      this.#fail("", error);
    }
    this.#busy.delete("");
    this.#look(this.#ready);
  }

  /** The next write of an object, undefined where it is as it should be. */
  #stepFor(name: string): (() => Promise<void>) | undefined {
    const wanted = this.#wanted?.get(name);
    const found = this.#found.get(name);
    if (this.#wanted === undefined || !this.#isSynced) return undefined;
    if (wanted === undefined) return found === undefined || this.#isUndecided(name) ? undefined : () => this.#delete(name, found);
    if (found === undefined || !this.#isOurs(wanted, found)) return () => this.#apply(wanted);
    const status = wanted.blend?.(wanted.status, found.status) ?? wanted.status;
    return status === found.status || isDeepStrictEqual(status, found.status) ? undefined : () => this.#applyStatus(wanted, status);
  }

  #isOurs({ labels }: OwnedObject, found: FoundObject): boolean {
    const hasLabels = labels === found.labels || Object.entries(labels).every(([key, value]) => found.labels[key] === value);
    return hasLabels && (this.#owner === undefined || found.owners.includes(this.#owner.uid));
  }

  async #take(name: string, step: () => Promise<void>): Promise<void> {
    this.#busy.add(name);
    try {
      await step();
      this.#failures.delete(name);
      this.#failuresInARow = 0;
    } catch (error) {
      this.#fail(name, error);
    }
    this.#busy.delete(name);
    this.#look([name]);
    this.#pump();
  }

  async #apply(wanted: OwnedObject): Promise<void> {
    const { name, labels } = wanted;
    const owner = this.#owner === undefined ? {} : { ownerReferences: [this.#owner] };
    await this.#patch(name, "", { metadata: { name, labels, ...owner } });
    // A new object has no status yet; that is the second half of the same step.
    const found = this.#found.get(name)?.status ?? {};
    await this.#applyStatus(wanted, wanted.blend?.(wanted.status, found) ?? wanted.status);
  }

  async #applyStatus({ name }: OwnedObject, status: Status): Promise<void> {
    try {
      await this.#patch(name, "/status", { metadata: { name }, status });
      this.#pause(name, this.#options.pauseMs ?? PAUSE_MS);
    } catch (error) {
      // Deleted meanwhile: it is to be made again.
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      this.#found.delete(name);
      this.#pause(name, this.#options.pauseMs ?? PAUSE_MS);
    }
  }

  async #patch(name: string, subresource: "" | "/status", content: object): Promise<void> {
    const { kind, manager } = this.#options;
    this.#writes += 1;
    const answer = await this.#options.api.request({
      ...{ method: "PATCH", path: `${this.#path}/${name}${subresource}`, patch: "apply" },
      query: { fieldManager: manager, force: true },
      body: { apiVersion: kind.apiVersion, kind: kind.kind, ...content },
      ...{ timeoutMs: WRITE_MS, signal: this.#ending.signal },
    });
    this.#learn(answer);
    this.#unheard.set(name, performance.now());
  }

  async #delete(name: string, { uid }: FoundObject): Promise<void> {
    const { api } = this.#options;
    this.#writes += 1;
    const body = { apiVersion: "v1", kind: "DeleteOptions", preconditions: { uid } };
    try {
      await api.request({ method: "DELETE", path: `${this.#path}/${name}`, body, timeoutMs: WRITE_MS, signal: this.#ending.signal });
    } catch (error) {
      // It has gone, or there is another one of that name, of which it will be heard.
      if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 409)) throw error;
    }
    this.#found.delete(name);
  }

  #fail(name: string, error: unknown): void {
    if (this.#ending.signal.aborted) return;
    const { log, kind } = this.#options;
    if (isPassing(error) || name === "") {
      this.#failuresInARow += 1;
      this.#retry ??= setTimeout(
        () => {
          this.#retry = undefined;
          this.#pump();
        },
        backoffMs(this.#failuresInARow, Math.random()),
      );
      return;
    }
    const failures = (this.#failures.get(name) ?? 0) + 1;
    this.#failures.set(name, failures);
    if (failures === 1) log.warn("Cannot write an object", { kind: kind.kind, name, error: (error as Error).message });
    this.#pause(name, PAUSE_MS + backoffMs(failures, Math.random()));
  }

  #pause(name: string, delayMs: number): void {
    if (this.#ending.signal.aborted) return;
    clearTimeout(this.#paused.get(name));
    const end = (): void => {
      this.#paused.delete(name);
      this.#look([name]);
    };
    this.#paused.set(name, setTimeout(end, delayMs));
  }
}

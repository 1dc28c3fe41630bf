/**
 * An API server as the source of facts.
 *
 *   watch → raw object → project → facts in the store
 *
 * Every kind has a reflector of its own (`../api/reflector.ts`), which never gives up: while the server is away everything stays as it
 * was, and what changed meanwhile comes with its return. Nothing is made of a part: facts count once every kind was read to its end. Of an
 * object that makes no sense the last good version stays; it never blocks others, and is told as a problem by name and field.
 */

import type { Close, Log } from "../../announcer.ts";
import type { Problem, ServiceKey } from "../../rules/vocabulary.ts";
import type { Api } from "../api/api.ts";
import { type ObjectName, type RawObject, rawObject } from "../api/known-objects.ts";
import type { ObjectSink } from "../api/mirror.ts";
import { Reflector } from "../api/reflector.ts";
import { ClusterObjects, type ObjectId } from "../cluster-objects.ts";
import { type KindReaders, project } from "../objects/project.ts";
import type { Source, WatchState } from "../source.ts";
import type { FactSink } from "../store.ts";
import { Translated, type Translator } from "../translated.ts";
import { apiVersionOf, kindOf, kindsOf, LEASE, type Role, type WatchedKind } from "./kinds.ts";
import type { ShownPools } from "./reports/pool-status.ts";
import type { ShownServices } from "./service-writer.ts";
import { HeardSpeakers } from "./speakers/heard-speakers.ts";

export interface KubernetesOptions {
  readonly api: Api;
  readonly role: Role;
  /** Where Herald is, and the resources that configure it. */
  readonly namespace: string;
  /** The node of a speaker. */
  readonly node?: string;
  readonly translators?: readonly Translator[];
  readonly log: Log;
}

const MOST_NODES_NAMED = 5;
/** Between two looks for speakers that have fallen silent. */
const JUDGE_MS = 1000;

const SERVICE = "v1/Service";
const POOL = "metallb.io/v1beta1/IPAddressPool";

export class KubernetesSource implements Source, ShownServices, ShownPools {
  readonly translated: Translated;
  readonly #node: string | undefined;
  readonly #objects: ClusterObjects;
  readonly #readers: KindReaders;
  readonly #watches: readonly { readonly kind: WatchedKind; readonly reflector: Reflector }[];
  /** Problems that objects have by themselves, by `Kind key`. */
  readonly #bad = new Map<string, readonly Problem[]>();
  readonly #nodes = new Set<string>();
  readonly #speakers: HeardSpeakers;
  #hasSpeakerNews = false;
  #judging: NodeJS.Timeout | undefined;
  /** The version of each Service that the store shows. */
  readonly #versions = new Map<ServiceKey, string>();
  readonly #poolStatuses = new Map<string, unknown>();
  readonly #calls = new Set<() => void>();
  readonly #poolCalls = new Set<() => void>();
  #isSynced = false;
  #told = "";
  #onSynced: () => void = () => {};

  /** Resolves when everything has been read once, however long that takes. Rejects only where the signal ends it. */
  static async open(options: KubernetesOptions, store: FactSink, signal?: AbortSignal): Promise<KubernetesSource> {
    const source = new KubernetesSource(options, store);
    try {
      await source.#start(signal);
    } catch (error) {
      source.close();
      throw error;
    }
    return source;
  }

  private constructor({ api, role, namespace, node, translators, log }: KubernetesOptions, store: FactSink) {
    this.#node = node;
    this.translated = new Translated(store, translators, node);
    this.#objects = new ClusterObjects(this.translated, this.translated);
    this.#readers = this.translated.readers;
    this.#speakers = new HeardSpeakers({
      tell: (name, speaker) => {
        this.#objects.setSpeaker(name, speaker);
        this.#hasSpeakerNews = true;
      },
      log,
      now: () => performance.now(),
    });
    this.#watches = kindsOf(role, namespace, this.#readers).map((kind) => {
      const sink = kind.type === LEASE ? this.#speakerSink() : this.#sinkOf(kind.type);
      return { kind, reflector: new Reflector({ api, resource: kind, sink, log }) };
    });
  }

  setTranslators(translators: readonly Translator[]): void {
    this.translated.setTranslators(translators);
    this.#commit();
  }

  isComplete(): boolean {
    return this.#isSynced && ![...this.#bad.keys()].some((id) => id.startsWith("Service ") || id.startsWith("IPAddressPool "));
  }

  problems(): readonly Problem[] {
    return [...this.#strangerProblem(), ...[...this.#bad.values()].flat(), ...this.#objects.problems()];
  }

  onProblems(call: () => void): Close {
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  }

  versionOf(service: ServiceKey): string | undefined {
    return this.#versions.get(service);
  }

  accept(answer: Record<string, unknown>, from: string): void {
    const object = rawObject(answer);
    if (object === undefined || this.versionOf(`${object.metadata.namespace}/${object.metadata.name}`) !== from) return;
    this.#put(SERVICE, object);
    this.#commit();
  }

  poolStatusOf(pool: string): unknown {
    return this.#poolStatuses.get(pool);
  }

  onPools(call: () => void): Close {
    this.#poolCalls.add(call);
    return () => this.#poolCalls.delete(call);
  }

  watches(): WatchState[] {
    return this.#watches.map(({ kind, reflector }) => ({ type: kind.type, ...reflector.state() }));
  }

  /** Those that a Lease tells of and that are not silent. */
  speakers(): number {
    return this.#speakers.count();
  }

  close(): void {
    clearInterval(this.#judging);
    for (const { reflector } of this.#watches) reflector.close();
  }

  async #start(signal: AbortSignal | undefined): Promise<void> {
    const synced = new Promise<void>((resolve, reject) => {
      this.#onSynced = resolve;
      signal?.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    signal?.throwIfAborted();
    for (const { reflector } of this.#watches) reflector.start();
    this.#judging = setInterval(() => {
      this.#speakers.judge();
      this.#commitSpeakers();
    }, JUDGE_MS);
    await synced;
  }

  #sinkOf(type: string): ObjectSink {
    return {
      put: (raw) => this.#put(type, raw),
      remove: (name) => this.#remove(type, name),
      commit: () => {
        this.#commit();
        if (type === POOL) for (const call of this.#poolCalls) call();
      },
      synced: () => this.#commit(),
    };
  }

  /** Leases change all the time; what they say hardly ever does. */
  #speakerSink(): ObjectSink {
    return {
      put: (raw) => this.#speakers.put(raw),
      remove: (name) => this.#speakers.remove(name),
      commit: () => this.#commitSpeakers(),
      synced: () => this.#commit(),
    };
  }

  #commitSpeakers(): void {
    if (!this.#hasSpeakerNews) return;
    this.#hasSpeakerNews = false;
    this.#commit();
  }

  #put(type: string, raw: RawObject): void {
    const { namespace, name, resourceVersion } = raw.metadata;
    // As a write of ours was answered, so the watch tells it once more.
    if (type === SERVICE && this.#versions.get(`${namespace}/${name}`) === resourceVersion) return;
    if (type === POOL) this.#poolStatuses.set(name, raw["status"]);
    // The items of a list do not say what they are.
    const typed = Object.assign(raw, { apiVersion: apiVersionOf(type), kind: kindOf(type) });
    for (const { id, object, problems } of project(typed, this.#readers).found) {
      if (object !== undefined) this.#objects.put(object);
      if (object?.kind === "Node") this.#nodes.add(object.key);
      if (object?.kind === "Service") this.#versions.set(object.key, resourceVersion);
      if (id !== undefined && problems.length === 0) this.#bad.delete(id);
      else if (id !== undefined) this.#bad.set(id, problems);
    }
  }

  #remove(type: string, name: ObjectName): void {
    const object = identify(type, name, this.#readers);
    this.#objects.remove(object);
    if (object.kind === "IPAddressPool") this.#poolStatuses.delete(object.key);
    if (object.kind === "Node") this.#nodes.delete(object.key);
    if (object.kind === "Service") this.#versions.delete(object.key);
    this.#bad.delete(`${kindOf(type)} ${object.key}`);
  }

  #commit(): void {
    if (!this.#isSynced && !this.#watches.every(({ reflector }) => reflector.state().isSynced)) return;
    this.#objects.commit();
    this.#isSynced = true;
    this.#onSynced();
    this.#tell();
  }

  #strangerProblem(): Problem[] {
    if (this.#node === undefined || !this.#isSynced || this.#nodes.has(this.#node)) return [];
    const named = [...this.#nodes].sort().slice(0, MOST_NODES_NAMED).join(", ");
    const more = this.#nodes.size - MOST_NODES_NAMED;
    const found = this.#nodes.size === 0 ? "no Node" : `only ${named}${more > 0 ? ` and ${more} more` : ""}`;
    return [{ object: `Node ${this.#node}`, path: "", found, expected: "the name of this node with --node-name; it announces nothing" }];
  }

  #tell(): void {
    const told = JSON.stringify([this.isComplete(), this.problems()]);
    if (told === this.#told) return;
    this.#told = told;
    for (const call of this.#calls) call();
  }
}

function identify(type: string, { namespace, name }: ObjectName, readers: KindReaders): ObjectId {
  const kind = kindOf(type);
  if (Object.hasOwn(readers, type)) return { kind: "translated", of: kind, key: name };
  const isNamespaced = kind === "Service" || kind === "EndpointSlice" || kind === "Secret";
  return { kind, key: isNamespaced ? `${namespace}/${name}` : name } as ObjectId;
}

/**
 * Dirty Services → snapshot → claims → the rows of this node → lanes.
 *
 * Nothing travels here but "look again". A run takes the marks, plans the Services that they name, and desires in each
 * lane what came out; a burst of events is one run. What each Service claims is kept, so one dirty Service costs one
 * Service, and Services that share a VIP are joined from what is kept.
 */

import type { Close } from "../announcer.ts";
import { announceFrom, mergeClaims, refuseOthers } from "../rules/merge-claims.ts";
import { type Claim, indexPlan, type PlanIndex, type PlanOptions, planService, type ServicePlan } from "../rules/plan.ts";
import type { RankNodes } from "../rules/rank.ts";
import type { AnnouncerFact, PlanRefusal, ServiceKey, Snapshot } from "../rules/vocabulary.ts";
import type { Lane } from "./lane.ts";

/** The part of the store that the reconciler needs. */
export interface ReconcilerStore {
  snapshot(): Snapshot;
  takeDirty(): { readonly all: boolean; readonly services: ReadonlySet<ServiceKey> };
  onDirty(call: () => void): Close;
}

export interface ReconcilerOptions {
  readonly node: string;
  readonly store: ReconcilerStore;
  readonly announcers: readonly AnnouncerFact[];
  readonly rank: RankNodes;
  readonly plan?: PlanOptions;
  /** Milliseconds that only go forward. */
  readonly now: () => number;
  /** Hears how long each run took. */
  readonly onRun?: (tookMs: number) => void;
}

export interface ReconcilerState {
  readonly runs: number;
  readonly lastRunAtMs: number | undefined;
  readonly lastRunTookMs: number | undefined;
  /** Services planned in the last run, and in all runs. */
  readonly lastRunServices: number;
  readonly services: number;
  /** Claims over all nodes, of Services that share a VIP joined. */
  readonly claims: number;
}

/** What became of one Service. */
export interface ServiceOutcome {
  /** Its VIPs with the nodes in rank, over all nodes, joined with those of Services that share them. */
  readonly claims: readonly Claim[];
  readonly refused: readonly PlanRefusal[];
}

const nothing: ServicePlan = { claims: [], refused: [] };

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #lanes = new Map<string, Lane>();
  readonly #plans = new Map<ServiceKey, ServicePlan>();
  /** By VIP and announcer: each Service's claim, and the joined one. */
  readonly #parts = new Map<string, Map<ServiceKey, Claim>>();
  readonly #joined = new Map<string, Claim>();
  #index: PlanIndex | undefined;
  #scheduled: NodeJS.Immediate | undefined;
  #close: Close | undefined;
  #state = {
    runs: 0,
    lastRunAtMs: undefined as number | undefined,
    lastRunTookMs: undefined as number | undefined,
    lastRunServices: 0,
    services: 0,
  };

  constructor(options: ReconcilerOptions) {
    this.#options = options;
  }

  /** Gives a new lane the rows of the announcer of its name, now and from now on. */
  attach(lane: Lane): void {
    this.#lanes.set(lane.name, lane);
    for (const claim of this.#joined.values()) if (claim.via === lane.name) this.#desire(lane, claim);
    lane.run();
  }

  /** Desires nothing more in this lane, and leaves it as it is. */
  detach(name: string): void {
    this.#lanes.delete(name);
  }

  /** Follows the store. */
  start(): void {
    this.#close ??= this.#options.store.onDirty(() => this.#schedule());
  }

  /** Plans everything anew, since what `plan` says has changed. */
  replan(): void {
    this.#index = undefined;
    if (this.#close !== undefined) this.#schedule();
  }

  /** Follows the store no more; gives each lane that could not stop with its error. */
  async stop(why: "leave" | "replace"): Promise<{ announcer: string; error: unknown }[]> {
    this.#close?.();
    this.#close = undefined;
    clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    const lanes = [...this.#lanes.values()];
    this.#lanes.clear();
    const results = await Promise.allSettled(lanes.map((lane) => lane.stop(why)));
    return results.flatMap((result, at) =>
      result.status === "rejected" ? { announcer: lanes[at]?.name ?? "", error: result.reason } : [],
    );
  }

  /** Plans what is dirty now and sets the lanes going. */
  run(): void {
    this.#scheduled = undefined;
    const { store, announcers, rank, plan, now } = this.#options;
    const since = now();
    const dirty = store.takeDirty();
    const snapshot = store.snapshot();
    const isAll = dirty.all || this.#index === undefined;
    const index = isAll ? indexPlan(snapshot, announcers, rank, plan) : (this.#index as PlanIndex);
    this.#index = index;
    const keys = isAll ? new Set([...snapshot.services.keys(), ...this.#plans.keys()]) : dirty.services;
    const touched = new Set<string>();
    for (const key of keys) this.#replace(key, isLoadBalancer(snapshot, key) ? planService(index, snapshot, key) : nothing, touched);
    for (const id of touched) this.#join(id);
    for (const lane of this.#lanes.values()) lane.run();
    const nowMs = now();
    const { runs, services } = this.#state;
    const last = { lastRunAtMs: nowMs, lastRunTookMs: nowMs - since, lastRunServices: keys.size };
    this.#state = { ...last, runs: runs + 1, services: services + keys.size };
    this.#options.onRun?.(nowMs - since);
  }

  /** Undefined: no such Service of type LoadBalancer. */
  explain(key: ServiceKey): ServiceOutcome | undefined {
    const plan = this.#plans.get(key);
    if (plan === undefined) return undefined;
    const claims = plan.claims.map((claim) => this.#joined.get(idOf(claim)) as Claim);
    const others = claims.flatMap((claim) => refuseOthers(claim)).filter(({ service }) => service === key);
    return { claims, refused: [...plan.refused, ...others] };
  }

  /** Joined claims of all Services. */
  claims(): IterableIterator<Claim> {
    return this.#joined.values();
  }

  state(): ReconcilerState {
    return { ...this.#state, claims: this.#joined.size };
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => this.run());
  }

  #replace(key: ServiceKey, plan: ServicePlan, touched: Set<string>): void {
    for (const claim of this.#plans.get(key)?.claims ?? []) {
      touched.add(idOf(claim));
      this.#parts.get(idOf(claim))?.delete(key);
    }
    for (const claim of plan.claims) {
      const id = idOf(claim);
      touched.add(id);
      const parts = this.#parts.get(id);
      if (parts === undefined) this.#parts.set(id, new Map([[key, claim]]));
      else parts.set(key, claim);
    }
    if (plan === nothing) this.#plans.delete(key);
    else this.#plans.set(key, plan);
  }

  #join(id: string): void {
    const old = this.#joined.get(id);
    const [claim] = mergeClaims(this.#parts.get(id)?.values() ?? []);
    if (claim !== undefined) this.#joined.set(id, claim);
    else {
      this.#joined.delete(id);
      this.#parts.delete(id);
    }
    const { vip, via } = (claim ?? old) as Claim;
    const lane = this.#lanes.get(via);
    if (lane === undefined) return;
    if (claim === undefined) lane.desire(vip, undefined);
    else this.#desire(lane, claim);
  }

  #desire(lane: Lane, claim: Claim): void {
    lane.desire(claim.vip, announceFrom(claim, this.#options.node));
  }
}

function idOf({ vip, via }: Claim): string {
  return `${vip} ${via}`;
}

function isLoadBalancer({ services }: Snapshot, key: ServiceKey): boolean {
  return services.get(key)?.type === "LoadBalancer";
}

/**
 * Dirty Services → snapshot → claims → the rows of this node → lanes.
 *
 * Nothing travels here but "look again". A run takes the marks, plans the Services that they name, and desires in each
 * lane what came out; a burst of events is one run, and one dirty Service costs one Service. What it claims names all
 * nodes in order, and is not kept: where Services share a VIP, their claims are worked out anew and joined. Only what is spread over the
 * nodes evenly is known of all Services (`spread-claims.ts`).
 */

import { isDeepStrictEqual } from "node:util";
import type { Close } from "../announcer.ts";
import { explainGates, type ServiceGates } from "../rules/gates.ts";
import { announceFrom, areAlike, mergeClaims, refuseOthers } from "../rules/merge-claims.ts";
import { type Claim, claimService, indexPlan, type PlanIndex, type PlanOptions, planService } from "../rules/plan.ts";
import type { RankNodes } from "../rules/rank.ts";
import { type Reach, reachOf } from "../rules/reach.ts";
import type { AnnouncerFact, PlanRefusal, ServiceFact, ServiceKey, Snapshot } from "../rules/vocabulary.ts";
import type { Lane } from "./lane.ts";
import { SpreadClaims } from "./spread-claims.ts";

/** The part of the store that the reconciler needs. */
export interface ReconcilerStore {
  snapshot(): Snapshot;
  takeDirty(): { readonly all: boolean; readonly services: ReadonlySet<ServiceKey> };
  onDirty(call: () => void): Close;
}

export interface ReconcilerOptions {
  readonly node: string;
  readonly store: ReconcilerStore;
  /** At first. */
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

/** A Service as it was planned last. */
interface Planned {
  readonly service: ServiceFact;
  readonly reach: Reach | undefined;
  /** `VIP announcer` of each of its claims. */
  readonly ids: readonly string[];
}

/** The owner and its heirs; and one more, for an owner that is not the first in rank. */
const READ_OF_RANK = 4;

/** What a run plans from. */
interface Basis {
  readonly index: PlanIndex;
  readonly snapshot: Snapshot;
}

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #lanes = new Map<string, Lane>();
  #announcers: readonly AnnouncerFact[];
  readonly #planned = new Map<ServiceKey, Planned>();
  /** By VIP and announcer: the Services that claim it. */
  readonly #claimants = new Map<string, Set<ServiceKey>>();
  readonly #spread = new SpreadClaims();
  /** Of the last run. */
  #basis: Basis | undefined;
  #isStale = false;
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
    this.#announcers = options.announcers;
  }

  /** Gives a new lane the rows of the announcer of its name, now and from now on. */
  attach(lane: Lane): void {
    this.#lanes.set(lane.name, lane);
    const basis = this.#basis;
    if (basis !== undefined) for (const id of this.#claimants.keys()) if (id.endsWith(` ${lane.name}`)) this.#join(basis, id);
    this.#desireSpread();
    lane.run();
  }

  /** Desires nothing more in this lane, and leaves it as it is. */
  detach(name: string): void {
    this.#lanes.delete(name);
  }

  /** Plans everything anew, for these announcers. */
  setAnnouncers(announcers: readonly AnnouncerFact[]): void {
    this.#announcers = announcers;
    this.replan();
  }

  /** Follows the store. */
  start(): void {
    this.#close ??= this.#options.store.onDirty(() => this.#schedule());
  }

  /** Plans everything anew, since what `plan` says has changed. */
  replan(): void {
    this.#isStale = true;
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
    const { store, rank, plan, now } = this.#options;
    const since = now();
    const dirty = store.takeDirty();
    const snapshot = store.snapshot();
    const isAll = dirty.all || this.#isStale || this.#basis === undefined;
    this.#isStale = false;
    const index = isAll ? indexPlan(snapshot, this.#announcers, rank, plan) : (this.#basis as Basis).index;
    const basis = (this.#basis = { index, snapshot });
    const all = isAll ? [...new Set([...snapshot.services.keys(), ...this.#planned.keys()])] : [...dirty.services];
    const keys = isAll ? all : all.filter((key) => !this.#isAsPlanned(snapshot, key));
    const shared = new Set<string>();
    for (const key of keys) this.#plan(basis, key, shared);
    for (const id of shared) this.#join(basis, id);
    this.#desireSpread();
    for (const lane of this.#lanes.values()) lane.run();
    const nowMs = now();
    const { runs, services } = this.#state;
    const last = { lastRunAtMs: nowMs, lastRunTookMs: nowMs - since, lastRunServices: keys.length };
    this.#state = { ...last, runs: runs + 1, services: services + keys.length };
    this.#options.onRun?.(nowMs - since);
  }

  /** As of the last run. Undefined: no such Service of type LoadBalancer. */
  explain(key: ServiceKey): ServiceOutcome | undefined {
    const basis = this.#basis;
    if (basis === undefined || !this.#planned.has(key)) return undefined;
    const plan = planService(basis.index, basis.snapshot, key);
    const claimOf = (claim: Claim) => this.#spread.place(mergeClaims(this.#claimsAt(basis, idOf(claim)))[0] as Claim);
    const claims = plan.claims.map(claimOf);
    const others = claims.flatMap((claim) => refuseOthers(claim)).filter(({ service }) => service === key);
    return { claims, refused: [...plan.refused, ...others] };
  }

  /** Why it is announced from where it is: every condition, as of the last run. Undefined: there is no such Service. */
  gates(key: ServiceKey): ServiceGates | undefined {
    const basis = this.#basis;
    return basis && explainGates(basis.index, basis.snapshot, key);
  }

  state(): ReconcilerState {
    return { ...this.#state, claims: this.#claimants.size };
  }

  #schedule(): void {
    this.#scheduled ??= setImmediate(() => this.run());
  }

  /** Most changes of endpoints change no plan: one of several comes or goes. */
  #isAsPlanned({ services, endpoints }: Snapshot, key: ServiceKey): boolean {
    const planned = this.#planned.get(key);
    const service = services.get(key);
    if (planned === undefined || planned.service !== service) return false;
    return isDeepStrictEqual(planned.reach, reachOf(service, endpoints.get(key)));
  }

  /** Desires what the Service alone claims; what others do or did claim too goes into `shared`. */
  #plan({ index, snapshot }: Basis, key: ServiceKey, shared: Set<string>): void {
    const service = snapshot.services.get(key);
    for (const id of this.#planned.get(key)?.ids ?? []) {
      this.#claimants.get(id)?.delete(key);
      shared.add(id);
    }
    if (service?.type !== "LoadBalancer") {
      this.#planned.delete(key);
      return;
    }
    const claims = claimService(index, snapshot, key, READ_OF_RANK);
    this.#planned.set(key, { service, reach: reachOf(service, snapshot.endpoints.get(key)), ids: claims.map(idOf) });
    for (const claim of claims) {
      const id = idOf(claim);
      const claimants = this.#claimants.get(id) ?? new Set();
      this.#claimants.set(id, claimants.add(key));
      if (claimants.size > 1) shared.add(id);
      else {
        shared.delete(id);
        this.#claim(id, claim);
      }
    }
  }

  #join(basis: Basis, id: string): void {
    const few = this.#claimsAt(basis, id, READ_OF_RANK);
    const [claim] = mergeClaims(areAlike(few) ? few : this.#claimsAt(basis, id));
    if (claim === undefined) this.#claimants.delete(id);
    this.#claim(id, claim);
  }

  /** Of all Services at that VIP, each with `most` nodes of its rank. */
  #claimsAt({ index, snapshot }: Basis, id: string, most?: number): Claim[] {
    const claimOf = (key: ServiceKey) => claimService(index, snapshot, key, most).findLast((claim) => idOf(claim) === id) ?? [];
    return [...(this.#claimants.get(id) ?? [])].flatMap(claimOf);
  }

  /** Desires it now, or, where it is to be spread, with all that are. */
  #claim(id: string, claim: Claim | undefined): void {
    if (!this.#spread.put(id, claim)) this.#desire(id, claim);
  }

  #desireSpread(): void {
    for (const [id, claim] of this.#spread.take()) this.#desire(id, claim);
  }

  #desire(id: string, claim: Claim | undefined): void {
    const [vip = "", via = ""] = id.split(" ");
    const { node } = this.#options;
    const hasHeirs = this.#announcers.find(({ name }) => name === via)?.hasHeirs;
    this.#lanes.get(via)?.desire(vip, claim && announceFrom(claim, node, hasHeirs), claim !== undefined);
  }
}

function idOf({ vip, via }: Claim): string {
  return `${vip} ${via}`;
}

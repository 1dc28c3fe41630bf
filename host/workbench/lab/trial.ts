/**
 * One run of the lab, on whatever ground: facts → what to expect → the client tries it → rows.
 *
 * First everything but the speakers is there, and the client must not resolve a single VIP: else what it learns later would prove nothing
 * (`control`). Then the speakers start, and from then on every change of the manifests changes the rows, and what is not as expected is
 * tried again and again.
 */

import type { DryRun } from "../../cluster/dry-run.ts";
import type { Store } from "../../cluster/store.ts";
import type { RankNodes } from "../../rules/rank.ts";
import type { AnnouncerFact, ServicePort, Snapshot } from "../../rules/vocabulary.ts";
import { type Addresses, planAddresses } from "./addresses.ts";
import { type Expected, expect } from "./expectation.ts";
import type { Ground, Probe } from "./ground.ts";
import { canTry, complaintOf, type Macs, type Row, type RowResult, resultOf, targetOf } from "./row.ts";

const RETRY_MS = 100;
/** What takes longer than this is shown as wrong, though it is still tried. */
const PATIENCE_MS = 3000;

export interface TrialOptions {
  readonly store: Store;
  /** What the controller would do with the facts of the store. */
  readonly dryRun: (snapshot: Snapshot) => DryRun;
  readonly announcers: readonly AnnouncerFact[];
  readonly rank: RankNodes;
  readonly ground: Ground;
  /** It cannot go on. */
  readonly onLost: (error: Error) => void;
}

/** One row as it stands. */
export interface RowView {
  readonly result: RowResult;
  /** What is not as it should be. */
  readonly complaint: string | undefined;
  /** It may well come right in a moment. */
  readonly isPending: boolean;
}

export interface View {
  readonly rows: readonly RowView[];
  /** Nothing is left to try. */
  readonly isSettled: boolean;
}

export class Trial {
  readonly #options: TrialOptions;
  readonly #rows = new Map<string, Row>();
  #call: () => void = () => {};
  #addresses: Addresses | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isBusy = false;
  /** There is something to do. */
  #isDirty = false;
  /** The facts have changed. */
  #isStale = true;
  #hasEnded = false;

  constructor(options: TrialOptions) {
    this.#options = options;
  }

  get view(): View {
    const rows = [...this.#rows.values()].map((row) => ({
      result: resultOf(row, this.#macs),
      complaint: complaintOf(row, this.#macs, this.#isReachable),
      isPending: !isSettled(row) && performance.now() - row.sinceMs < PATIENCE_MS,
    }));
    return { rows, isSettled: [...this.#rows.values()].every(isSettled) };
  }

  /** Calls at once and whenever the view may have changed. */
  onChange(call: () => void): void {
    this.#call = call;
    call();
  }

  /** Hosts and listeners; no speaker yet. */
  async prepare(): Promise<void> {
    await this.#update();
  }

  /** The VIPs that the client resolved though no speaker runs, and who answered. */
  async control(): Promise<{ vips: number; answered: string[] }> {
    const targets = [...this.#rows.values()]
      .filter(({ expected }) => expected.owner !== undefined)
      .map(({ expected }) => targetOf(expected));
    const probes = await this.#options.ground.probe(targets, true);
    const answered = targets.flatMap(({ vip }, at) => {
      const macs = [...new Set([probes[at]?.mac ?? [], probes[at]?.answeredBy ?? []].flat())];
      return macs.length === 0
        ? []
        : [`${vip}, answered by the kernel of ${macs.map((mac) => this.#macs.owner(mac) ?? mac).join(" and ")}`];
    });
    return { vips: targets.length, answered };
  }

  /** Starts the speakers, and follows from then on. */
  async start(): Promise<void> {
    await this.#options.ground.startSpeakers();
    for (const [key, { expected }] of this.#rows) this.#rows.set(key, newRow(expected));
    this.#options.store.onDirty(() => {
      this.#isStale = true;
      this.#wake();
    });
    this.#wake();
  }

  /** Its VIPs are to be resolved anew: what the client knows of them no longer tells whether the speaker answers. */
  doubt(node: string): void {
    this.#renew(node);
    this.#call();
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
  }

  get #isReachable(): boolean {
    return this.#options.ground.wire === "kernel";
  }

  get #macs(): Macs {
    const { ground } = this.#options;
    const nodes = [...(this.#addresses?.nodes.keys() ?? [])];
    return { of: (node) => ground.mac(node), owner: (mac) => nodes.find((node) => ground.mac(node) === mac) };
  }

  #renew(owner: string): void {
    for (const [key, { expected }] of this.#rows) if (expected.owner === owner) this.#rows.set(key, newRow(expected));
  }

  #wake(): void {
    this.#isDirty = true;
    clearTimeout(this.#timer);
    if (this.#isBusy || this.#hasEnded) return;
    this.#isBusy = true;
    this.#run()
      .catch((error: Error) => this.#hasEnded || this.#options.onLost(error))
      .finally(() => {
        this.#isBusy = false;
        if (this.#hasEnded) return;
        if (this.#isDirty) this.#wake();
        else if (![...this.#rows.values()].every(isSettled)) this.#timer = setTimeout(() => this.#wake(), RETRY_MS);
      });
  }

  async #run(): Promise<void> {
    this.#isDirty = false;
    if (this.#isStale) await this.#update();
    await this.#try(true);
    await this.#try(false);
  }

  /** Takes over what the manifests and the controller say now. */
  async #update(): Promise<void> {
    const { store, dryRun, announcers, rank, ground } = this.#options;
    this.#isStale = false;
    store.takeDirty();
    const snapshot = store.snapshot();
    const expected = expect(snapshot, dryRun(snapshot), announcers, rank);
    const before = new Map(this.#rows);
    this.#rows.clear();
    for (const next of expected) {
      const key = `${next.service} ${next.vip ?? ""}`;
      this.#rows.set(key, nextRow(before.get(key), next));
    }
    this.#addresses = planAddresses(snapshot, this.#addresses);
    const macs = new Map([...this.#addresses.nodes.keys()].map((node) => [node, ground.mac(node)]));
    await ground.setAddresses(this.#addresses);
    for (const [node, mac] of macs) if (ground.mac(node) !== mac) this.#renew(node);
    await ground.setListeners(portsOf(expected));
    this.#call();
  }

  async #try(isFresh: boolean): Promise<void> {
    const { ground } = this.#options;
    const rows = [...this.#rows].filter(([, row]) => !row.isGood && row.isFresh === isFresh && canTry(row.expected));
    if (rows.length === 0) return;
    const probes = await ground.probe(
      rows.map(([, { expected }]) => targetOf(expected)),
      isFresh,
    );
    for (const [at, [key, row]] of rows.entries()) {
      const probe = probes[at];
      if (this.#rows.get(key) !== row || probe === undefined) continue; // it changed meanwhile
      const firstReplyMicros = probe.firstReplyMicros ?? (isFresh ? null : (row.probe?.firstReplyMicros ?? null));
      const tried = { ...row, probe: { ...probe, firstReplyMicros } };
      const isTelling = !isFresh || isAnswer(probe, performance.now() - row.sinceMs);
      this.#rows.set(key, { ...tried, isGood: isTelling && complaintOf(tried, this.#macs, this.#isReachable) === undefined });
    }
    this.#call();
  }
}

/** What the client found stays good as long as nothing changes that it depends on. */
function nextRow(before: Row | undefined, expected: Expected): Row {
  if (before === undefined) return newRow(expected);
  const old = before.expected;
  const isSame =
    old.owner === expected.owner && old.isOnRecord === expected.isOnRecord && JSON.stringify(old.ports) === JSON.stringify(expected.ports);
  if (isSame) return { ...before, expected };
  return { ...before, expected, isGood: false, sinceMs: performance.now(), isFresh: before.isFresh && !before.isGood };
}

/**
 * A client that asked while the speaker was about to learn of the VIP has its first request unanswered, or learns the MAC from
 * the announcement; neither tells how a speaker answers.
 */
function isAnswer({ firstReplyMicros, requests }: Probe, ageMs: number): boolean {
  return firstReplyMicros !== null && (requests === 1 || ageMs > PATIENCE_MS);
}

function newRow(expected: Expected): Row {
  return { expected, isGood: false, isFresh: true, sinceMs: performance.now() };
}

/** As expected, or nothing that the client could try. */
function isSettled({ expected, isGood }: Row): boolean {
  return isGood || expected.owner === undefined;
}

function portsOf(expected: readonly Expected[]): Map<string, readonly ServicePort[]> {
  const ports = new Map<string, readonly ServicePort[]>();
  for (const { vip, ports: more } of expected)
    if (vip !== undefined && !vip.includes(":")) ports.set(vip, [...(ports.get(vip) ?? []), ...more]);
  return ports;
}

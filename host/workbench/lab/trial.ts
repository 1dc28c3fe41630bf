/**
 * One run of the lab, on whatever ground: facts → what to expect → the client tries it → rows.
 *
 * First everything but the speakers is there, and the client must not resolve a single VIP, nor a router know a route: else what they
 * learn later would prove nothing (`control`). Then the speakers start, and from then on every change of the manifests changes the rows,
 * and what is not as expected is tried again and again.
 */

import type { PluginDefinition } from "../../announcer.ts";
import { planAll } from "../../rules/merge-claims.ts";
import { indexPlan } from "../../rules/plan.ts";
import type { RankNodes } from "../../rules/rank.ts";
import type { ServicePort } from "../../rules/vocabulary.ts";
import { announcerFact } from "../../sandbox/start-plugin.ts";
import { type Addresses, has, planAddresses, sameFamily } from "./addresses.ts";
import { type Expected, expect } from "./expectation.ts";
import type { Ground, Probe } from "./ground.ts";
import { expectRoutes } from "./route-expectation.ts";
import { RouteRows, type RouteView } from "./route-rows.ts";
import { findPartners, objectionTo, planRouters } from "./router-plan.ts";
import { canTry, complaintOf, isForClient, type Macs, type Row, type RowResult, resultOf, targetOf } from "./row.ts";
import type { Workplace } from "./workplace.ts";

const RETRY_MS = 100;
/** What takes longer than this is shown as wrong, though it is still tried. */
const PATIENCE_MS = 3000;

/** Of a host that is not there. */
const NOWHERE = { ipv4: "", ipv6: "" };

export interface TrialOptions {
  readonly place: Pick<Workplace, "store" | "dryRun" | "configOn" | "onConfig" | "passwordOf">;
  readonly plugins: readonly PluginDefinition[];
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
  readonly routes: readonly RouteView[];
  /** Nothing is left to try. */
  readonly isSettled: boolean;
}

export class Trial {
  readonly #options: TrialOptions;
  readonly #rows = new Map<string, Row>();
  readonly #routes: RouteRows;
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
    const { ground } = options;
    const isReachable = this.#isReachable;
    this.#routes = new RouteRows({
      isReachable,
      learned: (router) => ground.learned(router),
      nameOf: (address) => [...(this.#addresses?.nodes ?? [])].find(([, own]) => has(own, address))?.[0] ?? address,
      addressOf: (node, router) => sameFamily(this.#addresses?.nodes.get(node) ?? NOWHERE, router),
      viaOf: (router, vip) => sameFamily(this.#addresses?.routers.get(router) ?? NOWHERE, vip),
      objectionTo: (router) => this.#addresses && objectionTo(router, this.#addresses),
    });
  }

  get view(): View {
    const rows = [...this.#rows.values()].map((row) => ({
      result: resultOf(row, this.#macs),
      complaint: complaintOf(row, this.#macs, this.#isReachable),
      isPending: !isSettled(row) && performance.now() - row.sinceMs < PATIENCE_MS,
    }));
    return { rows, routes: this.#routes.views, isSettled: this.#isSettled };
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

  /** What the client resolved or reached, and the routers knew, though no speaker runs. */
  async control(): Promise<{ vips: readonly string[]; routes: number; answered: string[] }> {
    const targets = [...this.#rows.values()]
      .filter(({ expected }) => expected.owner !== undefined)
      .map(({ expected }) => targetOf(expected));
    const probes = await this.#options.ground.probe(targets, true);
    const answered = targets.flatMap(({ vip }, at) => {
      const macs = [...new Set([probes[at]?.mac ?? [], probes[at]?.answeredBy ?? []].flat())];
      return macs.length === 0
        ? []
        : [`the client resolved ${vip}, answered by the kernel of ${macs.map((mac) => this.#macs.owner(mac) ?? mac).join(" and ")}`];
    });
    const routes = this.#routes.targets;
    const reached = (await this.#options.ground.probe(routes, false)).flatMap(({ reached: node }, at) =>
      node === null ? [] : [`the client reached ${routes[at]?.vip} on ${node} through the router ${routes[at]?.via}`],
    );
    const learned = this.#routes.views.flatMap(({ result: { vip, router, nextHops } }) =>
      nextHops.length === 0 ? [] : [`the router ${router} had a route to ${vip}`],
    );
    return { vips: targets.map(({ vip }) => vip), routes: routes.length, answered: [...answered, ...reached, ...learned] };
  }

  /** Starts the speakers, and follows from then on. */
  async start(): Promise<void> {
    await this.#options.ground.startSpeakers();
    for (const [key, { expected }] of this.#rows) this.#rows.set(key, newRow(expected));
    this.#routes.renew();
    const follow = (): void => {
      this.#isStale = true;
      this.#wake();
    };
    this.#options.place.store.onDirty(follow);
    this.#options.place.onConfig(follow);
    this.#wake();
  }

  /** Its VIPs are to be resolved anew: what the client knows of them no longer tells whether the speaker answers. */
  doubt(node: string): void {
    this.#renew(node);
    this.#call();
    this.#wake();
  }

  /** The routers know something new. */
  routesChanged(): void {
    this.#routes.look();
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

  get #isSettled(): boolean {
    return [...this.#rows.values()].every(isSettled) && this.#routes.isSettled;
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
        else if (!this.#isSettled) this.#timer = setTimeout(() => this.#wake(), RETRY_MS);
      });
  }

  async #run(): Promise<void> {
    this.#isDirty = false;
    if (this.#isStale) await this.#update();
    await this.#try(true);
    await this.#try(false);
    if (await this.#routes.try((targets) => this.#options.ground.probe(targets, false))) this.#call();
  }

  /** Takes over what the manifests and the controller say now. */
  async #update(): Promise<void> {
    const { place, plugins, rank, ground } = this.#options;
    this.#isStale = false;
    place.store.takeDirty();
    const snapshot = place.store.snapshot();
    const run = place.dryRun(snapshot);
    const plan = planAll(indexPlan(run.snapshot, plugins.map(announcerFact), rank), run.snapshot);
    const partners = findPartners(plugins, place.configOn, snapshot.nodes.keys(), plan.claims);
    const expected = expect(snapshot, run, plan);
    const routes = expectRoutes(snapshot, run, plan, partners);
    const before = new Map(this.#rows);
    this.#rows.clear();
    for (const next of expected) {
      const key = `${next.service} ${next.vip ?? ""}`;
      this.#rows.set(key, nextRow(before.get(key), next));
    }
    this.#addresses = planAddresses(snapshot, this.#addresses, [...partners.keys()]);
    const macs = new Map([...this.#addresses.nodes.keys()].map((node) => [node, ground.mac(node)]));
    const routers = planRouters(partners.values(), this.#addresses, place.passwordOf);
    await Promise.all([ground.setAddresses(this.#addresses), ground.setRouters(routers, this.#addresses)]);
    for (const [node, mac] of macs) if (ground.mac(node) !== mac) this.#renew(node);
    this.#routes.expect(routes);
    await ground.setListeners(portsOf([...expected, ...routes]));
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
  return isGood || !isForClient(expected);
}

function portsOf(expected: readonly Pick<Expected, "vip" | "ports">[]): Map<string, readonly ServicePort[]> {
  const ports = new Map<string, readonly ServicePort[]>();
  for (const { vip, ports: more } of expected) if (vip !== undefined) ports.set(vip, [...(ports.get(vip) ?? []), ...more]);
  return ports;
}

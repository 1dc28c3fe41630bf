/** The lab's routes as they stand: rows that are looked at again whenever a router or the manifests say something new. */

import type { Probe, Target } from "./ground.ts";
import { type ExpectedRoute, keyOf } from "./route-expectation.ts";
import {
  isAsExpected,
  isRouteGood,
  lookAgain,
  type RouteResult,
  type RouteRow,
  type RouterFacts,
  routeComplaint,
  routeResult,
  routeTarget,
} from "./route-row.ts";

/** What takes longer than this is shown as wrong, though it is still tried. */
const PATIENCE_MS = 3000;

export interface RouteView {
  readonly result: RouteResult;
  /** What is not as it should be. */
  readonly complaint: string | undefined;
  /** It may well come right in a moment. */
  readonly isPending: boolean;
}

export class RouteRows {
  readonly #facts: RouterFacts;
  #rows = new Map<string, RouteRow>();

  constructor(facts: RouterFacts) {
    this.#facts = facts;
  }

  get views(): RouteView[] {
    return [...this.#rows.values()].map((row) => ({
      result: routeResult(row),
      complaint: routeComplaint(row, this.#facts),
      isPending: !this.#isSettled(row) && performance.now() - (row.learnedMs ?? row.sinceMs) < PATIENCE_MS,
    }));
  }

  get isSettled(): boolean {
    return [...this.#rows.values()].every((row) => this.#isSettled(row));
  }

  /** Every row that the client could try, whatever has been learned. */
  get targets(): readonly Target[] {
    return this.#facts.isReachable ? this.#withRouter().map(({ expected }) => routeTarget(expected, this.#facts)) : [];
  }

  /** What was learned stays as it is where the same is expected. */
  expect(expected: readonly ExpectedRoute[]): void {
    const before = this.#rows;
    this.#rows = new Map(expected.map((next) => [keyOf(next), nextRow(before.get(keyOf(next)), next)]));
    this.look();
  }

  /** As if everything were expected from now on. */
  renew(): void {
    this.#rows = new Map(Array.from(this.#rows, ([key, { expected }]) => [key, newRow(expected)]));
    this.look();
  }

  /** Takes over what the routers know now. */
  look(): void {
    const nowMs = performance.now();
    for (const [key, row] of this.#rows) this.#rows.set(key, lookAgain(row, this.#facts, nowMs));
  }

  /** Lets the client try the routes that are there and were not tried yet, or not well. False: there are none. */
  async try(probe: (targets: readonly Target[]) => Promise<readonly Probe[]>): Promise<boolean> {
    const rows = [...this.#rows].filter(([, row]) => isAsExpected(row) && !isRouteGood(row));
    if (rows.length === 0 || !this.#facts.isReachable) return false;
    const probes = await probe(rows.map(([, { expected }]) => routeTarget(expected, this.#facts)));
    for (const [at, [key, row]] of rows.entries()) {
      // Else it changed meanwhile.
      if (this.#rows.get(key) === row) this.#rows.set(key, { ...row, reached: probes[at]?.reached ?? null });
    }
    return true;
  }

  #withRouter(): RouteRow[] {
    return [...this.#rows.values()].filter(
      ({ expected: { router } }) => router !== undefined && this.#facts.learned(router.address) !== undefined,
    );
  }

  #isSettled(row: RouteRow): boolean {
    const { router } = row.expected;
    return !this.#facts.isReachable || router === undefined || this.#facts.objectionTo(router.address) !== undefined || isRouteGood(row);
  }
}

function nextRow(before: RouteRow | undefined, expected: ExpectedRoute): RouteRow {
  if (before === undefined) return newRow(expected);
  const { nodes, isOnRecord, ports } = before.expected;
  const isSame = JSON.stringify([nodes, isOnRecord, ports]) === JSON.stringify([expected.nodes, expected.isOnRecord, expected.ports]);
  return isSame ? { ...before, expected } : newRow(expected);
}

function newRow(expected: ExpectedRoute): RouteRow {
  return { expected, nextHops: [], sinceMs: performance.now() };
}

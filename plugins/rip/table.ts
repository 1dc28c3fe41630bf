/** What one link was told of, so that it can be told what has changed, and for a while what has gone. */

import { INFINITY, keyOf, type Route } from "./route.ts";

interface Gone {
  readonly route: Route;
  readonly untilMs: number;
}

export class Table {
  readonly #garbageMs: number;
  #routes: ReadonlyMap<string, Route> = new Map();
  readonly #gone = new Map<string, Gone>();
  readonly #changed = new Set<string>();

  constructor(garbageMs: number) {
    this.#garbageMs = garbageMs;
  }

  /** Routes by `keyOf`, from now on. */
  want(routes: ReadonlyMap<string, Route>, nowMs: number): void {
    for (const [key, before] of this.#routes) {
      if (routes.has(key)) continue;
      this.#gone.set(key, { route: { ...before, metric: INFINITY }, untilMs: nowMs + this.#garbageMs });
      this.#changed.add(key);
    }
    for (const [key, route] of routes) {
      this.#gone.delete(key);
      if (!isEqual(this.#routes.get(key), route)) this.#changed.add(key);
    }
    this.#routes = routes;
  }

  get hasChanged(): boolean {
    return this.#changed.size > 0;
  }

  /** All that is there, and what has gone not long ago; it counts as told. */
  takeAll(nowMs: number): readonly Route[] {
    this.#changed.clear();
    return this.all(nowMs);
  }

  /** The same, where only one hears of it. */
  all(nowMs: number): readonly Route[] {
    for (const [key, { untilMs }] of this.#gone) if (untilMs <= nowMs) this.#gone.delete(key);
    return [...this.#routes.values(), ...Array.from(this.#gone.values(), ({ route }) => route)];
  }

  /** What has changed since; it counts as told. */
  takeChanges(): readonly Route[] {
    const changes = [...this.#changed].flatMap((key) => this.#routes.get(key) ?? this.#gone.get(key)?.route ?? []);
    this.#changed.clear();
    return changes;
  }

  /** What there is of these, in their order: with metric 16 what is not (RFC 2453 §3.9.1). */
  answer(prefixes: readonly Omit<Route, "metric" | "tag">[]): readonly Route[] {
    return prefixes.map((prefix) => this.#routes.get(keyOf(prefix)) ?? { ...prefix, metric: INFINITY, tag: 0 });
  }
}

function isEqual(one: Route | undefined, other: Route): boolean {
  return one !== undefined && one.metric === other.metric && one.tag === other.tag && one.nextHop === other.nextHop;
}

/** Standings that a test sets. */

import type { GroupState, Standing, Standings } from "../../liveness/standing.ts";

export class FakeStandings implements Standings {
  readonly #groups = new Map<string, GroupState>();
  readonly #calls = new Set<(changed: readonly GroupState[]) => void>();

  /** Of a group of one VIP. */
  set(vip: string, standing: Standing, parts: Partial<GroupState> = {}): void {
    const succession = { group: vip, members: ["node-a", "node-b"], isSticky: false };
    const state = { group: vip, succession, standing, sinceMs: 0, reason: "first in rank", ...parts };
    this.#groups.set(vip, state);
    for (const call of this.#calls) call([state]);
  }

  ofVip(vip: string): GroupState | undefined {
    return this.#groups.get(vip);
  }

  all(): Iterable<GroupState> {
    return this.#groups.values();
  }

  onChange(call: (changed: readonly GroupState[]) => void): () => void {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }
}

/** Two that claim one VIP group: which of them this node takes to be in the right, and how often it says so. */

import type { World } from "./world.ts";

/** A rival has heard an assertion by then, and for as long it is of the same contest. */
const HEARD_MS = 200;
const CONTEST_MS = 5000;
/** A member whose session is up again this long has had its say. */
const AGREED_MS = 5000;
const DEPOSED_MS = 60_000;

export class Contest {
  /** Members that were gone when the group was taken over under `sticky`, and have not been back for long enough to object. */
  #takenWithout = new Set<string>();
  /** Members that do not answer though they live, and until when they count as gone. */
  readonly #deposed = new Map<string, number>();
  #assertedMs = -Infinity;

  /** The group was taken over while these members were gone. */
  takeWithout(gone: Iterable<string>): void {
    this.#takenWithout = new Set(gone);
  }

  /** That member is said not to answer, whatever its session says. */
  depose(node: string, nowMs: number): void {
    this.#deposed.set(node, nowMs + DEPOSED_MS);
  }

  isDeposed(node: string, nowMs: number): boolean {
    return nowMs < (this.#deposed.get(node) ?? -Infinity);
  }

  /** True at most once in so long: this node announces again that the group is its own. */
  mayAssert(atMostEveryMs: number, nowMs: number): boolean {
    if (nowMs < this.#assertedMs + atMostEveryMs) return false;
    this.#assertedMs = nowMs;
    return true;
  }

  /**
   * By rank, the one ahead is in the right. Under `sticky` it is the one that has had it for longer: who took it over while the rival was gone
   * yields, and one that is ahead and does not, though it has heard this node, took nothing from it.
   */
  isLostTo(rival: string, isAhead: boolean, isSticky: boolean, nowMs: number): boolean {
    if (this.isDeposed(rival, nowMs)) return false;
    if (!isSticky) return isAhead;
    const hasHeardUs = nowMs >= this.#assertedMs + HEARD_MS && nowMs < this.#assertedMs + CONTEST_MS;
    return this.#takenWithout.has(rival) || (isAhead && hasHeardUs);
  }

  /** Forgets whom it was taken without, of those that have agreed since; gives when there is more to forget, ms. */
  settle(world: World, nowMs: number): number {
    let nextMs = Infinity;
    for (const node of this.#takenWithout) {
      const agreedMs = (world.peer(node)?.upMs ?? Infinity) + AGREED_MS;
      if (nowMs >= agreedMs) this.#takenWithout.delete(node);
      else nextMs = Math.min(nextMs, agreedMs);
    }
    return nextMs;
  }
}

/**
 * The fences of the VIP groups that this node is a member of, for pools that ask for it (`herald.dev/fence: "lease"`).
 *
 *   plan and standings → which groups, and which of them this node wants → a Lease for each → `mayTake`
 *
 * An heir takes a group over only with a "yes". The one that answers goes on with a "yes" or "unknown", since an API server that is away
 * takes the Lease from nobody, and gives it to nobody; with a "no" another has it, and it stops.
 */

import type { Close } from "../../../announcer.ts";
import { type FenceAnswer, type FenceOptions, GroupFence } from "./group-fence.ts";

export class Fences {
  readonly #options: FenceOptions;
  readonly #fences = new Map<string, GroupFence>();
  readonly #calls = new Set<(group: string) => void>();
  readonly #ending = new Set<Promise<void>>();

  constructor(options: FenceOptions) {
    this.#options = options;
  }

  /** All groups to follow, and whether this node wants each. One that is not among them any more is given back. */
  set(groups: ReadonlyMap<string, boolean>): void {
    for (const [group, fence] of this.#fences) if (!groups.has(group)) this.#end(group, fence);
    for (const [group, isWanted] of groups) {
      const fence = this.#fences.get(group);
      if (fence !== undefined) fence.want(isWanted);
      else this.#fences.set(group, new GroupFence(group, isWanted, this.#options, () => this.#tell(group)));
    }
  }

  /** `unknown` of a group that is not followed, too. */
  mayTake(group: string): FenceAnswer {
    return this.#fences.get(group)?.answer() ?? "unknown";
  }

  /** After each change of an answer. */
  onChange(call: (group: string) => void): Close {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }

  /** Resolves when all are given back, if that can be. */
  async close(): Promise<void> {
    this.set(new Map());
    await Promise.all(this.#ending);
  }

  #end(group: string, fence: GroupFence): void {
    this.#fences.delete(group);
    const ending = fence.close().finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  #tell(group: string): void {
    for (const call of this.#calls) call(group);
  }
}

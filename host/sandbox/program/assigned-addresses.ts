/**
 * The addresses that a plugin which is not built in may claim now: those of the announcements that it was told to make. What the plugin says
 * of them does not count.
 */

import type { Changes } from "../../announcer.ts";
import { formatAddress, parseAddress } from "../../rules/addresses.ts";

/** A plugin that has been told to withdraw an address by then must not use it any more, whatever it waits for. */
const RELEASE_LIMIT_MS = 10_000;

type Listener = (addresses: readonly string[], isAssigned: boolean) => void;

export class AssignedAddresses {
  readonly #all = new Set<string>();
  readonly #listeners: Listener[] = [];

  has(address: string): boolean {
    return this.#all.has(canonical(address));
  }

  /** Calls back at every change, before anything else is done with it; and at once with what there is. */
  watch(call: Listener): void {
    this.#listeners.push(call);
    if (this.#all.size > 0) call([...this.#all], true);
  }

  /** Runs `apply` with what is added assigned. What is removed is freed when it has ended, in whatever way, or takes too long. */
  async during<Result>({ added, changed, removed }: Changes, apply: () => Promise<Result>): Promise<Result> {
    const kept = new Set([...added, ...changed].map(({ vip }) => canonical(vip)));
    this.#change([...kept], true);
    const leaving = removed.map(({ vip }) => canonical(vip)).filter((vip) => !kept.has(vip));
    const release = (): void => this.#change(leaving.splice(0), false);
    const timer = setTimeout(release, RELEASE_LIMIT_MS).unref();
    try {
      return await apply();
    } finally {
      clearTimeout(timer);
      release();
    }
  }

  #change(addresses: readonly string[], isAssigned: boolean): void {
    const changed = addresses.filter((address) => this.#all.has(address) !== isAssigned);
    if (changed.length === 0) return;
    for (const address of changed) isAssigned ? this.#all.add(address) : this.#all.delete(address);
    for (const call of this.#listeners) call(changed, isAssigned);
  }
}

function canonical(address: string): string {
  const parsed = parseAddress(address);
  return parsed === undefined ? address : formatAddress(parsed);
}

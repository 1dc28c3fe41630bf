/**
 * The addresses in use by Services that would share with one another, in one pool and family.
 *
 * Finding the first one with room for some ports would be a walk over all of them for every Service; what was passed
 * once without success is therefore not looked at again until somebody leaves.
 */

import type { FreeAddress } from "./free-addresses.ts";
import type { ServiceKey } from "./vocabulary.ts";

/** One address in use. Where it has several holders they are of one sharing group. */
export interface Tenancy {
  readonly at: FreeAddress;
  readonly holders: Set<ServiceKey>;
  /** `TCP/80` → who has it. */
  readonly ports: Map<string, ServiceKey>;
}

/** The tenancies of one sharing group. */
export class SharingGroup {
  /** In the order of the pool. */
  readonly #tenancies: Tenancy[] = [];
  /** Ports → how many tenancies from the first on have no room for them. */
  readonly #passed = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#tenancies.length === 0;
  }

  /** The first tenancy where none of the ports is in use. */
  firstWithRoom(ports: readonly string[]): Tenancy | undefined {
    const id = ports.join();
    let at = this.#passed.get(id) ?? 0;
    while (at < this.#tenancies.length && ports.some((port) => this.#tenancies[at]?.ports.has(port))) at += 1;
    this.#passed.set(id, at);
    return this.#tenancies[at];
  }

  add(tenancy: Tenancy): void {
    const at = this.#countBefore(tenancy.at.position);
    if (at < this.#tenancies.length) this.#passed.clear();
    this.#tenancies.splice(at, 0, tenancy);
  }

  /** Does nothing where it is not among them. */
  remove(tenancy: Tenancy): void {
    const at = this.#countBefore(tenancy.at.position);
    if (this.#tenancies[at] !== tenancy) return;
    this.#tenancies.splice(at, 1);
    this.#passed.clear();
  }

  /** To be called when a port of a tenancy that stays is free again. */
  madeRoom(): void {
    this.#passed.clear();
  }

  #countBefore(position: bigint): number {
    let low = 0;
    let high = this.#tenancies.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#tenancies[middle] as Tenancy).at.position < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

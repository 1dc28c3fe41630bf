/**
 * The first free address of a pool in about constant time, however full the pool is.
 *
 * Before a mark every address is either taken or in a list of those given back; behind it nobody has looked yet. So a
 * search passes each address once in its life, not once a Service.
 */

import { type PoolPlace, positionOf } from "./pool-index.ts";

/** An address and its position in the order of its pool. */
export interface FreeAddress {
  readonly value: bigint;
  readonly position: bigint;
}

/** Free addresses of one pool and family. The owner says what is taken; this only knows where to look. */
export class FreeAddresses {
  readonly #places: readonly PoolPlace[];
  readonly #isTaken: (value: bigint) => boolean;
  /** The mark: an index of `places`, and a value in that place. */
  #at = 0;
  #value: bigint;
  /** Free and before the mark, last first, so that the first is taken off cheaply. */
  readonly #returned: FreeAddress[] = [];

  /** `places` in the order of the pool. `isTaken` is also true of an address that may not be used at all. */
  constructor(places: readonly PoolPlace[], isTaken: (value: bigint) => boolean) {
    this.#places = places;
    this.#isTaken = isTaken;
    this.#value = places[0]?.block.first ?? 0n;
  }

  /** Takes nothing: two calls give the same address. */
  first(): FreeAddress | undefined {
    const returned = this.#returned.at(-1);
    if (returned !== undefined) return returned;
    for (let place = this.#places[this.#at]; place !== undefined; place = this.#places[this.#at]) {
      while (this.#value <= place.block.last) {
        if (!this.#isTaken(this.#value)) return { value: this.#value, position: positionOf(place, this.#value) };
        this.#value += 1n;
      }
      this.#at += 1;
      this.#value = this.#places[this.#at]?.block.first ?? 0n;
    }
    return undefined;
  }

  /** To be called when a free address is taken. */
  take(position: bigint): void {
    const at = this.#countBehind(position);
    if (this.#returned[at]?.position === position) this.#returned.splice(at, 1);
  }

  /** To be called when an address is free again. */
  giveBack(address: FreeAddress): void {
    const place = this.#places[this.#at];
    const passed = place === undefined || address.position < positionOf(place, this.#value);
    if (passed) this.#returned.splice(this.#countBehind(address.position), 0, address);
  }

  /** How many of the list come after `position`. */
  #countBehind(position: bigint): number {
    let low = 0;
    let high = this.#returned.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#returned[middle] as FreeAddress).position > position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/**
 * Addresses that not everybody can have: those that a reservation keeps, and those that are in use outside of the book. Who holds one of
 * them already is no concern of this: it is about giving out.
 */

import { type Address, formatAddress } from "./addresses.ts";
import type { ReservationIndex } from "./reservation-index.ts";
import type { Family, ServiceKey } from "./vocabulary.ts";

/** Who uses an address, as the end of a sentence that begins with the address. */
export type Usage = `has ${string}` | `is ${string}` | `answers ${string}`;

/** Of an address that somebody has of whom nothing else is known. */
export const STRANGER: Usage = "answers on the network, though no Service has it";

/** An Event has room for 1024 characters. */
const MOST_OF_REASON = 120;

/** Reservations of one index, and users that come and go. */
export class SetAside {
  readonly reservations: ReservationIndex;
  readonly #usages: Record<Family, Map<bigint, Set<Usage>>> = { 4: new Map(), 6: new Map() };

  constructor(reservations: ReservationIndex) {
    this.reservations = reservations;
  }

  /** Not to be given to just anybody. */
  has(address: Address): boolean {
    return this.#usages[address.family].has(address.value) || this.reservations.find(address) !== undefined;
  }

  hasStranger({ family, value }: Address): boolean {
    return this.#usages[family].get(value)?.has(STRANGER) ?? false;
  }

  /** Addresses that some stranger has. */
  *strangers(): Iterable<Address> {
    for (const family of [4, 6] as const) {
      for (const [value, usages] of this.#usages[family]) if (usages.has(STRANGER)) yield { family, value };
    }
  }

  /** Why an address cannot be given to this Service; undefined: it can. */
  objection(key: ServiceKey, address: Address): string | undefined {
    const [usage] = this.#usages[address.family].get(address.value) ?? [];
    if (usage !== undefined) return `Address ${formatAddress(address)} ${usage}`;
    const reservation = this.reservations.find(address);
    if (reservation === undefined || reservation.service === key) return undefined;
    const { name, service = "nobody", reason } = reservation;
    return `Address ${formatAddress(address)} is kept for ${service} by Reservation "${name}"${reason === undefined ? "" : ` (${reason.slice(0, MOST_OF_REASON)})`}`;
  }

  /** True where the address was not in use before. */
  use({ family, value }: Address, usage: Usage): boolean {
    const usages = this.#usages[family].get(value) ?? new Set();
    this.#usages[family].set(value, usages);
    usages.add(usage);
    return usages.size === 1;
  }

  /** True where nobody uses the address any more. */
  release({ family, value }: Address, usage: Usage): boolean {
    const usages = this.#usages[family].get(value);
    if (usages === undefined || !usages.delete(usage) || usages.size > 0) return false;
    return this.#usages[family].delete(value);
  }
}

/**
 * What a packet program's links are to let in beside what is for this machine.
 *
 * Cards filter by MAC, and a VIP is on none: requests for it reach a card as broadcast, or as multicast to a group that the kernel has joined.
 * Many wireless cards and access points drop such groups all the same, or part of the broadcasts; asking for all multicast mends most.
 */

import type { Log } from "../../announcer.ts";
import type { Reception } from "../../packets/wire.ts";

export class Receptions {
  readonly #isWireless: (link: string) => boolean;
  readonly #log: Log;
  readonly #told = new Set<string>();
  #isPromiscuous = false;

  constructor(isWireless: (link: string) => boolean, log: Log) {
    this.#isWireless = isWireless;
    this.#log = log;
  }

  /** From now on every link lets in everything. */
  setPromiscuous(isPromiscuous: boolean): void {
    this.#isPromiscuous = isPromiscuous;
  }

  of(link: string): { readonly reception?: Reception } {
    if (this.#isPromiscuous) return { reception: "promiscuous" };
    if (!this.#isWireless(link)) return {};
    if (!this.#told.has(link)) {
      this.#told.add(link);
      this.#log.info("Asking for all multicast on a wireless link: many of their cards drop requests for addresses that they do not know", {
        link,
        otherwise: "set promiscuous: true in the plugin's config",
      });
    }
    return { reception: "all-multicast" };
  }
}

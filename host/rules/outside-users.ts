/**
 * Who uses addresses of our pools without having them from us: Services that another controller serves, by their status, and strangers that
 * answered on the network. MetalLB knows neither, and gives such an address out.
 */

import type { AddressBook } from "./address-book.ts";
import { parseAddress } from "./addresses.ts";
import { STRANGER, type Usage } from "./set-aside.ts";
import type { ServiceKey } from "./vocabulary.ts";

const NONE: readonly string[] = [];

/** What is written of them in one book. */
export class OutsideUsers {
  readonly #services = new Map<ServiceKey, readonly string[]>();
  #strangers: ReadonlySet<string> = new Set();

  /** The addresses of a Service that is not ours, none where it is. True where one of them can be given out again. */
  setService(book: AddressBook, key: ServiceKey, vips: readonly string[]): boolean {
    const before = this.#services.get(key) ?? NONE;
    if (before.length === 0 && vips.length === 0) return false;
    if (vips.length === 0) this.#services.delete(key);
    else this.#services.set(key, vips);
    return change(book, before, vips, `is in the status of ${key}, which another controller serves`);
  }

  /** All addresses that strangers have. True where one of them can be given out again. */
  setStrangers(book: AddressBook, vips: ReadonlySet<string> = new Set()): boolean {
    const before = this.#strangers;
    if (before === vips || (before.size === 0 && vips.size === 0)) return false;
    this.#strangers = vips;
    return change(book, [...before], [...vips], STRANGER);
  }
}

function change(book: AddressBook, before: readonly string[], after: readonly string[], usage: Usage): boolean {
  const gone = before.filter((vip) => !after.includes(vip)).flatMap((vip) => parseAddress(vip) ?? []);
  const come = after.filter((vip) => !before.includes(vip)).flatMap((vip) => parseAddress(vip) ?? []);
  for (const address of come) book.use(address, usage);
  return gone.map((address) => book.release(address, usage)).includes(true);
}

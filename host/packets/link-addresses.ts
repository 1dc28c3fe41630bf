/** The addresses of links by the links' indexes, each link's in the order in which they came. There may be tens of thousands. */

import type { LinkAddress } from "../announcer.ts";

export class LinkAddresses {
  readonly #links = new Map<number, Map<string, LinkAddress>>();
  readonly #lists = new Map<number, readonly LinkAddress[]>();

  /** A list never changes, and is the same one as long as nothing does. */
  of(index: number): readonly LinkAddress[] {
    let list = this.#lists.get(index);
    if (list === undefined) this.#lists.set(index, (list = [...(this.#links.get(index)?.values() ?? [])]));
    return list;
  }

  /** False where it is there already. */
  add(index: number, address: LinkAddress): boolean {
    let addresses = this.#links.get(index);
    if (addresses === undefined) this.#links.set(index, (addresses = new Map()));
    const text = addressKey(address);
    if (addresses.has(text)) return false;
    addresses.set(text, address);
    this.#lists.delete(index);
    return true;
  }

  /** False where it is not there. */
  remove(index: number, address: LinkAddress): boolean {
    if (this.#links.get(index)?.delete(addressKey(address)) !== true) return false;
    this.#lists.delete(index);
    return true;
  }

  /** Of a link that is no more. */
  removeAll(index: number): void {
    this.#links.delete(index);
    this.#lists.delete(index);
  }

  indexes(): number[] {
    return [...this.#links.keys()];
  }
}

export function addressKey({ address, prefixLength }: LinkAddress): string {
  return `${address}/${prefixLength}`;
}

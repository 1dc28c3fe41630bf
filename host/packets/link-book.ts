/** The list of links as watchers see it, kept from what a source says of single links. */

import type { Close, Link, LinkAddress } from "../announcer.ts";
import { LinkAddresses } from "./link-addresses.ts";
import { LinkIds, NO_ID } from "./link-ids.ts";
import type { KernelLink } from "./netlink.ts";

/** A link with what finds it in the kernel. `id` is -1 where more links exist than have bits in a row's link mask. */
export interface HostLink extends Link {
  readonly index: number;
}

type Watcher = (links: readonly HostLink[]) => void;

export class LinkBook {
  readonly #links = new Map<number, KernelLink>();
  readonly #addresses = new LinkAddresses();
  readonly #ids = new LinkIds();
  readonly #watchers = new Set<{ call: Watcher }>();
  #list: readonly HostLink[] = [];
  #isChanged = false;

  /** Sorted by name. A list never changes. */
  all(): readonly HostLink[] {
    return this.#list;
  }

  /** Calls back at once and at every change. */
  watch(call: Watcher): Close {
    const watcher = { call };
    this.#watchers.add(watcher);
    call(this.#list);
    return () => void this.#watchers.delete(watcher);
  }

  /** The id of a name for the life of the process, also before a link has it. Throws where 64 others are asked for. */
  id(name: string): number {
    const id = this.#ids.claim(name, this.#exists);
    if (this.#list.some((link) => (link.name === name ? link.id !== id : link.id === id))) this.#list = this.#toList();
    return id;
  }

  set(link: KernelLink): void {
    // The kernel tells of much that is nothing to us.
    if (JSON.stringify(link) === JSON.stringify(this.#links.get(link.index))) return;
    this.#links.set(link.index, link);
    this.#isChanged = true;
  }

  remove(index: number): void {
    this.#addresses.removeAll(index);
    if (this.#links.delete(index)) this.#isChanged = true;
  }

  /** `isUsed`: the link has it from now on, or no more. It may come before its link. */
  setAddress(index: number, address: LinkAddress, isUsed: boolean): void {
    const isChanged = isUsed ? this.#addresses.add(index, address) : this.#addresses.remove(index, address);
    this.#isChanged ||= isChanged;
  }

  /** Removes the addresses that do not hold. */
  keepAddresses(holds: (index: number, address: LinkAddress) => boolean): void {
    for (const index of this.#addresses.indexes())
      for (const address of this.#addresses.of(index)) if (!holds(index, address)) this.setAddress(index, address, false);
  }

  indexes(): number[] {
    return [...this.#links.keys()];
  }

  /** Tells the watchers where anything has changed since the last time. */
  publish(): void {
    if (!this.#isChanged) return;
    this.#isChanged = false;
    this.#list = this.#toList();
    for (const { call } of [...this.#watchers]) call(this.#list);
  }

  readonly #exists = (name: string): boolean => {
    for (const link of this.#links.values()) if (link.name === name) return true;
    return false;
  };

  #toList(): HostLink[] {
    const list = [...this.#links.values()].map(({ masterIndex, ...link }) => {
      const master = masterIndex === undefined ? undefined : this.#links.get(masterIndex);
      // Of all masters a VRF alone does no ARP: bridges and bonds do it for their ports.
      const place = master === undefined ? {} : { master: master.name, ...(master.noArp ? { isInVrf: true as const } : {}) };
      return { id: NO_ID, ...link, addresses: this.#addresses.of(link.index), ...place };
    });
    // Low indexes first: a machine's own links are older than those of its containers.
    for (const link of list.sort((left, right) => left.index - right.index)) link.id = this.#ids.give(link.name, this.#exists);
    return list.sort((left, right) => (left.name < right.name ? -1 : 1));
  }
}

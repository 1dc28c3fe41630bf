/**
 * Who holds which address. Knows the rules of sharing, and finds the first address that a Service can have; knows
 * nothing of why a Service wants it (`allocate.ts`).
 */

import { type Address, formatAddress } from "./addresses.ts";
import type { SharingTerms } from "./demand.ts";
import { FreeAddresses } from "./free-addresses.ts";
import { type PoolIndex, type PoolPlace, positionOf } from "./pool-index.ts";
import { SharingGroup, type Tenancy } from "./sharing-group.ts";
import type { Family, Pool, ServiceKey } from "./vocabulary.ts";

/** What a Service holds. */
export interface Holding {
  readonly addresses: readonly Address[];
  /** Of each address the pool that it is of. */
  readonly pools: readonly Pool[];
  readonly terms: SharingTerms;
}

/** The addresses of one pool and family. */
interface Shelf {
  readonly free: FreeAddresses;
  readonly groups: Map<string, SharingGroup>;
}

/** Of all addresses that are not shared: nobody asks for their ports. */
const NO_PORTS: Tenancy["ports"] = new Map();

interface Entry extends Tenancy {
  readonly shelf: Shelf;
  readonly group: string | undefined;
}

/** Who holds what, of the pools of one index; other pools need another book. */
export class AddressBook {
  readonly #index: PoolIndex;
  readonly #holdings = new Map<ServiceKey, Holding>();
  readonly #entries: Record<Family, Map<bigint, Entry>> = { 4: new Map(), 6: new Map() };
  readonly #shelves = new Map<Pool, Record<Family, Shelf>>();

  constructor(index: PoolIndex) {
    this.#index = index;
    for (const pool of index.pools.values()) {
      this.#shelves.set(pool, { 4: this.#buildShelf(pool, 4), 6: this.#buildShelf(pool, 6) });
    }
  }

  get(key: ServiceKey): Holding | undefined {
    return this.#holdings.get(key);
  }

  /** The pool that may give this address out. */
  poolOf(address: Address): Pool | undefined {
    const pool = this.#index.find(address)?.pool;
    return pool?.avoidBuggyIPs && isBuggy(address) ? undefined : pool;
  }

  /** Why an address cannot be had on these terms; undefined: it can. */
  objection(address: Address, { group, ports }: SharingTerms): string | undefined {
    const entry = this.#entries[address.family].get(address.value);
    if (entry === undefined) return undefined;
    const [holder] = entry.holders;
    const held = `Address ${formatAddress(address)} is held by ${holder}`;
    if (group === undefined) return `${held}, and the Service has no allow-shared-ip annotation`;
    if (entry.group !== group) return `${held}, which has another allow-shared-ip annotation or, with policy Local, another selector`;
    const port = ports.find((candidate) => entry.ports.has(candidate));
    return port === undefined ? undefined : `Port ${port} of address ${formatAddress(address)} is held by ${entry.ports.get(port)}`;
  }

  /** Gives addresses, to which there is no objection, to a Service that holds none. */
  take(key: ServiceKey, holding: Holding): void {
    this.#holdings.set(key, holding);
    for (const address of holding.addresses) this.#enter(key, address, holding.terms);
  }

  /** Takes back everything that a Service holds. */
  drop(key: ServiceKey): void {
    const holding = this.#holdings.get(key);
    this.#holdings.delete(key);
    for (const address of holding?.addresses ?? []) this.#leave(key, address, (holding as Holding).terms);
  }

  /** The first address of the pool, in the pool's order, that is free or can be shared. */
  firstFit(pool: Pool, family: Family, terms: SharingTerms): Address | undefined {
    const shelf = this.#shelves.get(pool)?.[family];
    const free = shelf?.free.first();
    const shared = terms.group === undefined ? undefined : shelf?.groups.get(terms.group)?.firstWithRoom(terms.ports)?.at;
    const first = free === undefined || (shared !== undefined && shared.position < free.position) ? shared : free;
    return first === undefined ? undefined : { family, value: first.value };
  }

  #enter(key: ServiceKey, address: Address, { group, ports }: SharingTerms): void {
    const entries = this.#entries[address.family];
    let entry = entries.get(address.value);
    if (entry === undefined) {
      entry = this.#open(address, group);
      entries.set(address.value, entry);
    }
    entry.holders.add(key);
    if (group !== undefined) for (const port of ports) entry.ports.set(port, key);
  }

  #open({ family, value }: Address, group: string | undefined): Entry {
    const place = this.#index.find({ family, value }) as PoolPlace;
    const shelf = (this.#shelves.get(place.pool) as Record<Family, Shelf>)[family];
    const entry: Entry = {
      at: { value, position: positionOf(place, value) },
      shelf,
      group,
      holders: new Set(),
      ports: group === undefined ? NO_PORTS : new Map(),
    };
    shelf.free.take(entry.at.position);
    if (group !== undefined) {
      const shared = shelf.groups.get(group) ?? new SharingGroup();
      shelf.groups.set(group, shared);
      shared.add(entry);
    }
    return entry;
  }

  #leave(key: ServiceKey, { family, value }: Address, terms: SharingTerms): void {
    const entry = this.#entries[family].get(value) as Entry;
    const { at, shelf, group, holders, ports } = entry;
    for (const port of terms.ports) ports.delete(port);
    holders.delete(key);
    const shared = group === undefined ? undefined : shelf.groups.get(group);
    if (holders.size > 0) {
      shared?.madeRoom();
      return;
    }
    this.#entries[family].delete(value);
    shelf.free.giveBack(at);
    shared?.remove(entry);
    if (group !== undefined && shared?.isEmpty) shelf.groups.delete(group);
  }

  #buildShelf(pool: Pool, family: Family): Shelf {
    const entries = this.#entries[family];
    const isTaken = (value: bigint) => entries.has(value) || (pool.avoidBuggyIPs && isBuggy({ family, value }));
    return { free: new FreeAddresses(this.#index.places(pool, family), isTaken), groups: new Map() };
  }
}

/** .0 and .255, which some old devices drop. */
function isBuggy({ family, value }: Address): boolean {
  const lastByte = value & 255n;
  return family === 4 && (lastByte === 0n || lastByte === 255n);
}

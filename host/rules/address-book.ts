/**
 * Who holds which address. Knows the rules of sharing, and finds the first address that a Service can have; knows
 * nothing of why a Service wants it (`allocate.ts`).
 */

import { type Address, formatAddress } from "./addresses.ts";
import type { SharingTerms } from "./demand.ts";
import { FreeAddresses } from "./free-addresses.ts";
import { type PoolIndex, type PoolPlace, positionOf } from "./pool-index.ts";
import type { ReservationIndex } from "./reservation-index.ts";
import { SetAside, type Usage } from "./set-aside.ts";
import { SharingGroup, type Tenancy } from "./sharing-group.ts";
import type { Family, Pool, Reservation, ServiceKey } from "./vocabulary.ts";

/** What a Service holds. */
export interface Holding {
  readonly addresses: readonly Address[];
  /** Of each address the pool that it is of. */
  readonly pools: readonly Pool[];
  readonly terms: SharingTerms;
}

/** A Service that holds an address which a reservation does not keep for it. */
export interface Trespasser {
  readonly address: Address;
  readonly holder: ServiceKey;
  readonly reservation: Reservation;
}

/** The addresses of one pool and family. */
interface Shelf {
  readonly free: FreeAddresses;
  readonly groups: Map<string, SharingGroup>;
}

/** Of all addresses that are not shared: nobody asks for their ports. */
const NO_PORTS: Tenancy["ports"] = new Map();

interface Entry extends Tenancy {
  readonly family: Family;
  readonly shelf: Shelf;
  readonly group: string | undefined;
}

/** Who holds what, of the pools and reservations of one index each; others need another book. */
export class AddressBook {
  /** What not everybody can have. Changed by `use` and `release` alone. */
  readonly setAside: SetAside;
  readonly #index: PoolIndex;
  readonly #holdings = new Map<ServiceKey, Holding>();
  readonly #entries: Record<Family, Map<bigint, Entry>> = { 4: new Map(), 6: new Map() };
  /** Those of the entries that are under a reservation. */
  readonly #reserved = new Set<Entry>();
  readonly #shelves = new Map<Pool, Record<Family, Shelf>>();

  constructor(index: PoolIndex, reservations: ReservationIndex) {
    this.#index = index;
    this.setAside = new SetAside(reservations);
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

  /** Who holds an address. */
  holdersOf({ family, value }: Address): ReadonlySet<ServiceKey> | undefined {
    return this.#entries[family].get(value)?.holders;
  }

  /** Why its holders are in the way of an address on these terms; undefined: they are not. */
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

  /** By reservation, then address. */
  trespassers(): Trespasser[] {
    const found = [...this.#reserved].flatMap(({ family, at, holders }) => {
      const address = { family, value: at.value };
      const reservation = this.setAside.reservations.find(address) as Reservation;
      return [...holders].filter((holder) => holder !== reservation.service).map((holder) => ({ address, holder, reservation }));
    });
    return found.sort((a, b) => compare(a.reservation.name, b.reservation.name) || compare(a.address.value, b.address.value));
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

  /** Gives an address that somebody outside uses to nobody from now on. */
  use(address: Address, usage: Usage): void {
    if (!this.setAside.use(address, usage)) return;
    const place = this.#index.find(address);
    if (place === undefined) return;
    const { free } = this.#shelfOf(place, address.family);
    free.take(positionOf(place, address.value));
    const entry = this.#entries[address.family].get(address.value);
    if (entry !== undefined) this.#unlist(entry);
  }

  /** True where the address can be given out again. */
  release(address: Address, usage: Usage): boolean {
    if (!this.setAside.release(address, usage) || this.setAside.has(address)) return false;
    const place = this.#index.find(address);
    if (place === undefined || (place.pool.avoidBuggyIPs && isBuggy(address))) return false;
    const entry = this.#entries[address.family].get(address.value);
    if (entry !== undefined) this.#list(entry);
    else this.#shelfOf(place, address.family).free.giveBack({ value: address.value, position: positionOf(place, address.value) });
    return true;
  }

  /** The first address of the pool, in the pool's order, that anybody can have and that is free or can be shared. */
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
    const shelf = this.#shelfOf(place, family);
    const entry: Entry = {
      at: { value, position: positionOf(place, value) },
      family,
      shelf,
      group,
      holders: new Set(),
      ports: group === undefined ? NO_PORTS : new Map(),
    };
    shelf.free.take(entry.at.position);
    if (!this.setAside.has({ family, value })) this.#list(entry);
    if (this.setAside.reservations.find({ family, value }) !== undefined) this.#reserved.add(entry);
    return entry;
  }

  /** Lets others find the address to share it. */
  #list(entry: Entry): void {
    const { shelf, group } = entry;
    if (group === undefined) return;
    const shared = shelf.groups.get(group) ?? new SharingGroup();
    shelf.groups.set(group, shared);
    shared.add(entry);
  }

  #unlist(entry: Entry): void {
    const { shelf, group } = entry;
    const shared = group === undefined ? undefined : shelf.groups.get(group);
    shared?.remove(entry);
    if (group !== undefined && shared?.isEmpty) shelf.groups.delete(group);
  }

  #leave(key: ServiceKey, { family, value }: Address, terms: SharingTerms): void {
    const entry = this.#entries[family].get(value) as Entry;
    const { at, shelf, group, holders, ports } = entry;
    for (const port of terms.ports) ports.delete(port);
    holders.delete(key);
    if (holders.size > 0) {
      if (group !== undefined) shelf.groups.get(group)?.madeRoom();
      return;
    }
    this.#entries[family].delete(value);
    this.#reserved.delete(entry);
    this.#unlist(entry);
    if (!this.setAside.has({ family, value })) shelf.free.giveBack(at);
  }

  #shelfOf({ pool }: PoolPlace, family: Family): Shelf {
    return (this.#shelves.get(pool) as Record<Family, Shelf>)[family];
  }

  #buildShelf(pool: Pool, family: Family): Shelf {
    const entries = this.#entries[family];
    const isTaken = (value: bigint) =>
      entries.has(value) || (pool.avoidBuggyIPs && isBuggy({ family, value })) || this.setAside.has({ family, value });
    // A reservation may be as large as the pool: what it keeps is left out here, not passed address by address.
    const places = this.setAside.reservations.unreserved(this.#index.places(pool, family));
    return { free: new FreeAddresses(places, isTaken), groups: new Map() };
  }
}

/** .0 and .255, which some old devices drop. */
function isBuggy({ family, value }: Address): boolean {
  const lastByte = value & 255n;
  return family === 4 && (lastByte === 0n || lastByte === 255n);
}

function compare<T extends string | bigint>(a: T, b: T): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

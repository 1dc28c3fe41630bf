/**
 * Which Service has which VIP.
 *
 * In come facts: Services with what their status says they have, pools, namespaces. Out come allocations, to be
 * written into that status. What is remembered between runs is only who holds what, so a restart, which begins with
 * the statuses of record, comes to the same answer. First come, first served: whoever holds an address validly keeps
 * it, whatever else would be nicer; others wait.
 *
 * Rules: MetalLB's, with its deviations said where they are. Files: `demand.ts` what a Service asks for,
 * `pool-choice.ts` which pools it may use, `address-book.ts` who holds what, `settle.ts` one Service.
 */

import { AddressBook, type Holding, type Trespasser } from "./address-book.ts";
import { formatAddress, parseAddress } from "./addresses.ts";
import { isOurClass, type Said } from "./demand.ts";
import { OutsideUsers } from "./outside-users.ts";
import { choosePools } from "./pool-choice.ts";
import { indexPools } from "./pool-index.ts";
import { indexReservations } from "./reservation-index.ts";
import { type Allocation, type Ground, type Reclaimed, reclaim, settle } from "./settle.ts";
import type { Problem, ServiceFact, ServiceKey, Snapshot } from "./vocabulary.ts";

/** What the allocator is told by flags. */
export interface AllocateOptions {
  /** Handle only Services of this class; without it, only Services of none. */
  readonly loadBalancerClass?: string;
}

/** The part of a snapshot that allocations follow from. */
export interface AllocateInput extends Pick<Snapshot, "services" | "pools" | "namespaces" | "reservations"> {
  /** Addresses that were asked for on the network and found in use, as canonical text. Those on record count as ours nevertheless. */
  readonly strangers?: ReadonlySet<string>;
  /** Default: true. False: there may be pools that could not be made out; who holds an address of no pool keeps it as long. */
  readonly arePoolsKnown?: boolean;
}

/** What every Service of a snapshot gets, from its status alone. */
export function allocateAll(snapshot: AllocateInput, options: AllocateOptions = {}): Map<ServiceKey, Allocation> {
  return new Allocator(options).converge(snapshot);
}

/**
 * Allocates as the cluster changes. To be made anew by whoever becomes the one that allocates, when everything has
 * been read: a pool that is not there yet is a pool that is gone.
 */
export class Allocator {
  readonly #options: AllocateOptions;
  #input: AllocateInput | undefined;
  #ground: Ground | undefined;
  /**
   * What each Service got. It goes before the status of record, which lags behind while a write is under way. After a
   * Service lost its addresses they are kept in mind, so that it gets them back where a pool was gone for a moment.
   */
  readonly #memory = new Map<ServiceKey, { readonly holds: boolean; readonly vips: readonly string[] }>();
  /** Services that lack something; to be tried again when something comes free. */
  readonly #waiting = new Set<ServiceKey>();
  /** Users of addresses that are none of our Services. */
  #outside = new OutsideUsers();
  #somethingCameFree = false;

  constructor(options: AllocateOptions = {}) {
    this.#options = options;
  }

  /**
   * Settles the Services that changed, came or went since the last call (without `dirty`, or when pools or namespaces
   * changed: all), and those that waited for what came free. Gives the allocation of each one looked at, also where
   * it is what it was. No entry: the Service is gone, or its status is not ours to write.
   */
  converge(snapshot: AllocateInput, dirty?: Iterable<ServiceKey>): Map<ServiceKey, Allocation> {
    const reconfigured = this.#configure(snapshot);
    const keys = reconfigured || dirty === undefined ? [...this.#memory.keys(), ...snapshot.services.keys()] : [...dirty];
    const looked = [...new Set(keys)].sort();
    if (this.#noteOutside(snapshot, looked)) this.#somethingCameFree = true;
    const services = looked.flatMap((key) => snapshot.services.get(key) ?? this.#release(key));
    const having = services.filter((service) => this.#holds(service));
    const wanting = services.filter((service) => !this.#holds(service));
    // All that is held is reclaimed before anything is given out, so that nobody gets what another one has. Twice,
    // because one sharer's new terms may fit only with the new terms of another.
    const before = having.map(({ key }) => this.#book.get(key));
    const reclaimed = having
      .map((service) => ({ service, claim: this.#reclaim(service) }))
      .map(({ service, claim }) => (claim?.lost === undefined ? claim : this.#reclaim(service)));

    const results = new Map<ServiceKey, Allocation>();
    // At a start nobody held anything before the run, only since he reclaimed it.
    for (const [at, service] of having.entries()) this.#settle(service, reclaimed[at], results, before[at] ?? reclaimed[at]?.holding);
    for (const service of wanting) this.#settle(service, this.#reclaim(service), results);
    while (this.#somethingCameFree) {
      this.#somethingCameFree = false;
      const waiting = [...this.#waiting].sort().flatMap((key) => snapshot.services.get(key) ?? []);
      for (const service of waiting) {
        const held = this.#book.get(service.key);
        this.#settle(service, this.#reclaim(service), results, held);
      }
    }
    return results;
  }

  /** The Services that have this address, or are about to. */
  holdersOf(vip: string): readonly ServiceKey[] {
    const address = parseAddress(vip);
    return address === undefined ? [] : [...(this.#ground?.book.holdersOf(address) ?? [])];
  }

  /** Reserved addresses that others hold: they keep them, until they let go. By Reservation and address. */
  problems(): Problem[] {
    return this.#ground === undefined ? [] : this.#ground.book.trespassers().map(toProblem);
  }

  /** True where pools, namespaces or reservations are not those of the last call; then nobody holds anything until adopted. */
  #configure(snapshot: AllocateInput): boolean {
    const before = this.#input;
    this.#input = snapshot;
    const { pools, namespaces, reservations } = snapshot;
    const isSame = before && isSameMap(before.pools, pools) && isSameMap(before.namespaces, namespaces);
    const arePoolsKnown = snapshot.arePoolsKnown ?? true;
    if (isSame && isSameMap(before.reservations, reservations) && this.#ground?.arePoolsKnown === arePoolsKnown) return false;
    const index = indexPools(pools.values());
    const book = new AddressBook(index, indexReservations(reservations.values(), index));
    this.#ground = { index, choice: choosePools(index, namespaces), book, arePoolsKnown };
    this.#outside = new OutsideUsers();
    return true;
  }

  /** True where an address is used outside no longer. */
  #noteOutside({ services, strangers }: AllocateInput, keys: readonly ServiceKey[]): boolean {
    const isFree = [this.#outside.setStrangers(this.#book, strangers)];
    for (const key of keys) {
      const service = services.get(key);
      const isElsewhere = service?.type === "LoadBalancer" && !isOurClass(service, this.#options.loadBalancerClass);
      isFree.push(this.#outside.setService(this.#book, key, isElsewhere ? service.ingress : []));
    }
    return isFree.includes(true);
  }

  /** Nothing, where the Service is not ours. */
  #reclaim(service: ServiceFact): Reclaimed | undefined {
    this.#book.drop(service.key);
    return this.#isOurs(service) ? reclaim(this.#ground as Ground, service, this.#record(service), this.#holds(service)) : undefined;
  }

  #settle(service: ServiceFact, reclaimed: Reclaimed | undefined, results: Map<ServiceKey, Allocation>, before?: Holding): void {
    const { key } = service;
    const held = this.#holds(service);
    if (reclaimed === undefined) {
      this.#release(key);
      if (before !== undefined) this.#somethingCameFree = true;
      const cleared = { reason: "notLoadBalancer", message: `Service is of type ${service.type}, expected LoadBalancer` };
      if (held && isOurClass(service, this.#options.loadBalancerClass)) results.set(key, { vips: [], pools: [], cleared });
      return;
    }
    const record = this.#record(service);
    const result = settle(this.#ground as Ground, service, reclaimed);
    if (hasLetGo(before, this.#book.get(key))) this.#somethingCameFree = true;
    const holds = result.vips.length > 0;
    this.#memory.set(key, { holds, vips: holds ? result.vips : record });
    if (result.refused === undefined) this.#waiting.delete(key);
    else this.#waiting.add(key);
    // What was taken from it in this run; that it could not have it back either is no news.
    const cleared = results.get(key)?.cleared ?? (held ? result.cleared : undefined);
    results.set(key, cleared === result.cleared ? result : withCleared(result, cleared));
  }

  /** Forgets a Service. Gives an empty list, for `flatMap`. */
  #release(key: ServiceKey): [] {
    if (this.#book.get(key) !== undefined) this.#somethingCameFree = true;
    this.#book.drop(key);
    this.#memory.delete(key);
    this.#waiting.delete(key);
    return [];
  }

  get #book(): AddressBook {
    return (this.#ground as Ground).book;
  }

  #isOurs(service: ServiceFact): boolean {
    return service.type === "LoadBalancer" && isOurClass(service, this.#options.loadBalancerClass);
  }

  #holds(service: ServiceFact): boolean {
    return this.#memory.get(service.key)?.holds ?? service.ingress.length > 0;
  }

  #record(service: ServiceFact): readonly string[] {
    const remembered = this.#memory.get(service.key)?.vips ?? [];
    return remembered.length > 0 ? remembered : service.ingress;
  }
}

function toProblem({ address, holder, reservation }: Trespasser): Problem {
  const { name, service = "nobody" } = reservation;
  const found = `${formatAddress(address)}, which ${holder} holds`;
  return {
    object: `Reservation ${name}`,
    path: "spec.addresses",
    found,
    expected: `addresses that nobody holds but ${service}; they stay where they are`,
  };
}

function withCleared({ cleared: _, ...allocation }: Allocation, cleared: Said | undefined): Allocation {
  return cleared === undefined ? allocation : { ...allocation, cleared };
}

/** Something that another Service could use now: an address, a port, a place in a sharing group. */
function hasLetGo(before: Holding | undefined, after: Holding | undefined): boolean {
  if (before === undefined) return false;
  if (after === undefined || before.terms.group !== after.terms.group) return true;
  const ports = new Set(after.terms.ports);
  const addresses = new Set(after.addresses.map(({ value }) => value));
  return !before.terms.ports.every((port) => ports.has(port)) || !before.addresses.every(({ value }) => addresses.has(value));
}

/** The same facts under the same names. */
function isSameMap<V>(a: ReadonlyMap<string, V>, b: ReadonlyMap<string, V>): boolean {
  return a === b || (a.size === b.size && [...a].every(([key, value]) => b.get(key) === value));
}

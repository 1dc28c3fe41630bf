/**
 * Settles one Service against the address book, in two steps: first all Services reclaim what they had, then each one
 * settles for that or for something else. The order of the questions is MetalLB's; so are the words in `reason`.
 */

import type { AddressBook, Holding } from "./address-book.ts";
import { type Address, familyName, formatAddress, parseAddress } from "./addresses.ts";
import { type Demand, readDemand, type Said, type SharingTerms } from "./demand.ts";
import type { PoolChoice } from "./pool-choice.ts";
import type { PoolIndex } from "./pool-index.ts";
import type { Family, Pool, ServiceFact, ServiceKey } from "./vocabulary.ts";

/** What a Service has after a run. The vips belong into its status, in this order; `pool` into its annotation. */
export interface Allocation {
  readonly vips: readonly string[];
  readonly pool?: string;
  /** It asks for something that it cannot have. Beside vips: they stay nevertheless. */
  readonly refused?: Said;
  /** Something that it had until now was taken from it. */
  readonly cleared?: Said;
}

/** What addresses are given out from and written down in. */
export interface Ground {
  readonly index: PoolIndex;
  readonly choice: PoolChoice;
  readonly book: AddressBook;
}

const MOST_POOLS_NAMED = 5;
/** The order in which two VIPs are given, whichever family is the primary one, as in MetalLB. */
const BOTH = [4, 6] as const;

/** What became of what a Service had. */
export interface Reclaimed {
  readonly demand: Demand | Said;
  /** What it still has. */
  readonly holding?: Holding;
  /** Why it cannot have it any longer. */
  readonly lost?: Said;
}

/** Reads a Service, which holds nothing in the book at this moment, and gives it back `record`, what it had last. */
export function reclaim(ground: Ground, service: ServiceFact, record: readonly string[]): Reclaimed {
  const demand: Demand | Said =
    ground.index.pools.size > 0 ? readDemand(service) : { reason: "noConfig", message: "There is no IPAddressPool to allocate from" };
  if (record.length === 0) return { demand };
  if ("reason" in demand) return { demand, lost: demand };
  const kept = keep(ground, service, demand, record);
  return "reason" in kept ? { demand, lost: kept } : { demand, holding: kept };
}

/** Keeps what was reclaimed where the Service still wants that, else looks for something else. */
export function settle(ground: Ground, service: ServiceFact, { demand, holding, lost }: Reclaimed): Allocation {
  if ("reason" in demand) return because(lost, { vips: [], refused: demand });
  if (typeof demand.addresses === "string") {
    const refused = { reason: holding ? "LoadBalancerFailed" : "AllocationFailed", message: demand.addresses };
    return because(lost, { vips: [], ...(holding ? describe(holding) : {}), refused });
  }
  if (holding === undefined) return because(lost, allocate(ground, service, demand));
  const unwanted = objectionByRequest(holding, demand.pool, demand.addresses);
  if (unwanted === undefined) return complete(ground, service.key, demand, holding);
  ground.book.drop(service.key);
  return because(unwanted, allocate(ground, service, demand));
}

function because(cleared: Said | undefined, allocation: Allocation): Allocation {
  return cleared === undefined ? allocation : { ...allocation, cleared };
}

function keep({ book, choice }: Ground, service: ServiceFact, demand: Demand, record: readonly string[]): Holding | Said {
  const addresses = record.map(parseAddress).filter((address) => address !== undefined);
  const families = new Set(addresses.map(({ family }) => family));
  const known = addresses.length === record.length && families.size === addresses.length;
  const wanted = addresses.every(({ family }) => demand.families.includes(family));
  const enough = addresses.length === demand.families.length || demand.oneIsEnough;
  if (!known || !wanted || !enough) {
    const names = demand.families.map(familyName).join(demand.oneIsEnough ? " or " : " and ");
    return { reason: "nolbIPsIPFamily", message: `Service has ${record.join(", ")}, expected one address of ${names}` };
  }
  const pool = book.poolOf(addresses);
  if (pool === undefined) return { reason: "ClearAssignment", message: noPoolHas(addresses) };
  const objection = choice.objection(pool, service) ?? objectionTo(book, addresses, demand);
  if (objection !== undefined) return { reason: "ClearAssignment", message: objection };
  // Without the room that it has grown: it is kept.
  return take(book, service.key, { addresses: addresses.slice(), pool, terms: demand.terms });
}

function objectionByRequest({ addresses, pool }: Holding, poolName: string | undefined, requested: readonly Address[]): Said | undefined {
  if (poolName !== undefined && pool.name !== poolName) {
    const message = `Service has an address of pool "${pool.name}" and asks for pool "${poolName}"`;
    return { reason: "differentPoolRequested", message };
  }
  const texts = requested.map(formatAddress);
  if (texts.length === 0 || (texts.length === addresses.length && addresses.every((address) => texts.includes(formatAddress(address))))) {
    return undefined;
  }
  const message = `Service has ${addresses.map(formatAddress).join(", ")} and asks for ${texts.join(", ")}`;
  return { reason: "differentIPRequested", message };
}

/** Adds the second family where it is wanted and missing. It comes last, so that the first VIP stays the first. */
function complete({ book }: Ground, key: ServiceKey, demand: Demand, holding: Holding): Allocation {
  const missing = demand.families.find((family) => !holding.addresses.some((address) => address.family === family));
  if (missing === undefined) return describe(holding);
  const second = book.firstFit(holding.pool, missing, demand.terms);
  if (second === undefined) {
    const message = `Pool "${holding.pool.name}" has no free ${familyName(missing)} address to add to ${holding.addresses.map(formatAddress).join(", ")}`;
    return { ...describe(holding), refused: { reason: "AdditionalAssignFailed", message } };
  }
  book.drop(key);
  return describe(take(book, key, { ...holding, addresses: [...holding.addresses, second] }));
}

function allocate(ground: Ground, service: ServiceFact, demand: Demand): Allocation {
  const found = find(ground, service, demand);
  if (typeof found === "string") return { vips: [], refused: { reason: "AllocationFailed", message: found } };
  return complete(ground, service.key, demand, take(ground.book, service.key, found));
}

/** Addresses for a Service that has none; or why there are none. */
function find({ book, choice, index }: Ground, service: ServiceFact, demand: Demand): Holding | string {
  if (demand.addresses.length > 0) return findRequested({ book, choice, index }, service, demand);
  if (demand.pool !== undefined) {
    const pool = index.pools.get(demand.pool);
    if (pool === undefined) return `Pool "${demand.pool}" does not exist`;
    return choice.objection(pool, service) ?? findIn(book, [pool], demand) ?? noneFree([pool], demand);
  }
  const [pinned, open] = choice.rounds(service);
  const found = findIn(book, pinned, demand) ?? findIn(book, open, demand);
  if (found !== undefined) return found;
  if (pinned.length + open.length > 0) return noneFree([...pinned, ...open], demand);
  return `No pool with autoAssign is for namespace "${service.namespace}" and the labels of the Service`;
}

function findRequested({ book, choice }: Ground, service: ServiceFact, demand: Demand): Holding | string {
  const addresses = demand.addresses as readonly Address[];
  const pool = book.poolOf(addresses);
  if (pool === undefined) return noPoolHas(addresses);
  if (demand.pool !== undefined && demand.pool !== pool.name) {
    return `Service asks for ${addresses.map(formatAddress).join(", ")} of pool "${demand.pool}", but pool "${pool.name}" has it`;
  }
  return choice.objection(pool, service) ?? objectionTo(book, addresses, demand) ?? { addresses, pool, terms: demand.terms };
}

/** The first pool with every family; for a Service that makes do with less, the first with its primary family. */
function findIn(book: AddressBook, pools: readonly Pool[], { families, oneIsEnough, terms }: Demand): Holding | undefined {
  if (families.length === 1) return findAll(book, pools, families, terms);
  const found = findAll(book, pools, BOTH, terms);
  if (found !== undefined || !oneIsEnough) return found;
  const [primary, other] = families as [Family, Family];
  return findAll(book, pools, [primary], terms) ?? findAll(book, pools, [other], terms);
}

function findAll(book: AddressBook, pools: readonly Pool[], families: readonly Family[], terms: SharingTerms): Holding | undefined {
  for (const pool of pools) {
    const addresses: Address[] = [];
    for (const family of families) {
      const address = book.firstFit(pool, family, terms);
      if (address !== undefined) addresses.push(address);
    }
    if (addresses.length === families.length) return { addresses, pool, terms };
  }
  return undefined;
}

function take(book: AddressBook, key: ServiceKey, holding: Holding): Holding {
  book.take(key, holding);
  return holding;
}

function describe({ addresses, pool }: Holding): Allocation {
  return { vips: addresses.map(formatAddress), pool: pool.name };
}

function objectionTo(book: AddressBook, addresses: readonly Address[], { terms }: Demand): string | undefined {
  return addresses.map((address) => book.objection(address, terms)).find((objection) => objection !== undefined);
}

function noPoolHas(addresses: readonly Address[]): string {
  const texts = addresses.map(formatAddress);
  return texts.length === 1 ? `No pool gives out ${texts[0]}` : `No single pool gives out ${texts.join(" and ")}`;
}

function noneFree(pools: readonly Pool[], { families, oneIsEnough }: Demand): string {
  const names = pools.slice(0, MOST_POOLS_NAMED).map(({ name }) => `"${name}"`);
  const more = pools.length > names.length ? ` and ${pools.length - names.length} more` : "";
  const wanted = families.map(familyName).join(oneIsEnough ? " or " : " and ");
  return `No free ${wanted} address in pool${pools.length > 1 ? "s" : ""} ${names.join(", ")}${more}`;
}

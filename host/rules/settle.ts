/**
 * Settles one Service against the address book, in two steps: first all Services reclaim what they had, then each one
 * settles for that or for something else. The order of the questions is MetalLB's; so are the words in `reason`.
 */

import type { AddressBook, Holding } from "./address-book.ts";
import { type Address, familyName, formatAddress, parseAddress } from "./addresses.ts";
import { ALLOCATED_FROM_POOL, legacyAnnotations, withCurrentPrefix } from "./annotations.ts";
import { type Asker, namedPools, objectionToGiving, poolOf } from "./asker.ts";
import { type Demand, readDemand, type Said } from "./demand.ts";
import { find, findSecond } from "./find.ts";
import type { PoolChoice } from "./pool-choice.ts";
import type { PoolIndex } from "./pool-index.ts";
import { readPreferredNodes } from "./preferred-nodes.ts";
import type { Labels, Pool, ServiceFact, ServiceKey } from "./vocabulary.ts";

/** What a Service has after a run. The vips belong into its status, in this order. */
export interface Allocation {
  readonly vips: readonly string[];
  /** Of each VIP the name of the pool that it is of. */
  readonly pools: readonly string[];
  /** It asks for something that it cannot have. Beside vips: they stay nevertheless. */
  readonly refused?: Said;
  /** Something that it had until now was taken from it. */
  readonly cleared?: Said;
  /** It asks in words that will not be understood forever. */
  readonly deprecated?: Said;
  /** It has an annotation that makes no sense and does not count. */
  readonly ignored?: Said;
}

/** What addresses are given out from and written down in. */
export interface Ground {
  readonly index: PoolIndex;
  readonly choice: PoolChoice;
  readonly book: AddressBook;
  /** False: there may be pools that could not be made out, so that an address of no pool proves nothing. */
  readonly arePoolsKnown: boolean;
}

const NOTHING: Allocation = Object.freeze({ vips: Object.freeze([]) as readonly string[], pools: Object.freeze([]) as readonly string[] });

/** What became of what a Service had. */
export interface Reclaimed {
  readonly demand: Demand | Said;
  /** What it still has. */
  readonly holding?: Holding;
  /** Why it cannot have it any longer. */
  readonly lost?: Said;
  /** What it had until now, and of which nobody can say whether it may; it stays so. */
  readonly unsure?: readonly string[];
}

/**
 * Reads a Service, which holds nothing in the book at this moment, and gives it back what it had last. `holds`: it had it until now, and
 * keeps it also where it would not be given to it any more; else it only gets it back where nothing speaks against giving it.
 */
export function reclaim(ground: Ground, service: ServiceFact, record: readonly string[], holds: boolean): Reclaimed {
  const demand: Demand | Said =
    ground.index.pools.size > 0 ? readDemand(service) : { reason: "noConfig", message: "There is no IPAddressPool to allocate from" };
  if (record.length === 0) return { demand };
  if (holds && !ground.arePoolsKnown && record.some((text) => isOfNoPool(ground, text))) return { demand, unsure: record };
  if ("reason" in demand) return { demand, lost: demand };
  // What a stranger was found to have before anybody was told of it was never had.
  const had = record.filter((text) => service.ingress.includes(text) || !hasStranger(ground, text));
  if (had.length < record.length && (had.length === 0 || !isEnough(had, demand))) return { demand };
  const kept = keep({ ground, service, demand }, had, holds);
  return "reason" in kept ? { demand, lost: kept } : { demand, holding: kept };
}

function isOfNoPool({ book }: Ground, text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && book.poolOf(address) === undefined;
}

function hasStranger({ book }: Ground, text: string): boolean {
  const address = parseAddress(text);
  return address !== undefined && book.setAside.hasStranger(address);
}

function isEnough(vips: readonly string[], { families, oneIsEnough }: Demand): boolean {
  return vips.length === families.length || oneIsEnough;
}

/** Keeps what was reclaimed where the Service still wants that, else looks for something else. */
export function settle(ground: Ground, service: ServiceFact, reclaimed: Reclaimed): Allocation {
  return { ...because(reclaimed.lost, decide(ground, service, reclaimed)), ...remarksOn(service.annotations) };
}

/** What is to be said of annotations that cost no address. */
function remarksOn(annotations: Labels): Pick<Allocation, "deprecated" | "ignored"> {
  const [legacy] = legacyAnnotations(annotations);
  const preferred = readPreferredNodes(annotations);
  const message = legacy && `Annotation ${legacy} is deprecated, expected ${withCurrentPrefix(legacy)}`;
  return {
    ...(message === undefined ? {} : { deprecated: { reason: "deprecatedAnnotation", message } }),
    ...("reason" in preferred ? { ignored: preferred } : {}),
  };
}

function decide(ground: Ground, service: ServiceFact, { demand, holding, unsure }: Reclaimed): Allocation {
  if (unsure !== undefined) return keepUnsure(service, unsure);
  if ("reason" in demand) return { ...NOTHING, refused: demand };
  if (demand.nonsense !== undefined) {
    const refused = { reason: holding ? "LoadBalancerFailed" : "AllocationFailed", message: demand.nonsense };
    return { ...(holding ? describe(holding) : NOTHING), refused };
  }
  if (holding === undefined) return allocate(ground, service, demand);
  const unwanted = objectionByRequest(ground, holding, demand);
  if (unwanted === undefined) return complete(ground, service, demand, holding);
  ground.book.drop(service.key);
  return because(unwanted, allocate(ground, service, demand));
}

function keepUnsure({ annotations }: ServiceFact, vips: readonly string[]): Allocation {
  const message = `No pool that can be read gives out ${vips.join(", ")}; it is kept until all pools can be`;
  return { vips, pools: annotations[ALLOCATED_FROM_POOL]?.split(",") ?? [], refused: { reason: "PoolUnreadable", message } };
}

function because(cleared: Said | undefined, allocation: Allocation): Allocation {
  return cleared === undefined ? allocation : { ...allocation, cleared };
}

function keep(asker: Asker, record: readonly string[], holds: boolean): Holding | Said {
  const { ground, service, demand } = asker;
  const addresses = record.map(parseAddress).filter((address) => address !== undefined);
  const families = new Set(addresses.map(({ family }) => family));
  const known = addresses.length === record.length && families.size === addresses.length;
  const wanted = addresses.every(({ family }) => demand.families.includes(family));
  if (!known || !wanted || !isEnough(record, demand)) {
    const names = demand.families.map(familyName).join(demand.oneIsEnough ? " or " : " and ");
    return { reason: "nolbIPsIPFamily", message: `Service has ${record.join(", ")}, expected one address of ${names}` };
  }
  const pools: Pool[] = [];
  for (const address of addresses) {
    const pool = poolOf(asker, address);
    const objection = typeof pool === "string" ? pool : objectionToKeeping(asker, pool, address, holds);
    if (objection !== undefined) return { reason: "ClearAssignment", message: objection };
    pools.push(pool as Pool);
  }
  // Without the room that it has grown: it is kept.
  return take(ground.book, service.key, { addresses: addresses.slice(), pools: pools.slice(), terms: demand.terms });
}

function objectionToKeeping(asker: Asker, pool: Pool, address: Address, holds: boolean): string | undefined {
  if (!holds) return objectionToGiving(asker, pool, address)?.message;
  const { ground, service, demand } = asker;
  return ground.choice.objection(pool, service) ?? ground.book.objection(address, demand.terms);
}

function objectionByRequest({ index }: Ground, { addresses, pools }: Holding, demand: Demand): Said | undefined {
  const named = namedPools(index.pools, demand);
  const other = named === undefined ? undefined : pools.find(({ name }) => !named.includes(name));
  if (other !== undefined) {
    const message = `Service has an address of pool "${other.name}" and asks for pool "${demand.pools.join(", ")}"`;
    return { reason: "differentPoolRequested", message };
  }
  const texts = demand.addresses.map(formatAddress);
  if (texts.length === 0 || (texts.length === addresses.length && addresses.every((address) => texts.includes(formatAddress(address))))) {
    return undefined;
  }
  const message = `Service has ${addresses.map(formatAddress).join(", ")} and asks for ${texts.join(", ")}`;
  return { reason: "differentIPRequested", message };
}

/** Adds the second family where it is wanted and missing. It comes last, so that the first VIP stays the first. */
function complete(ground: Ground, service: ServiceFact, demand: Demand, holding: Holding): Allocation {
  const missing = demand.families.find((family) => !holding.addresses.some((address) => address.family === family));
  if (missing === undefined) return describe(holding);
  const found = findSecond({ ground, service, demand }, holding, missing);
  if ("reason" in found) return { ...describe(holding), refused: found };
  ground.book.drop(service.key);
  return describe(take(ground.book, service.key, found));
}

function allocate(ground: Ground, service: ServiceFact, demand: Demand): Allocation {
  const found = find({ ground, service, demand });
  if ("reason" in found) return { ...NOTHING, refused: found };
  return complete(ground, service, demand, take(ground.book, service.key, found));
}

function take(book: AddressBook, key: ServiceKey, holding: Holding): Holding {
  book.take(key, holding);
  return holding;
}

function describe({ addresses, pools }: Holding): Allocation {
  return { vips: addresses.map(formatAddress), pools: pools.map(({ name }) => name) };
}

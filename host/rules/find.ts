/**
 * Finds addresses for a Service that lacks some: those that it asks for, else those that are kept for it, else those of the pools that it
 * asks for, else of the pools that are open to it, in their order.
 */

import type { Holding } from "./address-book.ts";
import { type Address, familyName, formatAddress } from "./addresses.ts";
import { type Asker, failed, namedPools, objectionToGiving, poolOf } from "./asker.ts";
import type { Demand, Said } from "./demand.ts";
import { type Found, findKept, keptPieces, poolsOfKept, whyNotKept } from "./find-kept.ts";
import type { Ground } from "./settle.ts";
import type { Family, Pool } from "./vocabulary.ts";

/** Pools that give to a Service together: each family comes from the first of them that has addresses of it. */
type Source = readonly Pool[];

const MOST_POOLS_NAMED = 5;
/**
 * The order in which two VIPs are given, whichever family is the primary one, as in MetalLB. Deviation: MetalLB sorts two addresses that are
 * asked for as text on a later pass; the first decides where both go, so here no order changes.
 */
const BOTH = [4, 6] as const;

/** What a Service that has nothing could hold; or why there is nothing for it. */
export function find(asker: Asker): Holding | Said {
  const { ground, service, demand } = asker;
  if (demand.addresses.length > 0) return findRequested(asker);
  const kept = poolsOfKept(asker);
  if (kept !== undefined)
    return findIn(asker, sourcesOf(asker, kept)) ?? whyNotKept(asker, demand.families) ?? noneFree(ground, kept, demand);
  if (demand.pools.length > 0) return findNamed(asker);
  const [pinned, open] = ground.choice.rounds(service);
  const found = findIn(asker, sourcesOf(asker, pinned)) ?? findIn(asker, sourcesOf(asker, open));
  if (found !== undefined) return found;
  if (pinned.length + open.length > 0) return noneFree(ground, [...pinned, ...open], demand);
  return failed(`No pool with autoAssign is for namespace "${service.namespace}" and the labels of the Service`);
}

/** What a Service that has one address could hold with a second one, of this family; or why there is none. */
export function findSecond(asker: Asker, holding: Holding, family: Family): Holding | Said {
  const { ground, service, demand } = asker;
  const [pool] = holding.pools as [Pool];
  const named = demand.pools.flatMap((name) => ground.index.pools.get(name) ?? []);
  const usable = named.filter((other) => other !== pool && ground.choice.objection(other, service) === undefined);
  const source = [pool, ...usable, ...partnerOf(asker, pool)];
  const second = takeFrom(asker, source, [family]);
  if (second === undefined) {
    const { message } = whyNotKept(asker, [family]) ?? noneFree(ground, source, { families: [family], oneIsEnough: false });
    return { reason: "AdditionalAssignFailed", message: `${message}, to add to ${holding.addresses.map(formatAddress).join(", ")}` };
  }
  return { ...holding, addresses: [...holding.addresses, ...second.addresses], pools: [...holding.pools, ...second.pools] };
}

/**
 * Deviation: in MetalLB two addresses are of one pool. Here whoever names addresses, or pools, may name two: it is only the automatic choice
 * that never takes from two pools, unless one of them says so.
 */
function findRequested(asker: Asker): Holding | Said {
  const { ground, demand } = asker;
  const pools: Pool[] = [];
  const named = namedPools(ground.index.pools, demand);
  for (const address of demand.addresses) {
    const pool = poolOf(asker, address);
    if (typeof pool === "string") return failed(pool);
    if (named !== undefined && !named.includes(pool.name)) {
      return failed(`Service asks for ${formatAddress(address)} of pool "${demand.pools.join(", ")}", but pool "${pool.name}" has it`);
    }
    const objection = objectionToGiving(asker, pool, address);
    if (objection !== undefined) return objection;
    pools.push(pool);
  }
  return { addresses: demand.addresses, pools, terms: demand.terms };
}

function findNamed(asker: Asker): Holding | Said {
  const { ground, service, demand } = asker;
  const pools: Pool[] = [];
  for (const name of demand.pools) {
    const pool = ground.index.pools.get(name);
    if (pool === undefined) return failed(`Pool "${name}" does not exist`);
    const objection = ground.choice.objection(pool, service);
    if (objection !== undefined) return failed(objection);
    pools.push(pool);
  }
  return findIn(asker, pools.length > 1 ? [pools] : sourcesOf(asker, pools)) ?? noneFree(ground, pools, demand);
}

/** The first source with every family; for a Service that makes do with less, the first with its primary family. */
function findIn(asker: Asker, sources: readonly Source[]): Holding | undefined {
  const { families, oneIsEnough } = asker.demand;
  if (families.length === 1) return firstWith(asker, sources, families);
  const found = firstWith(asker, sources, BOTH);
  if (found !== undefined || !oneIsEnough) return found;
  const [primary, other] = families as [Family, Family];
  return firstWith(asker, sources, [primary]) ?? firstWith(asker, sources, [other]);
}

function firstWith(asker: Asker, sources: readonly Source[], families: readonly Family[]): Holding | undefined {
  for (const source of sources) {
    const found = takeFrom(asker, source, families);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One address of each family, or nothing. */
function takeFrom(asker: Asker, source: Source, families: readonly Family[]): Holding | undefined {
  const addresses: Address[] = [];
  const pools: Pool[] = [];
  for (const family of families) {
    const kept = keptPieces(asker, family);
    const found = kept === undefined ? findFree(asker, source, family) : findKept(asker, kept);
    if (found === undefined) return undefined;
    addresses.push(found.address);
    pools.push(found.pool);
  }
  return { addresses, pools, terms: asker.demand.terms };
}

function findFree({ ground: { book, index }, demand }: Asker, source: Source, family: Family): Found | undefined {
  const pool = source.find((candidate) => index.places(candidate, family).length > 0);
  if (pool === undefined || pool.isDraining) return undefined;
  const address = book.firstFit(pool, family, demand.terms);
  return address === undefined ? undefined : { address, pool };
}

/** Each pool; for a Service of two families, with the pool that goes with it. */
function sourcesOf(asker: Asker, pools: readonly Pool[]): Source[] {
  return pools.map((pool) => (asker.demand.families.length === 1 ? [pool] : [pool, ...partnerOf(asker, pool)]));
}

function partnerOf({ ground: { index, choice }, service }: Asker, { dualStackWith }: Pool): Pool[] {
  const partner = dualStackWith === undefined ? undefined : index.pools.get(dualStackWith);
  return partner === undefined || choice.objection(partner, service) !== undefined ? [] : [partner];
}

function noneFree({ book }: Ground, pools: readonly Pool[], { families, oneIsEnough }: Pick<Demand, "families" | "oneIsEnough">): Said {
  const wanted = families.map(familyName).join(oneIsEnough ? " or " : " and ");
  const draining = pools.filter(({ isDraining }) => isDraining);
  const drained = draining.length === 0 ? "" : ` (being drained: ${listPools(draining)})`;
  const message = `No free ${wanted} address in ${listPools(pools)}${drained}`;
  for (const address of book.setAside.strangers()) {
    if (!families.includes(address.family) || !pools.includes(book.poolOf(address) as Pool)) continue;
    return { reason: "AddressInUse", message: `${message}; ${formatAddress(address)} answers on the network, though no Service has it` };
  }
  return failed(message);
}

function listPools(pools: readonly Pool[]): string {
  const names = pools.slice(0, MOST_POOLS_NAMED).map(({ name }) => `"${name}"`);
  const more = pools.length > names.length ? ` and ${pools.length - names.length} more` : "";
  return `pool${pools.length > 1 ? "s" : ""} ${names.join(", ")}${more}`;
}

/**
 * Finds addresses for a Service that lacks some: those that it asks for, else those of the pools that it asks for, else of the pools that
 * are open to it, in their order.
 */

import type { Holding } from "./address-book.ts";
import { type Address, familyName, formatAddress } from "./addresses.ts";
import type { Demand } from "./demand.ts";
import type { Ground } from "./settle.ts";
import type { Family, Pool, ServiceFact } from "./vocabulary.ts";

/** Pools that give to a Service together: each family comes from the first of them that has addresses of it. */
type Source = readonly Pool[];

const MOST_POOLS_NAMED = 5;
/** The order in which two VIPs are given, whichever family is the primary one, as in MetalLB. */
const BOTH = [4, 6] as const;

/** What a Service that has nothing could hold; or why there is nothing for it. */
export function find(ground: Ground, service: ServiceFact, demand: Demand): Holding | string {
  if (demand.addresses.length > 0) return findRequested(ground, service, demand);
  if (demand.pools.length > 0) return findNamed(ground, service, demand);
  const [pinned, open] = ground.choice.rounds(service);
  const found =
    findIn(ground, sourcesOf(ground, service, pinned, demand), demand) ?? findIn(ground, sourcesOf(ground, service, open, demand), demand);
  if (found !== undefined) return found;
  if (pinned.length + open.length > 0) return noneFree([...pinned, ...open], demand);
  return `No pool with autoAssign is for namespace "${service.namespace}" and the labels of the Service`;
}

/** What a Service that has one address could hold with a second one, of this family; or why there is none. */
export function findSecond(ground: Ground, service: ServiceFact, demand: Demand, holding: Holding, family: Family): Holding | string {
  const [pool] = holding.pools as [Pool];
  const named = demand.pools.flatMap((name) => ground.index.pools.get(name) ?? []);
  const usable = named.filter((other) => other !== pool && ground.choice.objection(other, service) === undefined);
  const source = [pool, ...usable, ...partnerOf(ground, service, pool)];
  const second = takeFrom(ground, source, [family], demand);
  if (second === undefined) {
    const has = holding.addresses.map(formatAddress).join(", ");
    return `${noneFree(source, { families: [family], oneIsEnough: false })} to add to ${has}`;
  }
  return { ...holding, addresses: [...holding.addresses, ...second.addresses], pools: [...holding.pools, ...second.pools] };
}

/**
 * Deviation: in MetalLB two addresses are of one pool. Here whoever names addresses, or pools, may name two: it is only the automatic choice
 * that never takes from two pools, unless one of them says so.
 */
function findRequested({ book, choice, index }: Ground, service: ServiceFact, demand: Demand): Holding | string {
  const { addresses, terms } = demand;
  const pools: Pool[] = [];
  const named = namedPools(index.pools, demand);
  for (const address of addresses) {
    const pool = book.poolOf(address);
    if (pool === undefined) return `No pool gives out ${formatAddress(address)}`;
    if (named !== undefined && !named.includes(pool.name)) {
      return `Service asks for ${formatAddress(address)} of pool "${demand.pools.join(", ")}", but pool "${pool.name}" has it`;
    }
    const objection = choice.objection(pool, service) ?? drainOf(pool) ?? book.objection(address, terms);
    if (objection !== undefined) return objection;
    pools.push(pool);
  }
  return { addresses, pools, terms };
}

/** Names of the pools that a Service accepts addresses of; undefined: of any. */
export function namedPools(pools: ReadonlyMap<string, Pool>, demand: Demand): readonly string[] | undefined {
  const [only, second] = demand.pools;
  if (only === undefined) return undefined;
  const partner = second === undefined && demand.families.length > 1 ? pools.get(only)?.dualStackWith : undefined;
  return partner === undefined ? demand.pools : [only, partner];
}

function findNamed(ground: Ground, service: ServiceFact, demand: Demand): Holding | string {
  const pools: Pool[] = [];
  for (const name of demand.pools) {
    const pool = ground.index.pools.get(name);
    if (pool === undefined) return `Pool "${name}" does not exist`;
    const objection = ground.choice.objection(pool, service);
    if (objection !== undefined) return objection;
    pools.push(pool);
  }
  const sources = pools.length > 1 ? [pools] : sourcesOf(ground, service, pools, demand);
  return findIn(ground, sources, demand) ?? noneFree(pools, demand);
}

/** The first source with every family; for a Service that makes do with less, the first with its primary family. */
function findIn(ground: Ground, sources: Iterable<Source>, demand: Demand): Holding | undefined {
  const { families, oneIsEnough } = demand;
  if (families.length === 1) return firstWith(ground, sources, families, demand);
  const found = firstWith(ground, sources, BOTH, demand);
  if (found !== undefined || !oneIsEnough) return found;
  const [primary, other] = families as [Family, Family];
  return firstWith(ground, sources, [primary], demand) ?? firstWith(ground, sources, [other], demand);
}

function firstWith(ground: Ground, sources: Iterable<Source>, families: readonly Family[], demand: Demand): Holding | undefined {
  for (const source of sources) {
    const found = takeFrom(ground, source, families, demand);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** One address of each family, or nothing. */
function takeFrom({ book, index }: Ground, source: Source, families: readonly Family[], { terms }: Demand): Holding | undefined {
  const addresses: Address[] = [];
  const pools: Pool[] = [];
  for (const family of families) {
    const pool = source.find((candidate) => index.places(candidate, family).length > 0);
    if (pool === undefined || pool.isDraining) return undefined;
    const address = book.firstFit(pool, family, terms);
    if (address === undefined) return undefined;
    addresses.push(address);
    pools.push(pool);
  }
  return { addresses, pools, terms };
}

/** Each pool; for a Service of two families, with the pool that goes with it. */
function sourcesOf(ground: Ground, service: ServiceFact, pools: readonly Pool[], { families }: Demand): Source[] {
  return pools.map((pool) => (families.length === 1 ? [pool] : [pool, ...partnerOf(ground, service, pool)]));
}

function partnerOf({ index, choice }: Ground, service: ServiceFact, { dualStackWith }: Pool): Pool[] {
  const partner = dualStackWith === undefined ? undefined : index.pools.get(dualStackWith);
  return partner === undefined || choice.objection(partner, service) !== undefined ? [] : [partner];
}

function drainOf({ name, isDraining }: Pool): string | undefined {
  return isDraining ? `Pool "${name}" is being drained and gives out no new addresses` : undefined;
}

function noneFree(pools: readonly Pool[], { families, oneIsEnough }: Pick<Demand, "families" | "oneIsEnough">): string {
  const list = (some: readonly Pool[]) => {
    const names = some.slice(0, MOST_POOLS_NAMED).map(({ name }) => `"${name}"`);
    const more = some.length > names.length ? ` and ${some.length - names.length} more` : "";
    return `pool${some.length > 1 ? "s" : ""} ${names.join(", ")}${more}`;
  };
  const wanted = families.map(familyName).join(oneIsEnough ? " or " : " and ");
  const draining = pools.filter(({ isDraining }) => isDraining);
  const drained = draining.length === 0 ? "" : ` (being drained: ${list(draining)})`;
  return `No free ${wanted} address in ${list(pools)}${drained}`;
}

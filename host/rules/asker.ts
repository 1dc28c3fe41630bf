/** A Service that looks for addresses. */

import { type Address, formatAddress } from "./addresses.ts";
import type { Demand, Said } from "./demand.ts";
import type { Ground } from "./settle.ts";
import type { Pool, ServiceFact } from "./vocabulary.ts";

/** Who asks, for what, and where. */
export interface Asker {
  readonly ground: Ground;
  readonly service: ServiceFact;
  readonly demand: Demand;
}

/** Why there is no address. */
export function failed(message: string): Said {
  return { reason: "AllocationFailed", message };
}

/** Names of the pools that a Service accepts addresses of; undefined: of any. */
export function namedPools(pools: ReadonlyMap<string, Pool>, demand: Demand): readonly string[] | undefined {
  const [only, second] = demand.pools;
  if (only === undefined) return undefined;
  const partner = second === undefined && demand.families.length > 1 ? pools.get(only)?.dualStackWith : undefined;
  return partner === undefined ? demand.pools : [only, partner];
}

/** Why a Service cannot be given an address, as opposed to keeping it; undefined: it can. */
export function objectionToGiving({ ground, service, demand }: Asker, pool: Pool, address: Address): Said | undefined {
  const { book, choice } = ground;
  const refusal =
    choice.objection(pool, service) ??
    drainOf(pool) ??
    book.setAside.objection(service.key, address) ??
    book.objection(address, demand.terms);
  if (refusal === undefined) return undefined;
  return book.setAside.hasStranger(address) ? { reason: "AddressInUse", message: refusal } : failed(refusal);
}

/** The pool that gives an address out; a sentence where there is none. */
export function poolOf({ ground }: Pick<Asker, "ground">, address: Address): Pool | string {
  return ground.book.poolOf(address) ?? `No pool gives out ${formatAddress(address)}`;
}

function drainOf({ name, isDraining }: Pool): string | undefined {
  return isDraining ? `Pool "${name}" is being drained and gives out no new addresses` : undefined;
}

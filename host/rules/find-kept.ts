/** The addresses that reservations keep for a Service by its name: it gets these or none, unless it asks for something else. */

import { type Address, formatAddress } from "./addresses.ts";
import { type Asker, failed, namedPools, objectionToGiving } from "./asker.ts";
import type { Said } from "./demand.ts";
import type { ReservedPiece } from "./reservation-index.ts";
import type { Family, Pool } from "./vocabulary.ts";

/** An address and the pool that it is of. */
export interface Found {
  readonly address: Address;
  readonly pool: Pool;
}

/** What is kept for a Service in one family; undefined: nothing, or it asks for other pools. Empty: no pool has what is kept. */
export function keptPieces({ ground, service, demand }: Asker, family: Family): readonly ReservedPiece[] | undefined {
  const kept = ground.book.setAside.reservations.keptFor(service.key, family);
  const named = namedPools(ground.index.pools, demand);
  if (kept === undefined || named === undefined) return kept?.pieces;
  const wanted = kept.pieces.filter(({ pool }) => named.includes(pool.name));
  return wanted.length === 0 ? undefined : wanted;
}

/** The pools that they are of; undefined: nothing is kept in any of the families. */
export function poolsOfKept(asker: Asker): readonly Pool[] | undefined {
  const pieces = asker.demand.families.map((family) => keptPieces(asker, family)).filter((some) => some !== undefined);
  return pieces.length === 0 ? undefined : [...new Set(pieces.flat().map(({ pool }) => pool))];
}

/** The first of them that can be had. */
export function findKept(asker: Asker, pieces: readonly ReservedPiece[]): Found | undefined {
  for (const { pool, block } of pieces) {
    if (pool.isDraining || asker.ground.choice.objection(pool, asker.service) !== undefined) continue;
    // Ends soon, however large the block is: what is passed is held, in use, or one of the few that avoidBuggyIPs leaves out.
    for (let value = block.first; value <= block.last; value += 1n) {
      const address = { family: block.family, value };
      if (asker.ground.book.poolOf(address) !== undefined && objectionToGiving(asker, pool, address) === undefined)
        return { address, pool };
    }
  }
  return undefined;
}

/** Why a Service cannot have what is kept for it in one of these families; undefined: it is not to blame. */
export function whyNotKept(asker: Asker, families: readonly Family[]): Said | undefined {
  for (const family of families) {
    const pieces = keptPieces(asker, family);
    if (pieces === undefined || findKept(asker, pieces) !== undefined) continue;
    const kept = asker.ground.book.setAside.reservations.keptFor(asker.service.key, family);
    const { pool, reservation, block } = pieces[0] ?? { reservation: kept?.reservation, block: kept?.blocks[0] };
    if (reservation === undefined || block === undefined) continue;
    const address = { family, value: block.first };
    const tail = `Reservation "${reservation.name}" keeps it for this Service`;
    if (pool === undefined) return failed(`No pool gives out ${formatAddress(address)}; ${tail}`);
    const objection = objectionToGiving(asker, pool, address) ?? failed(`Pool "${pool.name}" does not give out ${formatAddress(address)}`);
    return { ...objection, message: `${objection.message}; ${tail}` };
  }
  return undefined;
}

/** Reservations, ready to be asked about addresses and Services. */

import type { Address } from "./addresses.ts";
import { indexBlocks } from "./block-index.ts";
import type { PoolIndex, PoolPlace } from "./pool-index.ts";
import { positionOf } from "./pool-index.ts";
import { separateReservations } from "./separate-blocks.ts";
import type { AddressBlock, Family, Pool, Reservation, ServiceKey } from "./vocabulary.ts";

/** A piece of a pool that is kept for a Service. */
export interface ReservedPiece {
  readonly reservation: Reservation;
  readonly pool: Pool;
  readonly block: AddressBlock;
}

/** What is kept for one Service, in one family. */
export interface ReservedFor {
  readonly blocks: readonly AddressBlock[];
  /** What of these blocks is in pools; by reservation name, then in its order. */
  readonly pieces: readonly ReservedPiece[];
  readonly reservation: Reservation;
}

/** Reservations, ready to be asked. */
export interface ReservationIndex {
  /** The reservation that an address is under. */
  find(address: Address): Reservation | undefined;
  /** Undefined: no reservation with addresses of this family names the Service. */
  keptFor(service: ServiceKey, family: Family): ReservedFor | undefined;
  /** What of a pool's places is under no reservation. */
  unreserved(places: readonly PoolPlace[]): readonly PoolPlace[];
}

/** Most clusters have none, and each address is asked for more than once. */
const NO_RESERVATIONS: ReservationIndex = { find: () => undefined, keptFor: () => undefined, unreserved: (places) => places };

/** Indexes reservations, once for each change of them or of pools. One that overlaps with an earlier one counts as absent. */
export function indexReservations(reservations: Iterable<Reservation>, pools: PoolIndex): ReservationIndex {
  const accepted = [...separateReservations(reservations).accepted.values()];
  if (accepted.length === 0) return NO_RESERVATIONS;
  const blocks = indexBlocks(accepted.flatMap((reservation) => reservation.blocks.map((block) => ({ reservation, block }))));
  const kept = new Map<string, { blocks: AddressBlock[]; pieces: ReservedPiece[]; reservation: Reservation }>();
  for (const reservation of accepted) {
    if (reservation.service === undefined) continue;
    for (const block of reservation.blocks) {
      const id = `${reservation.service} ${block.family}`;
      const all = kept.get(id) ?? { blocks: [], pieces: [], reservation };
      kept.set(id, all);
      all.blocks.push(block);
      for (const place of pools.overlapping(block)) {
        all.pieces.push({ reservation, pool: place.pool, block: intersect(block, place.block) });
      }
    }
  }
  return {
    find: (address) => blocks.find(address)?.reservation,
    keptFor: (service, family) => kept.get(`${service} ${family}`),
    unreserved: (places) => places.flatMap((place) => without(place, blocks.overlapping(place.block))),
  };
}

function intersect(a: AddressBlock, b: AddressBlock): AddressBlock {
  return { family: a.family, first: a.first > b.first ? a.first : b.first, last: a.last < b.last ? a.last : b.last };
}

/** A place without some blocks, which come ascending. */
function without(place: PoolPlace, holes: readonly { readonly block: AddressBlock }[]): PoolPlace[] {
  const { pool, block } = place;
  const pieces: PoolPlace[] = [];
  let first = block.first;
  const keep = (last: bigint) => {
    if (first <= last) pieces.push({ pool, block: { ...block, first, last }, start: positionOf(place, first) });
  };
  for (const hole of holes) {
    keep(hole.block.first - 1n);
    first = hole.block.last + 1n;
  }
  keep(block.last);
  return pieces;
}

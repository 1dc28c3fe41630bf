// Neighbor Solicitations and Advertisements as records.
import { DISCOVERY_RECORD_FIELDS, readCommon, writeCommon } from "./discovery-record";
import { OUT } from "./memory";
import {
  checkAdvertisement,
  checkSolicitation,
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_FIELDS,
  NEIGHBOR_FLAGS,
  NEIGHBOR_SOLICITATION,
  NEIGHBOR_TARGET,
} from "./neighbor";
import { SOURCE_LINK_LAYER, TARGET_LINK_LAYER } from "./neighbor-discovery";
import { Status } from "./status";

export const NEIGHBOR_RECORD_TARGET: u32 = DISCOVERY_RECORD_FIELDS; // 16 bytes
// Of an advertisement.
export const NEIGHBOR_RECORD_FLAGS: u32 = NEIGHBOR_RECORD_TARGET + 16; // u8

/** Decodes an untagged Ethernet frame that carries a valid Neighbor Solicitation. */
export function decodeNeighborSolicitation(at: usize, length: u32): Status {
  const status = checkSolicitation(at, length);
  if (status === Status.Ok) readNeighbor(at, length);
  return status;
}

/** Decodes an untagged Ethernet frame that carries a valid Neighbor Advertisement. */
export function decodeNeighborAdvertisement(at: usize, length: u32): Status {
  const status = checkAdvertisement(at, length);
  if (status !== Status.Ok) return status;
  readNeighbor(at, length);
  store<u8>(NEIGHBOR_RECORD_FLAGS, load<u8>(at + NEIGHBOR_FLAGS));
  return Status.Ok;
}

/**
 * Writes the frame of a record to OUT, trailing bytes as zeros. Answers with its length, or with the status that decoding it would give;
 * `UnwritableOptions` where the record is of a frame with options besides the one that is written.
 */
export function encodeNeighborSolicitation(): i32 {
  const length = writeNeighbor(NEIGHBOR_SOLICITATION, 0, SOURCE_LINK_LAYER);
  const status = length < 0 ? length : checkSolicitation(OUT, length);
  return status === Status.Ok ? length : status;
}

/** As `encodeNeighborSolicitation`. */
export function encodeNeighborAdvertisement(): i32 {
  const length = writeNeighbor(NEIGHBOR_ADVERTISEMENT, load<u8>(NEIGHBOR_RECORD_FLAGS), TARGET_LINK_LAYER);
  const status = length < 0 ? length : checkAdvertisement(OUT, length);
  return status === Status.Ok ? length : status;
}

function readNeighbor(at: usize, length: u32): void {
  readCommon(at, length);
  memory.copy(NEIGHBOR_RECORD_TARGET, at + NEIGHBOR_TARGET, 16);
}

function writeNeighbor(type: u32, flags: u32, option: u32): i32 {
  store<u32>(OUT + NEIGHBOR_FLAGS, flags);
  memory.copy(OUT + NEIGHBOR_TARGET, NEIGHBOR_RECORD_TARGET, 16);
  return writeCommon(type, NEIGHBOR_FIELDS, option);
}

// Router Advertisements and Solicitations in their frames. RFC 4861 §4.1 "Router Solicitation Message Format", §4.2 "Router Advertisement
// Message Format"; what makes one valid: §6.1.1 and §6.1.2. Of the options only the source link-layer address is read and written.
import { getU16, setU16 } from "./bytes";
import { DISCOVERY_RECORD_FIELDS, readCommon, writeCommon } from "./discovery-record";
import { OUT } from "./memory";
import {
  checkMessage,
  ICMP,
  IPV6_SOURCE,
  isLinkLocal,
  isMulticast,
  isUnspecified,
  linkLayer,
  SOURCE_LINK_LAYER,
} from "./neighbor-discovery";
import { Status } from "./status";

const SOLICITATION: u32 = 133;
const SOLICITATION_FIELDS: u32 = 8;
const SOLICITATION_RESERVED: u32 = ICMP + 4; // u32
const ADVERTISEMENT: u32 = 134;
const ADVERTISEMENT_FIELDS: u32 = 16;
const CURRENT_HOP_LIMIT: u32 = ICMP + 4; // u8
const FLAGS: u32 = ICMP + 5; // u8: M, O, and those of later RFCs
const ROUTER_LIFETIME: u32 = ICMP + 6; // u16
const REACHABLE_TIME: u32 = ICMP + 8; // u32
const RETRANS_TIMER: u32 = ICMP + 12; // u32

// Of an advertisement.
export const ROUTER_RECORD_CURRENT_HOP_LIMIT: u32 = DISCOVERY_RECORD_FIELDS; // u8
export const ROUTER_RECORD_FLAGS: u32 = DISCOVERY_RECORD_FIELDS + 1; // u8
export const ROUTER_RECORD_LIFETIME: u32 = DISCOVERY_RECORD_FIELDS + 2; // u16
export const ROUTER_RECORD_REACHABLE_TIME: u32 = DISCOVERY_RECORD_FIELDS + 4; // u32
export const ROUTER_RECORD_RETRANS_TIMER: u32 = DISCOVERY_RECORD_FIELDS + 8; // u32

/** Decodes an untagged Ethernet frame that carries a valid Router Advertisement. */
export function decodeRouterAdvertisement(at: usize, length: u32): Status {
  const status = checkAdvertisement(at, length);
  if (status !== Status.Ok) return status;
  readCommon(at, length);
  store<u8>(ROUTER_RECORD_CURRENT_HOP_LIMIT, load<u8>(at + CURRENT_HOP_LIMIT));
  store<u8>(ROUTER_RECORD_FLAGS, load<u8>(at + FLAGS));
  store<u16>(ROUTER_RECORD_LIFETIME, <u16>getU16(at + ROUTER_LIFETIME));
  store<u32>(ROUTER_RECORD_REACHABLE_TIME, bswap<u32>(load<u32>(at + REACHABLE_TIME)));
  store<u32>(ROUTER_RECORD_RETRANS_TIMER, bswap<u32>(load<u32>(at + RETRANS_TIMER)));
  return Status.Ok;
}

/** Decodes an untagged Ethernet frame that carries a valid Router Solicitation. */
export function decodeRouterSolicitation(at: usize, length: u32): Status {
  const status = checkSolicitation(at, length);
  if (status === Status.Ok) readCommon(at, length);
  return status;
}

/**
 * Writes the frame of a record to OUT, trailing bytes as zeros. Answers with its length, or with the status that decoding it would give;
 * `UnwritableOptions` where the record is of a frame with options besides the one that is written.
 */
export function encodeRouterAdvertisement(): i32 {
  store<u8>(OUT + CURRENT_HOP_LIMIT, load<u8>(ROUTER_RECORD_CURRENT_HOP_LIMIT));
  store<u8>(OUT + FLAGS, load<u8>(ROUTER_RECORD_FLAGS));
  setU16(OUT + ROUTER_LIFETIME, load<u16>(ROUTER_RECORD_LIFETIME));
  store<u32>(OUT + REACHABLE_TIME, bswap<u32>(load<u32>(ROUTER_RECORD_REACHABLE_TIME)));
  store<u32>(OUT + RETRANS_TIMER, bswap<u32>(load<u32>(ROUTER_RECORD_RETRANS_TIMER)));
  const length = writeCommon(ADVERTISEMENT, ADVERTISEMENT_FIELDS, SOURCE_LINK_LAYER);
  const status = length < 0 ? length : checkAdvertisement(OUT, length);
  return status === Status.Ok ? length : status;
}

/** As `encodeRouterAdvertisement`. */
export function encodeRouterSolicitation(): i32 {
  store<u32>(OUT + SOLICITATION_RESERVED, 0);
  const length = writeCommon(SOLICITATION, SOLICITATION_FIELDS, SOURCE_LINK_LAYER);
  const status = length < 0 ? length : checkSolicitation(OUT, length);
  return status === Status.Ok ? length : status;
}

function checkAdvertisement(at: usize, length: u32): Status {
  const status = checkMessage(at, length, ADVERTISEMENT, ADVERTISEMENT_FIELDS, SOURCE_LINK_LAYER);
  if (status !== Status.Ok) return status;
  return isLinkLocal(at + IPV6_SOURCE) ? Status.Ok : Status.BadSource;
}

function checkSolicitation(at: usize, length: u32): Status {
  const status = checkMessage(at, length, SOLICITATION, SOLICITATION_FIELDS, SOURCE_LINK_LAYER);
  if (status !== Status.Ok) return status;
  if (isMulticast(at + IPV6_SOURCE)) return Status.BadSource;
  return isUnspecified(at + IPV6_SOURCE) && linkLayer !== 0 ? Status.UnexpectedOption : Status.Ok;
}

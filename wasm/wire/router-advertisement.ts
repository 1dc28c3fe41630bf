// Router Advertisements and Solicitations in their frames. RFC 4861 §4.1 "Router Solicitation Message Format", §4.2 "Router Advertisement
// Message Format"; what makes one valid: §6.1.1 and §6.1.2. Of the options only the source link-layer address is read and written.
import { getMac, getU16, setMac, setU16 } from "./bytes";
import { encodeEthernet } from "./ethernet";
import { decodeEthernet, ETHERNET_RECORD_DESTINATION, ETHERNET_RECORD_END, ETHERNET_RECORD_SOURCE } from "./ethernet-record";
import { OUT, OUT_BYTES } from "./memory";
import {
  checkMessage,
  ETHERTYPE_IPV6,
  finishMessage,
  ICMP,
  IPV6_DESTINATION,
  IPV6_SOURCE,
  isLinkLocal,
  isUnspecified,
  LINK_LAYER_OPTION,
  messageLength,
  otherOptions,
  sourceLinkLayer,
  writeLinkLayer,
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

export const ROUTER_RECORD: u32 = ETHERNET_RECORD_END;
export const ROUTER_RECORD_SOURCE: u32 = ROUTER_RECORD; // 16 bytes
export const ROUTER_RECORD_DESTINATION: u32 = ROUTER_RECORD + 16; // 16 bytes
export const ROUTER_RECORD_SOURCE_LINK_LAYER: u32 = ROUTER_RECORD + 32; // 6 bytes; zero: there is none
export const ROUTER_RECORD_OTHER_OPTION_BYTES: u32 = ROUTER_RECORD + 40; // u32
export const ROUTER_RECORD_TRAILING_BYTES: u32 = ROUTER_RECORD + 44; // u32: behind the packet
// Of an advertisement.
export const ROUTER_RECORD_CURRENT_HOP_LIMIT: u32 = ROUTER_RECORD + 48; // u8
export const ROUTER_RECORD_FLAGS: u32 = ROUTER_RECORD + 49; // u8
export const ROUTER_RECORD_LIFETIME: u32 = ROUTER_RECORD + 50; // u16
export const ROUTER_RECORD_REACHABLE_TIME: u32 = ROUTER_RECORD + 52; // u32
export const ROUTER_RECORD_RETRANS_TIMER: u32 = ROUTER_RECORD + 56; // u32

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
  const length = writeCommon(ADVERTISEMENT, ADVERTISEMENT_FIELDS);
  const status = length < 0 ? length : checkAdvertisement(OUT, length);
  return status === Status.Ok ? length : status;
}

/** As `encodeRouterAdvertisement`. */
export function encodeRouterSolicitation(): i32 {
  store<u32>(OUT + SOLICITATION_RESERVED, 0);
  const length = writeCommon(SOLICITATION, SOLICITATION_FIELDS);
  const status = length < 0 ? length : checkSolicitation(OUT, length);
  return status === Status.Ok ? length : status;
}

/** Writes what stands around the fields of a message; answers with the length of the frame, or a status. */
function writeCommon(type: u32, fields: u32): i32 {
  if (load<u32>(ROUTER_RECORD_OTHER_OPTION_BYTES) !== 0) return Status.UnwritableOptions;
  const mac = getMac(ROUTER_RECORD_SOURCE_LINK_LAYER);
  const payload = fields + (mac === 0 ? 0 : LINK_LAYER_OPTION);
  const trailing = load<u32>(ROUTER_RECORD_TRAILING_BYTES);
  if (trailing > OUT_BYTES - ICMP - payload) return Status.Oversized;
  encodeEthernet(OUT, getMac(ETHERNET_RECORD_DESTINATION), getMac(ETHERNET_RECORD_SOURCE), ETHERTYPE_IPV6);
  memory.copy(OUT + IPV6_SOURCE, ROUTER_RECORD_SOURCE, 16);
  memory.copy(OUT + IPV6_DESTINATION, ROUTER_RECORD_DESTINATION, 16);
  if (mac !== 0) writeLinkLayer(OUT + ICMP + fields, mac);
  finishMessage(OUT, type, payload);
  memory.fill(OUT + ICMP + payload, 0, trailing);
  return ICMP + payload + trailing;
}

function checkAdvertisement(at: usize, length: u32): Status {
  const status = checkMessage(at, length, ADVERTISEMENT, ADVERTISEMENT_FIELDS);
  if (status !== Status.Ok) return status;
  return isLinkLocal(at + IPV6_SOURCE) ? Status.Ok : Status.BadSource;
}

function checkSolicitation(at: usize, length: u32): Status {
  const status = checkMessage(at, length, SOLICITATION, SOLICITATION_FIELDS);
  if (status !== Status.Ok) return status;
  if (load<u8>(at + IPV6_SOURCE) === 0xff) return Status.BadSource;
  return isUnspecified(at + IPV6_SOURCE) && sourceLinkLayer !== 0 ? Status.UnexpectedOption : Status.Ok;
}

function readCommon(at: usize, length: u32): void {
  decodeEthernet(at, length);
  memory.copy(ROUTER_RECORD_SOURCE, at + IPV6_SOURCE, 16);
  memory.copy(ROUTER_RECORD_DESTINATION, at + IPV6_DESTINATION, 16);
  setMac(ROUTER_RECORD_SOURCE_LINK_LAYER, sourceLinkLayer);
  store<u32>(ROUTER_RECORD_OTHER_OPTION_BYTES, otherOptions);
  store<u32>(ROUTER_RECORD_TRAILING_BYTES, length - messageLength(at));
}

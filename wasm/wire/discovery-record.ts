// What the records of all messages of Neighbor Discovery share, and the frame around their fields. Of the options only the one with a MAC
// that belongs to the message is read and written.
import { getMac, setMac } from "./bytes";
import { encodeEthernet } from "./ethernet";
import { decodeEthernet, ETHERNET_RECORD_DESTINATION, ETHERNET_RECORD_END, ETHERNET_RECORD_SOURCE } from "./ethernet-record";
import { OUT, OUT_BYTES } from "./memory";
import {
  ETHERTYPE_IPV6,
  finishMessage,
  ICMP,
  IPV6_DESTINATION,
  IPV6_SOURCE,
  LINK_LAYER_OPTION,
  linkLayer,
  messageLength,
  otherOptions,
  writeLinkLayer,
} from "./neighbor-discovery";
import { Status } from "./status";

export const DISCOVERY_RECORD: u32 = ETHERNET_RECORD_END;
export const DISCOVERY_RECORD_SOURCE: u32 = DISCOVERY_RECORD; // 16 bytes
export const DISCOVERY_RECORD_DESTINATION: u32 = DISCOVERY_RECORD + 16; // 16 bytes
export const DISCOVERY_RECORD_LINK_LAYER: u32 = DISCOVERY_RECORD + 32; // 6 bytes; zero: there is none
export const DISCOVERY_RECORD_OTHER_OPTION_BYTES: u32 = DISCOVERY_RECORD + 40; // u32
export const DISCOVERY_RECORD_TRAILING_BYTES: u32 = DISCOVERY_RECORD + 44; // u32: behind the packet
/** A message's own fields. */
export const DISCOVERY_RECORD_FIELDS: u32 = DISCOVERY_RECORD + 48;

/** Reads what a frame that was checked has around its message's fields. */
export function readCommon(at: usize, length: u32): void {
  decodeEthernet(at, length);
  memory.copy(DISCOVERY_RECORD_SOURCE, at + IPV6_SOURCE, 16);
  memory.copy(DISCOVERY_RECORD_DESTINATION, at + IPV6_DESTINATION, 16);
  setMac(DISCOVERY_RECORD_LINK_LAYER, linkLayer);
  store<u32>(DISCOVERY_RECORD_OTHER_OPTION_BYTES, otherOptions);
  store<u32>(DISCOVERY_RECORD_TRAILING_BYTES, length - messageLength(at));
}

/** Writes what stands around the fields of a message to OUT, trailing bytes as zeros; answers with the length of the frame, or a status. */
export function writeCommon(type: u32, fields: u32, option: u32): i32 {
  if (load<u32>(DISCOVERY_RECORD_OTHER_OPTION_BYTES) !== 0) return Status.UnwritableOptions;
  const mac = getMac(DISCOVERY_RECORD_LINK_LAYER);
  const payload = fields + (mac === 0 ? 0 : LINK_LAYER_OPTION);
  const trailing = load<u32>(DISCOVERY_RECORD_TRAILING_BYTES);
  if (trailing > OUT_BYTES - ICMP - payload) return Status.Oversized;
  encodeEthernet(OUT, getMac(ETHERNET_RECORD_DESTINATION), getMac(ETHERNET_RECORD_SOURCE), ETHERTYPE_IPV6);
  memory.copy(OUT + IPV6_SOURCE, DISCOVERY_RECORD_SOURCE, 16);
  memory.copy(OUT + IPV6_DESTINATION, DISCOVERY_RECORD_DESTINATION, 16);
  if (mac !== 0) writeLinkLayer(OUT + ICMP + fields, option, mac);
  finishMessage(OUT, type, payload);
  memory.fill(OUT + ICMP + payload, 0, trailing);
  return ICMP + payload + trailing;
}

// An Ethernet header as a record: what `herald decode ethernet` shows, and what every format inside a frame begins with.
import { getMac, getU16, setMac } from "./bytes";
import { ETHERNET_DESTINATION, ETHERNET_HEADER, ETHERNET_SOURCE, ETHERNET_TYPE } from "./ethernet";
import { RECORD } from "./memory";
import { Status } from "./status";

export const ETHERNET_RECORD: u32 = RECORD;
export const ETHERNET_RECORD_DESTINATION: u32 = ETHERNET_RECORD; // 6 bytes
export const ETHERNET_RECORD_SOURCE: u32 = ETHERNET_RECORD + 8; // 6 bytes
export const ETHERNET_RECORD_TYPE: u32 = ETHERNET_RECORD + 16; // u16; below 1536 it is a length (IEEE 802.3 §3.2.6 "Length/Type field")
export const ETHERNET_RECORD_PAYLOAD_BYTES: u32 = ETHERNET_RECORD + 20; // u32; padding included
export const ETHERNET_RECORD_END: u32 = ETHERNET_RECORD + 24;

/** Decodes the header of a frame, whatever it carries; a tag is left in the payload and shows as the type 0x8100 or 0x88a8. */
export function decodeEthernet(at: usize, length: u32): Status {
  if (length < ETHERNET_HEADER) return Status.Truncated;
  setMac(ETHERNET_RECORD_DESTINATION, getMac(at + ETHERNET_DESTINATION));
  setMac(ETHERNET_RECORD_SOURCE, getMac(at + ETHERNET_SOURCE));
  store<u16>(ETHERNET_RECORD_TYPE, <u16>getU16(at + ETHERNET_TYPE));
  store<u32>(ETHERNET_RECORD_PAYLOAD_BYTES, length - ETHERNET_HEADER);
  return Status.Ok;
}

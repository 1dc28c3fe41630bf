// ARP for Ethernet and IPv4. RFC 826 "Packet format"; RFC 5227 for probes and announcements. Lengths are fixed at 6 and 4.
import { getU16, isGroupMac } from "./bytes";
import { checkEthernet, ETHERNET_HEADER, ETHERNET_TYPE, ETHERTYPE_ARP } from "./ethernet";
import { Status } from "./status";

const ARP_HTYPE: u32 = 0; // u16, 1 = Ethernet
const ARP_PTYPE: u32 = 2; // u16, 0x0800 = IPv4
const ARP_HLEN: u32 = 4;
export const ARP_PLEN: u32 = 5;
export const ARP_OPER: u32 = 6; // u16, 1 = request, 2 = reply; the decoder keeps others
export const ARP_SHA: u32 = 8;
export const ARP_SPA: u32 = 14;
export const ARP_THA: u32 = 18;
export const ARP_TPA: u32 = 24;
const ARP_LENGTH: u32 = 28;

export const ARP_REQUEST: u32 = 1;
export const ARP_REPLY: u32 = 2;

/** HTYPE, PTYPE, HLEN and PLEN of Ethernet and IPv4 as one little-endian word; OPER stands in the two bytes above. */
const HEADER: u64 = 0x0406_0008_0100;
const HEADER_MASK: u64 = 0xffff_ffff_ffff;

/**
 * Checks one ARP packet of `length` bytes at `at`. Bytes after the 28th are allowed: Ethernet pads short frames.
 * A sender with a group MAC is refused: whoever answered it would answer everybody.
 */
export function checkArp(at: usize, length: u32): Status {
  if (length < ARP_LENGTH) return Status.Truncated;
  if ((load<u64>(at) & HEADER_MASK) !== HEADER) return explain(at);
  if (isGroupMac(load<u8>(at + ARP_SHA))) return Status.BadSender;
  return Status.Ok;
}

/** EtherType to PLEN of an ARP frame as one little-endian word. */
const FRAME_HEADER: u64 = 0x0406_0008_0100_0608;
export const ARP_FRAME_LENGTH: u32 = ETHERNET_HEADER + ARP_LENGTH;

/** OPER and the group bit of SHA behind it: a request from one station. */
const REQUEST: u64 = 0x0100;
const REQUEST_MASK: u64 = 0x1_ffff;

/** True: an untagged Ethernet frame with an ARP request that `checkArpFrame` finds nothing wrong with. Two loads, for the hot path. */
export function isArpRequest(at: usize, length: u32): bool {
  if (length < ARP_FRAME_LENGTH) return false;
  const isOther = (load<u64>(at + ETHERNET_TYPE) ^ FRAME_HEADER) | ((load<u64>(at + ETHERNET_HEADER + ARP_OPER) ^ REQUEST) & REQUEST_MASK);
  return isOther === 0;
}

/** Checks an untagged Ethernet frame with an ARP packet in it. */
export function checkArpFrame(at: usize, length: u32): Status {
  const status = checkEthernet(at, length, ETHERTYPE_ARP);
  return status === Status.Ok ? checkArp(at + ETHERNET_HEADER, length - ETHERNET_HEADER) : status;
}

/** The slow way, for a packet that `checkArp` found odd. */
function explain(at: usize): Status {
  if (getU16(at + ARP_HTYPE) !== 1) return Status.WrongHardwareType;
  if (getU16(at + ARP_PTYPE) !== 0x0800) return Status.WrongProtocolType;
  if (load<u8>(at + ARP_HLEN) !== 6) return Status.WrongHardwareLength;
  return Status.WrongProtocolLength;
}

/**
 * Writes one ARP packet at `at`, four whole words instead of nine fields. MACs as `getMac` gives them, addresses in
 * memory order.
 */
export function encodeArp(at: usize, operation: u32, sha: u64, spa: u32, tha: u64, tpa: u32): void {
  store<u64>(at + ARP_HTYPE, HEADER | ((<u64>bswap<u16>(<u16>operation)) << 48));
  store<u64>(at + ARP_SHA, sha | ((<u64>spa) << 48));
  store<u64>(at + ARP_SHA + 8, <u64>(spa >> 16) | (tha << 16));
  store<u32>(at + ARP_TPA, tpa);
}

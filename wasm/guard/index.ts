// Module `guard`: whether what a plugin that is not built in wants to send may leave.
//
// In: what was granted and denied (tables of rules, then `useRules`), the MACs of the links (`setLink`), the addresses that are assigned to the
// plugin now (`ADDRESS`, then `assign` or `free`), and a frame somewhere in AREA (`checkFrame`) or the receiver of a datagram there
// (`checkDatagram`). Out: `Drop.None`, or the first reason why not.
//
// A frame passes where its EtherType, its protocol of IP and its source MAC are granted on the link, and where it claims no address that is
// another's (`claims`). Whatever could hide what a frame is (VLAN tags, LLC, IPv6 extension headers and fragments) is refused whole. One
// instance serves one plugin. Total: every argument gives an answer, none traps. Numbers are little-endian.
import { getMac, getU16, isGroupMac } from "../wire/bytes";
import { ETHERNET_HEADER, ETHERNET_SOURCE, ETHERNET_TYPE, ETHERTYPE_ARP } from "../wire/ethernet";
import { ETHERTYPE_IPV6 } from "../wire/neighbor-discovery";
import { judgeArp, judgeIcmp } from "./claims";
import { Drop } from "./drop";
import { ANY_PROTOCOL, AREA, AREA_BYTES } from "./memory";
import { judgeFrame, judgeHost } from "./rules";

export { assign, free } from "./addresses";
export { Drop } from "./drop";
export {
  ADDRESS,
  ANY_PORT,
  ANY_PROTOCOL,
  AREA,
  AREA_BYTES,
  DENIED,
  FRAME_ETHERTYPE,
  FRAME_FLAGS,
  FRAME_LINKS,
  FRAME_MAC,
  FRAME_MASK,
  FRAME_PROTOCOL,
  FRAME_RULE_BYTES,
  FRAME_RULES,
  FRAME_TABLE,
  HAS_SOURCE,
  HOST_FIRST,
  HOST_FLAGS,
  HOST_LAST,
  HOST_PORT,
  HOST_RULE_BYTES,
  HOST_RULES,
  HOST_TABLE,
} from "./memory";
export { setLink, useRules } from "./rules";

const ETHERTYPE_IPV4: u32 = 0x0800;
/** Below it the field is a length, and LLC follows: IEEE 802.3 §3.2.6. */
const FIRST_ETHERTYPE: u32 = 0x0600;
const IPV4_LEAST: u32 = 20;
const IPV6_HEADER: u32 = 40;
const IPV4_PROTOCOL: u32 = ETHERNET_HEADER + 9;
const IPV6_NEXT_HEADER: u32 = ETHERNET_HEADER + 6;
const ICMPV6: u32 = 58;

/** A frame of `length` bytes at `at`, in AREA, that is to leave on a link. */
export function checkFrame(at: usize, length: u32, link: u32): Drop {
  if (length < ETHERNET_HEADER || !isInArea(at, length)) return Drop.Truncated;
  const etherType = getU16(at + ETHERNET_TYPE);
  if (isTag(etherType)) return Drop.Tagged;
  if (etherType < FIRST_ETHERTYPE) return Drop.EtherType;
  const source = getMac(at + ETHERNET_SOURCE);
  if (isGroupMac(source)) return Drop.SourceMac;
  const protocol = readProtocol(at, length, etherType);
  if (protocol < 0) return -protocol;
  const drop = judgeFrame(link, etherType, protocol, source);
  if (drop !== Drop.None) return drop;
  if (etherType === ETHERTYPE_ARP) return judgeArp(at, length, source);
  return etherType === ETHERTYPE_IPV6 && protocol === ICMPV6 ? judgeIcmp(at, length, source) : Drop.None;
}

function isInArea(at: usize, length: u32): bool {
  return at >= AREA && length <= AREA_BYTES && at - AREA <= AREA_BYTES - length;
}

/** ANY_PROTOCOL where the frame is not of IP; a negative Drop where its header cannot be read. */
function readProtocol(at: usize, length: u32, etherType: u32): i32 {
  if (etherType === ETHERTYPE_IPV4) {
    if (length < ETHERNET_HEADER + IPV4_LEAST || load<u8>(at, ETHERNET_HEADER) >> 4 !== 4) return -Drop.Truncated;
    return load<u8>(at, IPV4_PROTOCOL);
  }
  if (etherType !== ETHERTYPE_IPV6) return ANY_PROTOCOL;
  if (length < ETHERNET_HEADER + IPV6_HEADER || load<u8>(at, ETHERNET_HEADER) >> 4 !== 6) return -Drop.Truncated;
  const header = load<u8>(at, IPV6_NEXT_HEADER);
  return isExtension(header) ? -Drop.ExtensionHeader : header;
}

/** Tags of customers and of providers, also those that were in use before the standard. */
function isTag(etherType: u32): bool {
  return etherType === 0x8100 || etherType === 0x88a8 || etherType === 0x9100 || etherType === 0x9200 || etherType === 0x9300;
}

/**
 * IANA "IPv6 Extension Header Types", but for ESP, behind which nobody looks: hop-by-hop, routing, fragment, authentication, destination
 * options, mobility, HIP, Shim6, and two for experiments.
 */
function isExtension(header: u32): bool {
  switch (header) {
    case 0:
    case 43:
    case 44:
    case 51:
    case 60:
    case 135:
    case 139:
    case 140:
    case 253:
    case 254:
      return true;
    default:
      return false;
  }
}

const PEER_PORT: usize = 8; // u16
const PEER_FAMILY: usize = 10; // u8
const PEER: usize = 16; // 16 bytes, IPv4 in the first four
const DESCRIPTOR_BYTES: u32 = 32;
/** ::ffff:0:0/96 in memory order: the first word is zero, and so is what is left of the second. */
const MAPPED: u32 = 0xffff_0000;

/** The receiver that a descriptor at `at`, in AREA, names. */
export function checkDatagram(at: usize): Drop {
  if (!isInArea(at, DESCRIPTOR_BYTES)) return Drop.Truncated;
  const port: u32 = load<u16>(at, PEER_PORT);
  const first = load<u64>(at, PEER);
  if (load<u8>(at, PEER_FAMILY) !== 6) return judgeHost(0, bswap<u64>(MAPPED | (first << 32)), port);
  const second = load<u64>(at, PEER + 8);
  // The kernel would take it for the IPv4 address.
  if (first === 0 && <u32>second === MAPPED) return Drop.Destination;
  return judgeHost(bswap<u64>(first), bswap<u64>(second), port);
}

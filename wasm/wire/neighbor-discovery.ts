// What all messages of Neighbor Discovery share: an Ethernet frame with an IPv6 packet in it that holds ICMPv6, and options at its end.
// RFC 8200 §3 "IPv6 Header Format", RFC 4443 §2.1 "Message General Format", RFC 2464 §6 "Unicast Address Mapping" for the link-layer option.
//
// A packet with extension headers is refused, as one of another protocol: nobody sends Neighbor Discovery so, and with a fragment header
// nobody may (RFC 6980).
import { getMac, getU16, isGroupMac, setMac, setU16 } from "./bytes";
import { checkEthernet, ETHERNET_HEADER, ETHERNET_SOURCE } from "./ethernet";
import { Status } from "./status";

export const ETHERTYPE_IPV6: u32 = 0x86dd;

const PAYLOAD_LENGTH: u32 = ETHERNET_HEADER + 4; // u16
const NEXT_HEADER: u32 = ETHERNET_HEADER + 6; // u8
const HOP_LIMIT: u32 = ETHERNET_HEADER + 7; // u8
export const IPV6_SOURCE: u32 = ETHERNET_HEADER + 8; // 16 bytes
export const IPV6_DESTINATION: u32 = ETHERNET_HEADER + 24; // 16 bytes
export const ICMP: u32 = ETHERNET_HEADER + 40;
const ICMP_CODE: u32 = ICMP + 1; // u8
const ICMP_CHECKSUM: u32 = ICMP + 2; // u16

/** Version 6, no traffic class, no flow label, in memory order. */
const VERSION: u32 = 0x60;
const ICMPV6: u32 = 58;
/** RFC 4861 §6.1 "Message Validation": proves that the packet passed no router. */
const ON_LINK: u32 = 255;
const SHORTEST: u32 = 8;

/** ff02::1:ff00:0 as two words in memory order. */
export const SOLICITED_NODE_LOW: u64 = 0x2ff;
export const SOLICITED_NODE_HIGH: u64 = 0xff01000000;

const OPTION_UNIT: u32 = 8;
/** Types of the option with a MAC: the sender's own, or that of the target. */
export const SOURCE_LINK_LAYER: u32 = 1;
export const TARGET_LINK_LAYER: u32 = 2;
export const LINK_LAYER_OPTION: u32 = 8;

/** Of the options of a message that was checked: the MAC of the first of the type asked for; zero: there is none. */
export let linkLayer: u64 = 0;
/** Octets of all other options. */
export let otherOptions: u32 = 0;

/**
 * Checks a frame of `length` bytes at `at` for a message of `type` whose fields before the options take `fields` octets; reads the options,
 * of which `option` is the one whose MAC counts.
 */
export function checkMessage(at: usize, length: u32, type: u32, fields: u32, option: u32): Status {
  const status = checkEthernet(at, length, ETHERTYPE_IPV6);
  if (status !== Status.Ok) return status;
  if (length < ICMP) return Status.Truncated;
  if (load<u8>(at + ETHERNET_HEADER) >> 4 !== 6) return Status.WrongVersion;
  if (load<u8>(at + NEXT_HEADER) !== ICMPV6) return Status.WrongNextHeader;
  const payload = getU16(at + PAYLOAD_LENGTH);
  if (payload > length - ICMP || payload < SHORTEST) return Status.Truncated;
  if (load<u8>(at + ICMP) !== type) return Status.WrongMessageType;
  if (payload < fields) return Status.Truncated;
  if (load<u8>(at + HOP_LIMIT) !== ON_LINK) return Status.WrongHopLimit;
  if (load<u8>(at + ICMP_CODE) !== 0) return Status.WrongMessageCode;
  if (sum(at, payload) !== 0xffff) return Status.WrongChecksum;
  if (isGroupMac(load<u8>(at + ETHERNET_SOURCE))) return Status.BadSender;
  return readOptions(at + ICMP + fields, payload - fields, option);
}

/** Octets of the whole frame, without what stands behind the packet. */
export function messageLength(at: usize): u32 {
  return ICMP + getU16(at + PAYLOAD_LENGTH);
}

/** RFC 4861 §4.6 "Option Formats": one that is not known, or not as long as it is on Ethernet, is passed over. */
function readOptions(at: usize, length: u32, option: u32): Status {
  linkLayer = 0;
  otherOptions = 0;
  for (let from: u32 = 0; from < length; ) {
    if (length - from < OPTION_UNIT) return Status.OptionOverrun;
    const size: u32 = <u32>load<u8>(at + from, 1) * OPTION_UNIT;
    if (size === 0) return Status.ZeroLengthOption;
    if (size > length - from) return Status.OptionOverrun;
    const mac = getMac(at + from + 2);
    if (load<u8>(at + from) === option && size === LINK_LAYER_OPTION && mac !== 0 && linkLayer === 0) linkLayer = mac;
    else otherOptions += size;
    from += size;
  }
  return Status.Ok;
}

/** Writes everything around the addresses, the fields and the options of a message of `payload` octets: the checksum last. */
export function finishMessage(at: usize, type: u32, payload: u32): void {
  store<u32>(at + ETHERNET_HEADER, VERSION);
  setU16(at + PAYLOAD_LENGTH, payload);
  store<u8>(at + NEXT_HEADER, <u8>ICMPV6);
  store<u8>(at + HOP_LIMIT, <u8>ON_LINK);
  store<u8>(at + ICMP, <u8>type);
  store<u8>(at + ICMP_CODE, 0);
  setU16(at + ICMP_CHECKSUM, 0);
  setU16(at + ICMP_CHECKSUM, ~sum(at, payload));
}

/** Writes an option with a MAC. */
export function writeLinkLayer(at: usize, option: u32, mac: u64): void {
  store<u8>(at, <u8>option);
  store<u8>(at, <u8>(LINK_LAYER_OPTION / OPTION_UNIT), 1);
  setMac(at + 2, mac);
}

/**
 * RFC 4443 §2.3 "Message Checksum Calculation": the ones' complement sum of the pseudo-header and the message; 0xffff where it is right.
 * Four octets at a time and in memory order, which is swapped once at the end (RFC 1071 §2 "Calculating the Checksum").
 */
function sum(at: usize, payload: u32): u32 {
  let total: u64 = <u64>bswap<u16>(<u16>payload) + bswap<u16>(<u16>ICMPV6);
  for (let from = IPV6_SOURCE; from < ICMP; from += 4) total += load<u32>(at + from);
  const whole = payload & ~3;
  for (let from: u32 = 0; from < whole; from += 4) total += load<u32>(at + ICMP + from);
  if ((payload & 2) !== 0) total += load<u16>(at + ICMP + whole);
  if ((payload & 1) !== 0) total += load<u8>(at + ICMP + payload - 1);
  total = (total & 0xffffffff) + (total >> 32);
  total = (total & 0xffff) + ((total >> 16) & 0xffff) + (total >> 32);
  total = (total & 0xffff) + (total >> 16);
  return bswap<u16>(<u16>((total & 0xffff) + (total >> 16)));
}

/** fe80::/10. */
export function isLinkLocal(address: usize): bool {
  return (getU16(address) & 0xffc0) === 0xfe80;
}

/** ff00::/8. */
export function isMulticast(address: usize): bool {
  return load<u8>(address) === 0xff;
}

/** ff02::1:ff00:0/104, which every node that solicitations are sent to is in: RFC 4291 §2.7.1 "Pre-Defined Multicast Addresses". */
export function isSolicitedNode(address: usize): bool {
  return load<u64>(address) === SOLICITED_NODE_LOW && (load<u64>(address, 8) & 0xffffffffff) === SOLICITED_NODE_HIGH;
}

export function isUnspecified(address: usize): bool {
  return (load<u64>(address) | load<u64>(address, 8)) === 0;
}

// Ethernet II. IEEE 802.3 §3 "Media access control frame specifications"; tags: IEEE 802.1Q §9 "Tag format".
import { getU16 } from "./bytes";
import { Status } from "./status";

export const ETHERNET_DESTINATION: u32 = 0;
export const ETHERNET_SOURCE: u32 = 6;
export const ETHERNET_TYPE: u32 = 12; // u16
export const ETHERNET_HEADER: u32 = 14;

export const ETHERTYPE_ARP: u32 = 0x0806;
const ETHERTYPE_VLAN: u32 = 0x8100;
const ETHERTYPE_SERVICE_VLAN: u32 = 0x88a8;

export const MAC_BROADCAST: u64 = 0xffffffffffff;

/** Checks that an untagged Ethernet frame of `length` bytes at `at` carries `etherType`. */
export function checkEthernet(at: usize, length: u32, etherType: u32): Status {
  if (length < <u32>ETHERNET_HEADER) return Status.Truncated;
  if (load<u16>(at + ETHERNET_TYPE) === bswap<u16>(<u16>etherType)) return Status.Ok;
  const found = getU16(at + ETHERNET_TYPE);
  return found === ETHERTYPE_VLAN || found === ETHERTYPE_SERVICE_VLAN ? Status.Tagged : Status.WrongEtherType;
}

/** Writes an Ethernet header at `at`; the two bytes behind it are overwritten too, so the payload comes after. */
export function encodeEthernet(at: usize, destination: u64, source: u64, etherType: u32): void {
  store<u64>(at, destination | (source << 48));
  store<u64>(at + 8, (source >> 16) | ((<u64>bswap<u16>(<u16>etherType)) << 32));
}

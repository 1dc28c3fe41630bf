// Neighbor Solicitations and Advertisements in their frames. RFC 4861 §4.3 "Neighbor Solicitation Message Format", §4.4 "Neighbor
// Advertisement Message Format"; what makes one valid: §7.1.1 and §7.1.2.
import { isGroupMac } from "./bytes";
import { encodeEthernet } from "./ethernet";
import {
  checkMessage,
  ETHERTYPE_IPV6,
  finishMessage,
  ICMP,
  IPV6_DESTINATION,
  IPV6_SOURCE,
  isMulticast,
  isSolicitedNode,
  isUnspecified,
  LINK_LAYER_OPTION,
  linkLayer,
  SOLICITED_NODE_HIGH,
  SOLICITED_NODE_LOW,
  SOURCE_LINK_LAYER,
  TARGET_LINK_LAYER,
  writeLinkLayer,
} from "./neighbor-discovery";
import { Status } from "./status";

export const NEIGHBOR_SOLICITATION: u32 = 135;
export const NEIGHBOR_ADVERTISEMENT: u32 = 136;
export const NEIGHBOR_FIELDS: u32 = 24;
/** u8 and 24 reserved bits; all reserved in a solicitation. */
export const NEIGHBOR_FLAGS: u32 = ICMP + 4;
export const NEIGHBOR_TARGET: u32 = ICMP + 8; // 16 bytes

export const FLAG_SOLICITED: u32 = 0x40;
export const FLAG_OVERRIDE: u32 = 0x20;

/** 33:33 as getMac gives it; the last four octets of a group follow. */
const IPV6_GROUP_MAC: u64 = 0x3333;
/** Of an address's second word in memory order, what a solicited-node group takes over: the last 24 bits. */
const NODE_BITS: u64 = 0xffff_ff00_0000_0000;

/** Of an advertisement with its one option. */
export const ADVERTISEMENT_LENGTH: u32 = ICMP + NEIGHBOR_FIELDS + LINK_LAYER_OPTION;

/** Of a solicitation without options. */
export const PROBE_LENGTH: u32 = ICMP + NEIGHBOR_FIELDS;

/** Checks an untagged frame for a valid Neighbor Solicitation; `linkLayer` is then its source link-layer address. */
export function checkSolicitation(at: usize, length: u32): Status {
  const status = checkMessage(at, length, NEIGHBOR_SOLICITATION, NEIGHBOR_FIELDS, SOURCE_LINK_LAYER);
  if (status !== Status.Ok) return status;
  const found = checkAddresses(at);
  if (found !== Status.Ok || !isUnspecified(at + IPV6_SOURCE)) return found;
  if (linkLayer !== 0) return Status.UnexpectedOption;
  return isSolicitedNode(at + IPV6_DESTINATION) ? Status.Ok : Status.BadDestination;
}

/** Checks an untagged frame for a valid Neighbor Advertisement; `linkLayer` is then its target link-layer address. */
export function checkAdvertisement(at: usize, length: u32): Status {
  const status = checkMessage(at, length, NEIGHBOR_ADVERTISEMENT, NEIGHBOR_FIELDS, TARGET_LINK_LAYER);
  if (status !== Status.Ok) return status;
  const isSolicited = (load<u8>(at + NEIGHBOR_FLAGS) & FLAG_SOLICITED) !== 0;
  return isSolicited && isMulticast(at + IPV6_DESTINATION) ? Status.SolicitedMulticast : checkAddresses(at);
}

function checkAddresses(at: usize): Status {
  if (isMulticast(at + NEIGHBOR_TARGET)) return Status.BadTarget;
  if (isMulticast(at + IPV6_SOURCE)) return Status.BadSource;
  return isGroupMac(linkLayer) ? Status.BadSender : Status.Ok;
}

/** Writes an advertisement of the address at `target`, from that very address, with `mac` as its sender and its target link-layer address. */
export function encodeAdvertisement(at: usize, destination: u64, mac: u64, low: u64, high: u64, target: usize, flags: u32): void {
  encodeEthernet(at, destination, mac, ETHERTYPE_IPV6);
  store<u64>(at + IPV6_SOURCE, load<u64>(target));
  store<u64>(at + IPV6_SOURCE, load<u64>(target, 8), 8);
  store<u64>(at + IPV6_DESTINATION, low);
  store<u64>(at + IPV6_DESTINATION, high, 8);
  store<u32>(at + NEIGHBOR_FLAGS, flags);
  store<u64>(at + NEIGHBOR_TARGET, load<u64>(target));
  store<u64>(at + NEIGHBOR_TARGET, load<u64>(target, 8), 8);
  writeLinkLayer(at + ICMP + NEIGHBOR_FIELDS, TARGET_LINK_LAYER, mac);
  finishMessage(at, NEIGHBOR_ADVERTISEMENT, NEIGHBOR_FIELDS + LINK_LAYER_OPTION);
}

/**
 * Writes a solicitation of the address at `target` from nobody: RFC 4862 §5.4.2 "Sending Neighbor Solicitation Messages". It goes to the
 * target's solicited-node group, whose MAC is by RFC 2464 §7.
 */
export function encodeProbe(at: usize, mac: u64, target: usize): void {
  const group = SOLICITED_NODE_HIGH | (load<u64>(target, 8) & NODE_BITS);
  encodeEthernet(at, IPV6_GROUP_MAC | ((group >> 32) << 16), mac, ETHERTYPE_IPV6);
  store<u64>(at + IPV6_SOURCE, 0);
  store<u64>(at + IPV6_SOURCE, 0, 8);
  store<u64>(at + IPV6_DESTINATION, SOLICITED_NODE_LOW);
  store<u64>(at + IPV6_DESTINATION, group, 8);
  store<u32>(at + NEIGHBOR_FLAGS, 0);
  store<u64>(at + NEIGHBOR_TARGET, load<u64>(target));
  store<u64>(at + NEIGHBOR_TARGET, load<u64>(target, 8), 8);
  finishMessage(at, NEIGHBOR_SOLICITATION, NEIGHBOR_FIELDS);
}

import { addressFields } from "./ethernet.ts";
import type { Field, Format, Meaning } from "./format.ts";

const VALIDATION = 'RFC 4861 §6.1.1 "Validation of Router Solicitations", §6.1.2 "Validation of Router Advertisements"';
const OPTIONS = 'RFC 4861 §4.6 "Option Formats"';

const commonFields: readonly Field[] = [
  ...addressFields,
  { name: "sourceAddress", at: "ROUTER_RECORD_SOURCE", kind: "ipv6" },
  { name: "destinationAddress", at: "ROUTER_RECORD_DESTINATION", kind: "ipv6" },
];

const optionFields: readonly Field[] = [
  { name: "sourceLinkLayerAddress", at: "ROUTER_RECORD_SOURCE_LINK_LAYER", kind: "mac" },
  { name: "otherOptionBytes", at: "ROUTER_RECORD_OTHER_OPTION_BYTES", kind: "u32" },
  { name: "trailingBytes", at: "ROUTER_RECORD_TRAILING_BYTES", kind: "u32" },
];

const commonStatuses: Readonly<Record<string, Meaning>> = {
  Truncated: { meaning: "The frame ends before the message does, or the message before its options", source: VALIDATION },
  Tagged: {
    meaning: "The frame has a VLAN tag, so it belongs to another link",
    source: 'IEEE 802.1Q §9.4 "Tag Protocol Identifier (TPID) formats"',
  },
  WrongEtherType: { meaning: "The EtherType is not 0x86dd, IPv6", source: 'RFC 2464 §3 "Frame Format"' },
  WrongVersion: { meaning: "The version is not 6", source: 'RFC 8200 §3 "IPv6 Header Format"' },
  WrongNextHeader: { meaning: "The next header is not 58, ICMPv6", source: 'RFC 4443 §2.1 "Message General Format"' },
  WrongMessageType: { meaning: "The message is of another type", source: 'RFC 4861 §4 "Message Formats"' },
  WrongMessageCode: { meaning: "The code is not 0", source: VALIDATION },
  WrongHopLimit: { meaning: "The hop limit is not 255, so the packet may have passed a router", source: VALIDATION },
  WrongChecksum: { meaning: "The checksum is wrong", source: 'RFC 4443 §2.3 "Message Checksum Calculation"' },
  BadSender: {
    meaning: "The sender's MAC is a multicast or broadcast one, which no station has",
    source: 'IEEE 802.3 §3.2.3 "Address fields"',
  },
  ZeroLengthOption: { meaning: "An option has the length zero, so there is no telling where the next one begins", source: OPTIONS },
  OptionOverrun: { meaning: "An option runs past the end of the message", source: OPTIONS },
  UnwritableOptions: {
    meaning: "There are options besides the source link-layer address: decoding passes over them, encoding cannot write them",
    source: "Herald's own limit",
  },
};

/** A Router Advertisement in an Ethernet frame, as it is captured. */
export const routerAdvertisement: Format = {
  name: "router-advertisement",
  summary: "Router Advertisement (ICMPv6) in an untagged Ethernet frame, as captured",
  decode: "decodeRouterAdvertisement",
  encode: "encodeRouterAdvertisement",
  fields: [
    ...commonFields,
    { name: "currentHopLimit", at: "ROUTER_RECORD_CURRENT_HOP_LIMIT", kind: "u8" },
    { name: "flags", at: "ROUTER_RECORD_FLAGS", kind: "u8" },
    { name: "routerLifetime", at: "ROUTER_RECORD_LIFETIME", kind: "u16" },
    { name: "reachableTime", at: "ROUTER_RECORD_REACHABLE_TIME", kind: "u32" },
    { name: "retransTimer", at: "ROUTER_RECORD_RETRANS_TIMER", kind: "u32" },
    ...optionFields,
  ],
  statuses: {
    ...commonStatuses,
    BadSource: { meaning: "The source address is not a link-local one", source: VALIDATION },
  },
};

/** A Router Solicitation in an Ethernet frame. */
export const routerSolicitation: Format = {
  name: "router-solicitation",
  summary: "Router Solicitation (ICMPv6) in an untagged Ethernet frame, as captured",
  decode: "decodeRouterSolicitation",
  encode: "encodeRouterSolicitation",
  fields: [...commonFields, ...optionFields],
  statuses: {
    ...commonStatuses,
    BadSource: { meaning: "The source address is a multicast one", source: 'RFC 4291 §2.7 "Multicast Addresses"' },
    UnexpectedOption: {
      meaning: "There is a source link-layer address, and no source address that it would be of",
      source: VALIDATION,
    },
  },
};

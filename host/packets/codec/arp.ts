import { addressFields } from "./ethernet.ts";
import type { Format } from "./format.ts";

const PACKET_FORMAT = 'RFC 826 "Packet format"';

/** ARP in an Ethernet frame, as it is captured. */
export const arp: Format = {
  name: "arp",
  summary: "ARP for IPv4 in an untagged Ethernet frame, as captured",
  decode: "decodeArpFrame",
  encode: "encodeArpFrame",
  fields: [
    ...addressFields,
    { name: "operation", at: "ARP_RECORD_OPER", kind: "u16" },
    { name: "senderMac", at: "ARP_RECORD_SHA", kind: "mac" },
    { name: "senderAddress", at: "ARP_RECORD_SPA", kind: "ipv4" },
    { name: "targetMac", at: "ARP_RECORD_THA", kind: "mac" },
    { name: "targetAddress", at: "ARP_RECORD_TPA", kind: "ipv4" },
    { name: "trailingBytes", at: "ARP_RECORD_TRAILING_BYTES", kind: "u32" },
  ],
  statuses: {
    Truncated: { meaning: "The frame ends before byte 42: 14 of Ethernet header, 28 of ARP", source: PACKET_FORMAT },
    Tagged: {
      meaning: "The frame has a VLAN tag, so it belongs to another link",
      source: 'IEEE 802.1Q §9.4 "Tag Protocol Identifier (TPID) formats"',
    },
    WrongEtherType: { meaning: "The EtherType is not 0x0806, ARP", source: `${PACKET_FORMAT}, ether_type$ADDRESS_RESOLUTION` },
    WrongHardwareType: { meaning: "The hardware type is not 1, Ethernet", source: `${PACKET_FORMAT}, ar$hrd` },
    WrongProtocolType: { meaning: "The protocol type is not 0x0800, IPv4", source: `${PACKET_FORMAT}, ar$pro` },
    WrongHardwareLength: { meaning: "The hardware address length is not 6, that of a MAC", source: `${PACKET_FORMAT}, ar$hln` },
    WrongProtocolLength: { meaning: "The protocol address length is not 4, that of an IPv4 address", source: `${PACKET_FORMAT}, ar$pln` },
    WrongOpcode: {
      meaning: "The operation is neither 1, a request, nor 2, a reply: decoding shows it, the packet program drops it",
      source: `${PACKET_FORMAT}, ar$op`,
    },
    BadSender: {
      meaning: "The sender's MAC is a multicast or broadcast one, so an answer would reach more than the sender",
      source: 'RFC 1812 §3.3.2 "Address Resolution Protocol - ARP"',
    },
  },
};

/** What the formats of all messages of Neighbor Discovery (ICMPv6) share. */
import { addressFields } from "./ethernet.ts";
import type { Field, Meaning } from "./format.ts";

const OPTIONS = 'RFC 4861 §4.6 "Option Formats"';

/** Those that a message begins with. */
export const discoveryFields: readonly Field[] = [
  ...addressFields,
  { name: "sourceAddress", at: "DISCOVERY_RECORD_SOURCE", kind: "ipv6" },
  { name: "destinationAddress", at: "DISCOVERY_RECORD_DESTINATION", kind: "ipv6" },
];

/** The one option that is read. */
export type OptionField = "sourceLinkLayerAddress" | "targetLinkLayerAddress";

/** Those that a message ends with. */
export function optionFields(option: OptionField): readonly Field[] {
  return [
    { name: option, at: "DISCOVERY_RECORD_LINK_LAYER", kind: "mac" },
    { name: "otherOptionBytes", at: "DISCOVERY_RECORD_OTHER_OPTION_BYTES", kind: "u32" },
    { name: "trailingBytes", at: "DISCOVERY_RECORD_TRAILING_BYTES", kind: "u32" },
  ];
}

/** `validation`: where it stands what makes the message a valid one. */
export function discoveryStatuses(validation: string): Readonly<Record<string, Meaning>> {
  return {
    Truncated: { meaning: "The frame ends before the message does, or the message before its options", source: validation },
    Tagged: {
      meaning: "The frame has a VLAN tag, so it belongs to another link",
      source: 'IEEE 802.1Q §9.4 "Tag Protocol Identifier (TPID) formats"',
    },
    WrongEtherType: { meaning: "The EtherType is not 0x86dd, IPv6", source: 'RFC 2464 §3 "Frame Format"' },
    WrongVersion: { meaning: "The version is not 6", source: 'RFC 8200 §3 "IPv6 Header Format"' },
    WrongNextHeader: { meaning: "The next header is not 58, ICMPv6", source: 'RFC 4443 §2.1 "Message General Format"' },
    WrongMessageType: { meaning: "The message is of another type", source: 'RFC 4861 §4 "Message Formats"' },
    WrongMessageCode: { meaning: "The code is not 0", source: validation },
    WrongHopLimit: { meaning: "The hop limit is not 255, so the packet may have passed a router", source: validation },
    WrongChecksum: { meaning: "The checksum is wrong", source: 'RFC 4443 §2.3 "Message Checksum Calculation"' },
    BadSender: {
      meaning: "The sender's MAC is a multicast or broadcast one, which no station has",
      source: 'IEEE 802.3 §3.2.3 "Address fields"',
    },
    ZeroLengthOption: { meaning: "An option has the length zero, so there is no telling where the next one begins", source: OPTIONS },
    OptionOverrun: { meaning: "An option runs past the end of the message", source: OPTIONS },
    UnwritableOptions: {
      meaning: "There are options besides the link-layer address: decoding passes over them, encoding cannot write them",
      source: "Herald's own limit",
    },
  };
}

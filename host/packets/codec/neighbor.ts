import { discoveryFields, discoveryStatuses, optionFields } from "./discovery.ts";
import type { Field, Format, Meaning } from "./format.ts";

const VALIDATION = 'RFC 4861 §7.1.1 "Validation of Neighbor Solicitations", §7.1.2 "Validation of Neighbor Advertisements"';
const MULTICAST = 'RFC 4291 §2.7 "Multicast Addresses"';

const targetField: Field = { name: "targetAddress", at: "NEIGHBOR_RECORD_TARGET", kind: "ipv6" };

const statuses: Readonly<Record<string, Meaning>> = {
  ...discoveryStatuses(VALIDATION),
  BadSource: { meaning: "The source address is a multicast one", source: MULTICAST },
  BadTarget: { meaning: "The target is a multicast address, which no station has", source: VALIDATION },
};

/** A Neighbor Solicitation in an Ethernet frame, as it is captured. */
export const neighborSolicitation: Format = {
  name: "neighbor-solicitation",
  summary: "Neighbor Solicitation (ICMPv6) in an untagged Ethernet frame, as captured",
  decode: "decodeNeighborSolicitation",
  encode: "encodeNeighborSolicitation",
  fields: [...discoveryFields, targetField, ...optionFields("sourceLinkLayerAddress")],
  statuses: {
    ...statuses,
    BadDestination: {
      meaning: "It has no source address, and is sent to another address than a solicited-node one",
      source: VALIDATION,
    },
    UnexpectedOption: {
      meaning: "There is a source link-layer address, and no source address that it would be of",
      source: VALIDATION,
    },
  },
};

/** A Neighbor Advertisement in an Ethernet frame. */
export const neighborAdvertisement: Format = {
  name: "neighbor-advertisement",
  summary: "Neighbor Advertisement (ICMPv6) in an untagged Ethernet frame, as captured",
  decode: "decodeNeighborAdvertisement",
  encode: "encodeNeighborAdvertisement",
  fields: [
    ...discoveryFields,
    targetField,
    { name: "flags", at: "NEIGHBOR_RECORD_FLAGS", kind: "u8" },
    ...optionFields("targetLinkLayerAddress"),
  ],
  statuses: {
    ...statuses,
    SolicitedMulticast: { meaning: "It is sent to a multicast address, and says that it was asked for", source: VALIDATION },
  },
};

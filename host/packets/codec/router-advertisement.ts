import { discoveryFields, discoveryStatuses, type OptionField, optionFields } from "./discovery.ts";
import type { Format } from "./format.ts";

const VALIDATION = 'RFC 4861 §6.1.1 "Validation of Router Solicitations", §6.1.2 "Validation of Router Advertisements"';
const OPTION: OptionField = "sourceLinkLayerAddress";

/** A Router Advertisement in an Ethernet frame, as it is captured. */
export const routerAdvertisement: Format = {
  name: "router-advertisement",
  summary: "Router Advertisement (ICMPv6) in an untagged Ethernet frame, as captured",
  decode: "decodeRouterAdvertisement",
  encode: "encodeRouterAdvertisement",
  fields: [
    ...discoveryFields,
    { name: "currentHopLimit", at: "ROUTER_RECORD_CURRENT_HOP_LIMIT", kind: "u8" },
    { name: "flags", at: "ROUTER_RECORD_FLAGS", kind: "u8" },
    { name: "routerLifetime", at: "ROUTER_RECORD_LIFETIME", kind: "u16" },
    { name: "reachableTime", at: "ROUTER_RECORD_REACHABLE_TIME", kind: "u32" },
    { name: "retransTimer", at: "ROUTER_RECORD_RETRANS_TIMER", kind: "u32" },
    ...optionFields(OPTION),
  ],
  statuses: {
    ...discoveryStatuses(VALIDATION),
    BadSource: { meaning: "The source address is not a link-local one", source: VALIDATION },
  },
};

/** A Router Solicitation in an Ethernet frame. */
export const routerSolicitation: Format = {
  name: "router-solicitation",
  summary: "Router Solicitation (ICMPv6) in an untagged Ethernet frame, as captured",
  decode: "decodeRouterSolicitation",
  encode: "encodeRouterSolicitation",
  fields: [...discoveryFields, ...optionFields(OPTION)],
  statuses: {
    ...discoveryStatuses(VALIDATION),
    BadSource: { meaning: "The source address is a multicast one", source: 'RFC 4291 §2.7 "Multicast Addresses"' },
    UnexpectedOption: {
      meaning: "There is a source link-layer address, and no source address that it would be of",
      source: VALIDATION,
    },
  },
};

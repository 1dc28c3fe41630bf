/**
 * BGPAdvertisement → `Advertisement`, by MetalLB's rules. What only BGP understands is in its attributes, under the advertisement's own name:
 * an address has the routes of every advertisement that covers it, and the host lays attributes of several over each other.
 */

import {
  type Advertisement,
  closeObject,
  complain,
  openObject,
  type Parsed,
  type Reading,
  readInteger,
  readSelectors,
  readStrings,
} from "../../host/announcer.ts";
import { readAnnotations, wholeNumber, yesOrNo } from "./annotations.ts";

/** What one advertisement says of the routes that it makes. */
export interface RouteTerms {
  readonly aggregationLength: number;
  readonly aggregationLengthV6: number;
  /** Absent: whatever the peer takes for the default, 100. */
  readonly localPref?: number;
  /** `65000:1`, sorted; aliases are resolved. */
  readonly communities: readonly string[];
  /** `65000:1:2`, sorted. */
  readonly largeCommunities: readonly string[];
  /** Names of BGPPeers; empty: all. */
  readonly peers: readonly string[];
  readonly med?: number;
  /** How many times more our AS number is in the path. */
  readonly prepend: number;
  /** Tells peers how many endpoints are behind us (link bandwidth). */
  readonly weighted: boolean;
}

/** An advertisement with communities as they are written: literals and aliases. */
export interface BgpAdvertisement extends Omit<Advertisement, "attributes"> {
  readonly terms: Omit<RouteTerms, "communities" | "largeCommunities">;
  readonly writtenCommunities: readonly string[];
}

/** The kind of such a resource, and of the advertisement that it becomes. */
export const BGP_ADVERTISEMENT = "BGPAdvertisement";

const MOST_U32 = 0xffff_ffff;
/** An AS_PATH of more is cut or refused by many routers. */
const MOST_PREPENDS = 16;
const OPTIONS = { med: wholeNumber(0, MOST_U32), "as-path-prepend": wholeNumber(1, MOST_PREPENDS), "weigh-by-endpoints": yesOrNo };

/** Reads one BGPAdvertisement object; without a `spec` it announces every pool from every node to every peer. */
export function readBgpAdvertisement(object: unknown): Parsed<BgpAdvertisement> {
  const reading = openObject(BGP_ADVERTISEMENT, object);
  const spec = reading.spec ?? {};
  return closeObject(reading, {
    name: reading.name,
    kind: BGP_ADVERTISEMENT,
    poolNames: readStrings(reading, "spec.ipAddressPools", spec["ipAddressPools"], true),
    poolSelectors: readSelectors(reading, "spec.ipAddressPoolSelectors", spec["ipAddressPoolSelectors"]),
    nodeSelectors: readSelectors(reading, "spec.nodeSelectors", spec["nodeSelectors"]),
    serviceSelectors: readSelectors(reading, "spec.serviceSelectors", spec["serviceSelectors"]),
    interfaces: [],
    preferences: [],
    terms: readTerms(reading),
    writtenCommunities: readStrings(reading, "spec.communities", spec["communities"], true),
  });
}

function readTerms(reading: Reading): BgpAdvertisement["terms"] {
  const spec = reading.spec ?? {};
  const aggregationLength = readInteger(reading, "spec.aggregationLength", spec["aggregationLength"], {
    minimum: 1,
    maximum: 32,
    fallback: 32,
  });
  const aggregationLengthV6 = readInteger(reading, "spec.aggregationLengthV6", spec["aggregationLengthV6"], {
    minimum: 0,
    maximum: 128,
    fallback: 128,
  });
  const selects = Array.isArray(spec["serviceSelectors"]) && spec["serviceSelectors"].length > 0;
  if (selects && (aggregationLength !== 32 || aggregationLengthV6 !== 128)) {
    const found = aggregationLength === 32 ? aggregationLengthV6 : aggregationLength;
    const path = aggregationLength === 32 ? "spec.aggregationLengthV6" : "spec.aggregationLength";
    complain(reading, path, found, "no aggregation (serviceSelectors and aggregationLength are mutually exclusive)");
  }
  // Deviation: 0 is "no preference", as with MetalLB's FRR modes; its native mode tells it to the peer, for whom it is the worst of all.
  const localPref = readInteger(reading, "spec.localPref", spec["localPref"], { minimum: 0, maximum: MOST_U32, fallback: 0 });
  const { med, "as-path-prepend": prepend = 0, "weigh-by-endpoints": weighted = false } = readAnnotations(reading, OPTIONS);
  return {
    aggregationLength,
    aggregationLengthV6,
    ...(localPref === 0 ? {} : { localPref }),
    peers: readStrings(reading, "spec.peers", spec["peers"], true),
    ...(med === undefined ? {} : { med }),
    prepend,
    weighted,
  };
}

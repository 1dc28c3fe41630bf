/**
 * Which rules there are to break for each attribute and each capability. A new one without its rules fails a test, and so does a rule
 * without a row.
 */

/** Flags that are another attribute's (RFC 7606 §3 c), it appears again (§3 g), it runs past the end of the list (§4). */
const EVERY = ["optional", "transitive", "repeated", "overrun"];
/** A length that no whole number of elements has, or none (RFC 7606 §7). */
const LIST = ["empty", "uneven"];
const FIXED = ["empty", "short", "long"];
/** RFC 7606 §7.2, RFC 7607, RFC 5065 §5. */
const PATH = ["halfSegment", "segmentOverrun", "segmentType", "emptySegment", "zeroAs", "confederation"];
/** RFC 7606 §5.3. */
const PREFIXES = ["empty", "short", "prefixLength", "prefixOverrun"];

/** By the RFCs' names of the attributes. */
const attributes: Readonly<Record<string, readonly string[]>> = {
  ORIGIN: ["empty", "long", "value", "missing"],
  AS_PATH: [...PATH, "missing"],
  NEXT_HOP: [...FIXED, "value", "missing"],
  MULTI_EXIT_DISC: FIXED,
  LOCAL_PREF: [...FIXED, "missing", "fromOutside"],
  ATOMIC_AGGREGATE: ["long"],
  AGGREGATOR: [...FIXED, "zeroAs"],
  COMMUNITIES: LIST,
  ORIGINATOR_ID: [...FIXED, "fromOutside"],
  CLUSTER_LIST: [...LIST, "fromOutside"],
  MP_REACH_NLRI: [...PREFIXES, "nextHopLength", "nextHopOverrun", "nextHopValue"],
  MP_UNREACH_NLRI: PREFIXES,
  EXTENDED_COMMUNITIES: LIST,
  AS4_PATH: [...PATH, "empty", "fromNew"],
  AS4_AGGREGATOR: [...FIXED, "zeroAs", "fromNew"],
  LARGE_COMMUNITIES: LIST,
};

/** By the names that capabilities have in messages; `long` where nothing else can be wrong (RFC 5492 §4). */
const capabilities: Readonly<Record<string, readonly string[]>> = {
  multiprotocol: FIXED,
  routeRefresh: ["long"],
  extendedNextHop: ["uneven"],
  extendedMessage: ["long"],
  gracefulRestart: ["empty", "short", "uneven"],
  fourOctetAs: FIXED,
  enhancedRouteRefresh: ["long"],
};

const named = (rules: Readonly<Record<string, readonly string[]>>, every: readonly string[]): [string, readonly string[]][] =>
  Object.entries(rules).map(([name, own]) => [name, [...every, ...own].map((rule) => `${name} ${rule}`)]);

/** `ORIGIN optional` and so on, by attribute and capability. */
export const rules: ReadonlyMap<string, readonly string[]> = new Map([...named(attributes, EVERY), ...named(capabilities, [])]);

// The path attributes that are read here, one row each; others are kept as they came. A new attribute is a row, and a reader and a writer
// in `host/packets/codec/bgp`. What is done about a malformed one: RFC 7606 §3 and §7, and the RFC of the attribute.
import { ASN, NOTHING, U8, U16, U32 } from "./layout";
import { Verb } from "./status";

export enum Attribute {
  /** RFC 4271 §5.1.1 "ORIGIN" */
  Origin = 1,
  /** RFC 4271 §5.1.2 "AS_PATH" */
  AsPath = 2,
  /** RFC 4271 §5.1.3 "NEXT_HOP" */
  NextHop = 3,
  /** RFC 4271 §5.1.4 "MULTI_EXIT_DISC" */
  MultiExitDisc = 4,
  /** RFC 4271 §5.1.5 "LOCAL_PREF" */
  LocalPref = 5,
  /** RFC 4271 §5.1.6 "ATOMIC_AGGREGATE" */
  AtomicAggregate = 6,
  /** RFC 4271 §5.1.7 "AGGREGATOR" */
  Aggregator = 7,
  /** RFC 1997 "COMMUNITIES attribute" */
  Communities = 8,
  /** RFC 4456 §8 "Avoiding Routing Information Loops" */
  OriginatorId = 9,
  /** RFC 4456 §8 */
  ClusterList = 10,
  /** RFC 4760 §3 "Multiprotocol Reachable NLRI - MP_REACH_NLRI" */
  MpReachNlri = 14,
  /** RFC 4760 §4 "Multiprotocol Unreachable NLRI - MP_UNREACH_NLRI" */
  MpUnreachNlri = 15,
  /** RFC 4360 §2 "BGP Extended Communities Attribute" */
  ExtendedCommunities = 16,
  /** RFC 6793 §3 "Protocol Extensions" */
  As4Path = 17,
  /** RFC 6793 §3 */
  As4Aggregator = 18,
  /** RFC 8092 §3 "BGP Large Communities Attribute" */
  LargeCommunities = 32,
}

// Attribute Flags. RFC 4271 §4.3 "UPDATE Message Format"
export const OPTIONAL: u32 = 0x80;
export const TRANSITIVE: u32 = 0x40;
export const EXTENDED_LENGTH: u32 = 0x10;
const WELL_KNOWN: u32 = TRANSITIVE;
const OPTIONAL_TRANSITIVE: u32 = OPTIONAL | TRANSITIVE;

/** How the value is read where its layout does not say it all. */
export enum Shape {
  Numbers = 0,
  Path = 1,
  Reach = 2,
  Unreach = 3,
}

/** Peers that an attribute may come from; from others it is discarded. */
export enum From {
  All = 0,
  /** Of one's own AS. */
  Internal = 1,
  /** Who speaks two-octet AS numbers: RFC 6793 §4.1 "Interaction between NEW BGP Speakers". */
  Old = 2,
}

const DISCARD: u32 = Verb.DiscardAttribute;
const WITHDRAW: u32 = Verb.TreatAsWithdraw;
const DISABLE: u32 = Verb.DisableFamily;
const FOUR_NUMBERS: u32 = U8 | (U8 << 4) | (U16 << 8) | (U32 << 12);
const THREE_U32: u32 = U32 | (U32 << 4) | (U32 << 8);

// code, flags, shape, layout of the head, of what is repeated (once at least), verb for the value, verb for the flags, peers
// biome-ignore format: a row a line
const TABLE: usize = memory.data<u32>([
  Attribute.Origin, WELL_KNOWN, Shape.Numbers, U8, NOTHING, WITHDRAW, WITHDRAW, From.All,
  Attribute.AsPath, WELL_KNOWN, Shape.Path, NOTHING, NOTHING, WITHDRAW, WITHDRAW, From.All,
  Attribute.NextHop, WELL_KNOWN, Shape.Numbers, U32, NOTHING, WITHDRAW, WITHDRAW, From.All,
  Attribute.MultiExitDisc, OPTIONAL, Shape.Numbers, U32, NOTHING, WITHDRAW, WITHDRAW, From.All,
  Attribute.LocalPref, WELL_KNOWN, Shape.Numbers, U32, NOTHING, WITHDRAW, WITHDRAW, From.Internal,
  Attribute.AtomicAggregate, WELL_KNOWN, Shape.Numbers, NOTHING, NOTHING, DISCARD, WITHDRAW, From.All,
  Attribute.Aggregator, OPTIONAL_TRANSITIVE, Shape.Numbers, ASN | (U32 << 4), NOTHING, DISCARD, WITHDRAW, From.All,
  Attribute.Communities, OPTIONAL_TRANSITIVE, Shape.Numbers, NOTHING, U32, WITHDRAW, WITHDRAW, From.All,
  Attribute.OriginatorId, OPTIONAL, Shape.Numbers, U32, NOTHING, WITHDRAW, WITHDRAW, From.Internal,
  Attribute.ClusterList, OPTIONAL, Shape.Numbers, NOTHING, U32, WITHDRAW, WITHDRAW, From.Internal,
  Attribute.MpReachNlri, OPTIONAL, Shape.Reach, NOTHING, NOTHING, DISABLE, DISABLE, From.All,
  Attribute.MpUnreachNlri, OPTIONAL, Shape.Unreach, NOTHING, NOTHING, DISABLE, DISABLE, From.All,
  Attribute.ExtendedCommunities, OPTIONAL_TRANSITIVE, Shape.Numbers, NOTHING, FOUR_NUMBERS, WITHDRAW, WITHDRAW, From.All,
  Attribute.As4Path, OPTIONAL_TRANSITIVE, Shape.Path, NOTHING, NOTHING, DISCARD, WITHDRAW, From.Old,
  Attribute.As4Aggregator, OPTIONAL_TRANSITIVE, Shape.Numbers, U32 | (U32 << 4), NOTHING, DISCARD, WITHDRAW, From.Old,
  Attribute.LargeCommunities, OPTIONAL_TRANSITIVE, Shape.Numbers, NOTHING, THREE_U32, WITHDRAW, WITHDRAW, From.All,
]);
const ROWS: u32 = 16;
const ROW_BYTES: u32 = 32;
export const ROW_FLAGS: u32 = 4;
export const ROW_SHAPE: u32 = 8;
export const ROW_HEAD: u32 = 12;
export const ROW_REPEAT: u32 = 16;
export const ROW_VERB: u32 = 20;
export const ROW_FLAGS_VERB: u32 = 24;
export const ROW_FROM: u32 = 28;

/** The row of an attribute; zero: none. */
export function rowOf(code: u32): usize {
  for (let row: usize = TABLE; row < TABLE + ROWS * ROW_BYTES; row += ROW_BYTES) if (load<u32>(row) === code) return row;
  return 0;
}

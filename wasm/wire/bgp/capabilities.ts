// Capabilities of an OPEN: one octet of code, one of length, a value. RFC 5492 §4 "Capabilities Optional Parameter". A new capability is
// a row of the table below, and a reader in `host/packets/codec/bgp`; codes that are not in it are kept as they came.
import { encodedLength, isLength, NOTHING, readWords, SKIP, U8, U16, U32, writeWords } from "./layout";
import { CAPABILITIES, CAPABILITIES_MAX, CAPABILITY_BYTES, isInside } from "./memory";
import { Status } from "./status";

export enum Capability {
  /** RFC 4760 §8 "Use of BGP Capability Advertisement": AFI, SAFI. */
  Multiprotocol = 1,
  /** RFC 2918 §2 "Route Refresh Capability" */
  RouteRefresh = 2,
  /** RFC 8950 §4 "Use of BGP Capability Advertisement": AFI, SAFI (two octets here) and AFI of the next hop, repeated. */
  ExtendedNextHop = 5,
  /** RFC 8654 §3 "BGP Extended Message Capability" */
  ExtendedMessage = 6,
  /**
   * RFC 4724 §3 "Graceful Restart Capability", RFC 8538 §2 for the N flag: flags and time as one number, then AFI, SAFI and flags,
   * repeated.
   */
  GracefulRestart = 64,
  /** RFC 6793 §3 "Protocol Extensions": the AS number. */
  FourOctetAs = 65,
  /** RFC 7313 §3.1 "Enhanced Route Refresh Capability" */
  EnhancedRouteRefresh = 70,
}

// An entry of the list.
export const CAPABILITY_CODE: u32 = 0; // u32
export const CAPABILITY_FORM: u32 = 4; // u32: 1 where the value is words, 0 where it is bytes as on the wire
export const CAPABILITY_VALUE: u32 = 8; // u32, address
export const CAPABILITY_VALUE_BYTES: u32 = 12; // u32
export const FORM_BYTES: u32 = 0;
export const FORM_WORDS: u32 = 1;

// A row: code, layout of the head, layout of what is repeated.
// biome-ignore format: a row a line
const TABLE: usize = memory.data<u32>([
  Capability.Multiprotocol, U16 | (SKIP << 4) | (U8 << 8), NOTHING,
  Capability.RouteRefresh, NOTHING, NOTHING,
  Capability.ExtendedNextHop, NOTHING, U16 | (U16 << 4) | (U16 << 8),
  Capability.ExtendedMessage, NOTHING, NOTHING,
  Capability.GracefulRestart, U16, U16 | (U8 << 4) | (U8 << 8),
  Capability.FourOctetAs, U32, NOTHING,
  Capability.EnhancedRouteRefresh, NOTHING, NOTHING,
]);
const ROW_HEAD: u32 = 4;
const ROW_REPEAT: u32 = 8;
const ROW_BYTES: u32 = 12;
const ROWS: u32 = 7;

/** The row of a code; zero: none. */
function rowOf(code: u32): usize {
  for (let row: usize = TABLE; row < TABLE + ROWS * ROW_BYTES; row += ROW_BYTES) if (load<u32>(row) === code) return row;
  return 0;
}

export function capabilityAt(index: u32): usize {
  return CAPABILITIES + index * CAPABILITY_BYTES;
}

/**
 * Reads the capability at `at`, of which the code and the length are there and the value too, as entry `index`; values go to `out`. Answers
 * with where those end, or with a status.
 */
export function readCapability(at: usize, index: u32, out: usize): i32 {
  const code = load<u8>(at);
  const length: u32 = load<u8>(at, 1);
  const row = rowOf(code);
  const entry = capabilityAt(index);
  let end = out;
  store<u32>(entry, code, CAPABILITY_CODE);
  store<u32>(entry, row === 0 ? FORM_BYTES : FORM_WORDS, CAPABILITY_FORM);
  store<u32>(entry, row === 0 ? at + 2 : out, CAPABILITY_VALUE);
  if (row !== 0) {
    const head = load<u32>(row, ROW_HEAD);
    const repeat = load<u32>(row, ROW_REPEAT);
    if (!isLength(length, head, repeat, 0, 0)) return Status.MalformedCapability;
    end = readWords(at + 2, length, head, repeat, 0, out);
  }
  store<u32>(entry, row === 0 ? length : end - out, CAPABILITY_VALUE_BYTES);
  return <i32>end;
}

/** Octets that `count` entries would take; `Status.BadRecord` where one is not of its layout. */
export function encodedCapabilitiesLength(count: u32): i32 {
  if (count > CAPABILITIES_MAX) return Status.BadRecord;
  let total: u32 = 0;
  for (let index: u32 = 0; index < count; index++) {
    const length = encodedValueLength(capabilityAt(index));
    if (length < 0) return length;
    if (length > 255) return Status.Oversized;
    total += 2 + length;
  }
  return <i32>total;
}

function encodedValueLength(entry: usize): i32 {
  const bytes = load<u32>(entry, CAPABILITY_VALUE_BYTES);
  if (!isInside(load<u32>(entry, CAPABILITY_VALUE), bytes) || load<u32>(entry, CAPABILITY_CODE) > 255) return Status.BadRecord;
  if (load<u32>(entry, CAPABILITY_FORM) === FORM_BYTES) return <i32>min<u32>(bytes, 256);
  const row = rowOf(load<u32>(entry, CAPABILITY_CODE));
  if (row === 0) return Status.BadRecord;
  return encodedLength(bytes, load<u32>(row, ROW_HEAD), load<u32>(row, ROW_REPEAT), 0);
}

/** Writes `count` entries that `encodedCapabilitiesLength` measured. `Status.BadRecord` where a number is too large. */
export function writeCapabilities(count: u32, out: usize): Status {
  let to = out;
  for (let index: u32 = 0; index < count; index++) {
    const entry = capabilityAt(index);
    const value = load<u32>(entry, CAPABILITY_VALUE);
    const bytes = load<u32>(entry, CAPABILITY_VALUE_BYTES);
    const row = rowOf(load<u32>(entry, CAPABILITY_CODE));
    const length: u32 = encodedValueLength(entry);
    store<u8>(to, load<u8>(entry, CAPABILITY_CODE));
    store<u8>(to, <u8>length, 1);
    if (load<u32>(entry, CAPABILITY_FORM) === FORM_BYTES) memory.copy(to + 2, value, length);
    else if (writeWords(value, bytes, load<u32>(row, ROW_HEAD), load<u32>(row, ROW_REPEAT), 0, to + 2) !== Status.Ok)
      return Status.BadRecord;
    to += 2 + length;
  }
  return Status.Ok;
}

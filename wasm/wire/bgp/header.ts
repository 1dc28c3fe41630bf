// What every message begins with. RFC 4271 §4.1 "Message Header Format" and §6.1; lengths beyond 4,096: RFC 8654.
import { getU16 } from "../bytes";
import { ERROR_END, fail } from "./error-record";
import { EXTENTS, OUT } from "./memory";
import { Status } from "./status";

const MARKER: u32 = 0; // 16 bytes, all ones
export const LENGTH: u32 = 16; // u16, header included
const TYPE: u32 = 18;
export const HEADER: u32 = 19;

export enum MessageType {
  Open = 1,
  Update = 2,
  Notification = 3,
  Keepalive = 4,
  RouteRefresh = 5,
}

/** Of a message where nothing else was negotiated. */
export const MESSAGE_MAX: u32 = 4096;
/** RFC 8654 §3 "BGP Extended Message Capability" */
export const MESSAGE_EXTENDED_MAX: u32 = 65535;

const HEADER_RECORD: u32 = ERROR_END;
export const HEADER_TYPE: u32 = HEADER_RECORD; // u32: MessageType
export const FRAME_WANTED: u32 = HEADER_RECORD + 4; // u32: length of the message behind the whole ones, or of its header
export const FRAME_STATUS: u32 = HEADER_RECORD + 8; // i32: of the message at which it stopped
export const HEADER_END: u32 = HEADER_RECORD + 12;

/**
 * Length of the message at `at`, of which `length` bytes are there, 19 or more; or a status. `most` is what was negotiated: OPEN and
 * KEEPALIVE stay within 4,096 in any case (RFC 8654 §4 "Operation").
 */
export function checkHeader(at: usize, length: u32, most: u32): i32 {
  if (length < HEADER) return Status.Truncated;
  if ((load<u64>(at, MARKER) & load<u64>(at, MARKER + 8)) !== ~(<u64>0)) return fail(Status.NotSynchronized, 0, 0);
  const found = getU16(at + LENGTH);
  const type: u32 = load<u8>(at, TYPE);
  store<u32>(HEADER_TYPE, type);
  const isShort = type === MessageType.Open || type === MessageType.Keepalive;
  if (found < HEADER || found > (isShort ? MESSAGE_MAX : most)) return fail(Status.BadMessageLength, at + LENGTH, 2);
  if (type === 0 || type > <u32>MessageType.RouteRefresh) return fail(Status.BadMessageType, at + TYPE, 1);
  if (found < leastLength(type) || (found !== HEADER && type === MessageType.Keepalive))
    return fail(Status.BadMessageLength, at + LENGTH, 2);
  return <i32>found;
}

/** A ROUTE-REFRESH that is too short is told of with an error code of its own, so it is read first (refresh.ts). */
function leastLength(type: u32): u32 {
  if (type === MessageType.Open) return 29;
  if (type === MessageType.Update) return 23;
  return type === MessageType.Notification ? 21 : HEADER;
}

/**
 * Finds the messages that are whole in `length` bytes of a stream, which begin with a message: their lengths go to `EXTENTS`, the answer is
 * their number. A bad header stops it: those before count. Its status stands in the record, and what the peer is told.
 */
export function frame(at: usize, length: u32, most: u32): u32 {
  let taken: u32 = 0;
  let count: u32 = 0;
  let found: i32 = 0;
  for (; length - taken >= HEADER; count++) {
    found = checkHeader(at + taken, length - taken, most);
    if (found < 0 || <u32>found > length - taken) break;
    store<u32>(EXTENTS + (count << 2), found);
    taken += found;
    found = 0;
  }
  store<u32>(FRAME_WANTED, found > 0 ? <u32>found : HEADER);
  store<i32>(FRAME_STATUS, found < 0 ? found : Status.Ok);
  return count;
}

/** Writes the header of a message of `length` bytes at `at`. */
export function encodeHeader(at: usize, length: u32, type: u32): void {
  store<u64>(at, ~(<u64>0), MARKER);
  store<u64>(at, ~(<u64>0), MARKER + 8);
  store<u16>(at, bswap<u16>(<u16>length), LENGTH);
  store<u8>(at, <u8>type, TYPE);
}

/** RFC 4271 §4.4 "KEEPALIVE Message Format": a header and nothing else. */
export function encodeKeepalive(): i32 {
  encodeHeader(OUT, HEADER, MessageType.Keepalive);
  return HEADER;
}

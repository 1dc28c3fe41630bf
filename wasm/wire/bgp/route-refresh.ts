// ROUTE-REFRESH. RFC 2918 §3 "Route-REFRESH Message"; the octet between AFI and SAFI is a subtype since RFC 7313 §3.2.
import { getU16 } from "../bytes";
import { fail } from "./error-record";
import { encodeHeader, HEADER, LENGTH, MESSAGE_EXTENDED_MAX, MessageType } from "./header";
import { isInside, OUT } from "./memory";
import { NOTIFICATION_END } from "./notification";
import { Status } from "./status";

const AFI: u32 = HEADER; // u16
const SUBTYPE: u32 = HEADER + 2;
const SAFI: u32 = HEADER + 3;
const REST: u32 = HEADER + 4;

/** Subtypes: a request; the beginning and the end of the answer. Others are to be ignored. */
export enum Refresh {
  Request = 0,
  Begin = 1,
  End = 2,
}

const REFRESH_RECORD: u32 = NOTIFICATION_END;
export const REFRESH_AFI: u32 = REFRESH_RECORD; // u32
export const REFRESH_SAFI: u32 = REFRESH_RECORD + 4; // u32
export const REFRESH_SUBTYPE: u32 = REFRESH_RECORD + 8; // u32
export const REFRESH_REST: u32 = REFRESH_RECORD + 12; // u32, address: outbound route filters (RFC 5291), kept as they came
export const REFRESH_REST_BYTES: u32 = REFRESH_RECORD + 16; // u32
export const REFRESH_END: u32 = REFRESH_RECORD + 20;

/**
 * Decodes the ROUTE-REFRESH of `length` bytes at `at` whose header is good. Of a mark that is not as long as it should be, the peer gets
 * all back: RFC 7313 §5.
 */
export function decodeRefresh(at: usize, length: u32): Status {
  const subtype: u32 = length > SUBTYPE ? load<u8>(at, SUBTYPE) : Refresh.Request;
  const isMark = subtype === Refresh.Begin || subtype === Refresh.End;
  if (isMark && length !== REST) return fail(Status.BadRefreshLength, at, length);
  if (length < REST) return fail(Status.BadMessageLength, at + LENGTH, 2);
  store<u32>(REFRESH_AFI, getU16(at + AFI));
  store<u32>(REFRESH_SAFI, load<u8>(at, SAFI));
  store<u32>(REFRESH_SUBTYPE, subtype);
  store<u32>(REFRESH_REST, at + REST);
  store<u32>(REFRESH_REST_BYTES, length - REST);
  return Status.Ok;
}

/** Writes the ROUTE-REFRESH of the record to `OUT`: its length, or a status. */
export function encodeRefresh(): i32 {
  const bytes = load<u32>(REFRESH_REST_BYTES);
  if (load<u32>(REFRESH_AFI) > 0xffff || load<u32>(REFRESH_SAFI) > 255 || load<u32>(REFRESH_SUBTYPE) > 255) return Status.BadRecord;
  if (!isInside(load<u32>(REFRESH_REST), bytes)) return Status.BadRecord;
  if (bytes > MESSAGE_EXTENDED_MAX - REST) return Status.Oversized;
  store<u16>(OUT, bswap<u16>(<u16>load<u32>(REFRESH_AFI)), AFI);
  store<u8>(OUT, load<u8>(REFRESH_SUBTYPE), SUBTYPE);
  store<u8>(OUT, load<u8>(REFRESH_SAFI), SAFI);
  memory.copy(OUT + REST, load<u32>(REFRESH_REST), bytes);
  encodeHeader(OUT, REST + bytes, MessageType.RouteRefresh);
  const status = decodeRefresh(OUT, REST + bytes);
  return status === Status.Ok ? <i32>(REST + bytes) : status;
}

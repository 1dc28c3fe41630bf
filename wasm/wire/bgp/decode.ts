// One message of any type.
import { fail } from "./error-record";
import { checkHeader, HEADER_TYPE, MessageType } from "./header";
import { decodeNotification } from "./notification";
import { decodeOpen } from "./open";
import { decodeRefresh } from "./route-refresh";
import { Status } from "./status";
import { decodeUpdate } from "./update";

/**
 * Decodes the message that the `length` bytes at `at` are; `HEADER_TYPE` says which record is filled. What the session has agreed on:
 * messages are at most `most` long, AS numbers have `asnBytes` octets, 2 or 4, the peer is on this side, and IPv4 prefixes may have IPv6
 * next hops or not (RFC 8950). A status below zero ends the session, but for `Truncated` and `TrailingBytes`: those bytes are not one
 * message.
 */
export function decode(at: usize, length: u32, most: u32, asnBytes: u32, side: u32, overIpv6: bool): Status {
  const found = checkHeader(at, length, most);
  if (found < 0) return found;
  if (<u32>found !== length) return fail(<u32>found > length ? Status.Truncated : Status.TrailingBytes, 0, 0);
  const type = load<u32>(HEADER_TYPE);
  if (type === MessageType.Open) return decodeOpen(at, length);
  if (type === MessageType.Update) return decodeUpdate(at, length, asnBytes, side, overIpv6);
  if (type === MessageType.Notification) return decodeNotification(at, length);
  return type === MessageType.RouteRefresh ? decodeRefresh(at, length) : Status.Ok;
}

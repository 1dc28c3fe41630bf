/**
 * BGP-4 as TypeScript sees it: bytes of a connection in, messages as plain data out, and back. The bytes are read and written by module
 * `bgp`.
 *
 *   const framer = bgp.createFramer();
 *   for (const bytes of framer.push(chunk, format).messages) bgp.decode(bytes, format)   → { message: { type: "update", … }, errors: [] }
 *   bgp.encode({ type: "keepalive" })                                                    → Uint8Array
 *
 * Works on copies. Nothing is kept between calls but in a framer, so all sessions of a process share it.
 */

import type {
  Codec,
  DecodedMessage,
  Message,
  MessageFormat,
  OpenMessage,
  PathAttributes,
  RouteRefreshMessage,
} from "../../contract/bgp.ts";
import { readCapability, writeCapability } from "./bgp/capabilities.ts";
import { messageError } from "./bgp/errors.ts";
import { createFramer, longestOf, putInput } from "./bgp/framer.ts";
import { readNotification, writeNotification } from "./bgp/notifications.ts";
import { packChanges } from "./bgp/pack.ts";
import { readUpdate } from "./bgp/read-update.ts";
import { bgpModule, read, readBytes, Values, write } from "./bgp/record.ts";
import { statuses } from "./bgp/statuses.ts";
import { formatHex, formatQuad, parseHex, parseQuad } from "./bgp/text.ts";
import { writeAttributes, writeUpdate } from "./bgp/write-update.ts";

export type * from "../../contract/bgp.ts";

/** The one codec of a process. */
export const bgp: Codec = { createFramer, decode, encode, encodeAttributes, packChanges };

function decode(bytes: Uint8Array, format: MessageFormat = {}): DecodedMessage {
  const { value, call } = bgpModule();
  if (bytes.length > value("IN_BYTES")) return { errors: [messageError(value("Status.TrailingBytes"))] };
  const { isInternal, extendedNextHop } = format;
  const side = value(isInternal === undefined ? "Side.Unknown" : isInternal ? "Side.Internal" : "Side.External");
  const overIpv6 = extendedNextHop === undefined || extendedNextHop.some(({ afi, safi }) => afi === 1 && safi === 1);
  const status = call("decode", putInput(bytes), bytes.length, longestOf(format), asnBytesOf(format), side, overIpv6 ? 1 : 0);
  return status === 0 ? readMessage(asnBytesOf(format)) : { errors: [messageError(status)] };
}

function asnBytesOf({ fourOctetAs = true }: MessageFormat): number {
  return fourOctetAs ? 4 : 2;
}

function readMessage(asnBytes: number): DecodedMessage {
  switch (bgpModule().nameOf("MessageType", read("HEADER_TYPE"))) {
    case "Open":
      return { message: readOpen(), errors: [] };
    case "Update":
      return readUpdate(asnBytes);
    case "Notification":
      return { message: readNotification(), errors: [] };
    case "RouteRefresh":
      return { message: readRefresh(), errors: [] };
    default:
      return { message: { type: "keepalive" }, errors: [] };
  }
}

function readOpen(): OpenMessage {
  return {
    type: "open",
    version: 4,
    myAutonomousSystem: read("OPEN_MY_AS"),
    holdTime: read("OPEN_HOLD_TIME"),
    bgpIdentifier: formatQuad(read("OPEN_IDENTIFIER")),
    capabilities: Array.from({ length: read("OPEN_CAPABILITIES") }, (_, index) => readCapability(index)),
  };
}

function readRefresh(): RouteRefreshMessage {
  const rest = formatHex(readBytes("REFRESH_REST"));
  return {
    type: "routeRefresh",
    afi: read("REFRESH_AFI"),
    safi: read("REFRESH_SAFI"),
    messageSubtype: read("REFRESH_SUBTYPE"),
    ...(rest === "" ? {} : { rest }),
  };
}

function encode(message: Message, format: MessageFormat = {}): Uint8Array {
  switch (message.type) {
    case "open":
      writeOpen(message);
      return output("OPEN", "encodeOpen");
    case "update":
      writeUpdate(message, asnBytesOf(format));
      return output("UPDATE", "encodeUpdate", longestOf(format), asnBytesOf(format));
    case "notification":
      writeNotification(message);
      return output("NOTIFICATION", "encodeNotification");
    case "keepalive":
      return output("KEEPALIVE", "encodeKeepalive");
    case "routeRefresh":
      writeRefresh(message);
      return output("ROUTE-REFRESH", "encodeRefresh");
    default:
      return message satisfies never;
  }
}

function encodeAttributes(attributes: PathAttributes, format: MessageFormat = {}): Uint8Array {
  writeAttributes(attributes, asnBytesOf(format));
  return output("path attributes", "encodeAttributes", longestOf(format), asnBytesOf(format));
}

function writeOpen({ version, myAutonomousSystem, holdTime, bgpIdentifier, capabilities }: OpenMessage): void {
  const identifier = parseQuad(bgpIdentifier);
  if (version !== 4) throw new TypeError(`Cannot encode OPEN: version is ${version}, expected 4`);
  if (identifier === undefined) throw new TypeError(`Cannot encode OPEN: bgpIdentifier is ${bgpIdentifier}, expected four octets`);
  if (capabilities.length > bgpModule().value("CAPABILITIES_MAX"))
    throw new RangeError(`Cannot encode ${capabilities.length} capabilities`);
  write("OPEN_MY_AS", myAutonomousSystem);
  write("OPEN_HOLD_TIME", holdTime);
  write("OPEN_IDENTIFIER", identifier);
  write("OPEN_CAPABILITIES", capabilities.length);
  const values = new Values();
  capabilities.forEach((capability, index) => void writeCapability(capability, index, values));
}

function writeRefresh({ afi, safi, messageSubtype, rest = "" }: RouteRefreshMessage): void {
  const bytes = parseHex(rest);
  if (bytes === undefined) throw new TypeError(`Cannot encode ROUTE-REFRESH: rest is ${rest}, expected hex`);
  write("REFRESH_AFI", afi);
  write("REFRESH_SAFI", safi);
  write("REFRESH_SUBTYPE", messageSubtype);
  new Values().putBytes(bytes, "REFRESH_REST");
}

/** Calls an encoder and copies what it wrote. */
function output(what: string, encoder: string, ...values: number[]): Uint8Array {
  const { memory, value, call, nameOf } = bgpModule();
  const length = call(encoder, ...values);
  if (length >= 0) return memory.slice(value("OUT"), value("OUT") + length);
  const name = nameOf("Status", length);
  throw new RangeError(`Cannot encode ${what}: ${statuses[name]?.meaning ?? name}`);
}

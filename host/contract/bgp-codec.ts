/** The codec of BGP-4, kept in WebAssembly: bytes of a connection in, messages as plain data out, and back. */

import type { DecodedMessage, Message, MessageError, MessageFormat, PathAttributes } from "./bgp-messages.ts";

export interface Framed {
  /** Whole messages, in order; each is a view of bytes that nobody writes to again. */
  readonly messages: readonly Uint8Array[];
  /** A header that cannot be read behind them: the stream has come to its end, and what comes after is passed over. */
  readonly error?: MessageError;
}

/** Of one direction of a connection. */
export interface Framer {
  /** Takes the next piece. Sizes are judged by what the session has agreed on by now. */
  push(piece: Uint8Array, format?: MessageFormat): Framed;
  /** Bytes of a message that is not whole yet. */
  readonly pendingBytes: number;
}

/** What UPDATEs say of a group of routes besides their prefixes. */
export interface GroupTerms {
  /** Path attributes as `encodeAttributes` writes them. */
  readonly attributes: Uint8Array;
  /** 16 or 32 octets: the next hop goes into MP_REACH_NLRI. Without it routes are IPv4's, and NEXT_HOP is among the attributes. */
  readonly nextHop?: Uint8Array;
}

/** Routes that differ in their prefixes only. */
export interface RouteGroup {
  readonly family: 4 | 6;
  /** Attribute-set id, and the 16 octets of the next hop of the rows. */
  readonly attributeSet: number;
  readonly nextHop: Uint8Array;
}

/** Undefined: the peer is not told of these routes. */
export type Describe = (group: RouteGroup) => GroupTerms | undefined;

/** Functions without a `this`, to be handed on one by one. */
export interface Codec {
  createFramer(): Framer;
  /** What one whole message says, and what is wrong with it. */
  decode(bytes: Uint8Array, format?: MessageFormat): DecodedMessage;
  /** Throws TypeError where a value is not what it should be, RangeError where the message breaks a rule or is too long. */
  encode(message: Message, format?: MessageFormat): Uint8Array;
  /** Path attributes alone, for `packChanges`. Throws as `encode`. */
  encodeAttributes(attributes: PathAttributes, format?: MessageFormat): Uint8Array;
  /** UPDATEs that say what has changed, as few as hold it, by rows of `RouteTables.diffRows`; `describe` is asked once a group. */
  packChanges(changes: Uint8Array, format: MessageFormat, describe: Describe): Uint8Array[];
}

/**
 * What makes a RIPv2 message believed: RFC 2453 §4.1 "Authentication" (a password in the clear) and RFC 4822 "RIPv2 Cryptographic
 * Authentication" (keyed MD5, HMAC-SHA-256). The first entry of a message says how; what is computed stands behind the last.
 *
 * A plugin never sees a Secret, so a key that is one is used by the host, which has HMAC-SHA-256 alone. What RIP does otherwise with a key
 * needs the key itself, and so its text in the config.
 */

import type { Context } from "herald";
import { md5 } from "./md5.ts";
import { ENTRY_BYTES, HEADER_BYTES } from "./wire.ts";

export type AuthenticationConfig =
  | { readonly type: "password"; readonly text: string }
  | { readonly type: "md5"; readonly keyId: number; readonly text: string }
  | { readonly type: "hmac-sha-256"; readonly keyId: number; readonly secret: string };

export interface Authentication {
  /** Entries of a message that it takes. */
  readonly entries: number;
  seal(message: Uint8Array): Promise<Uint8Array>;
  /** The message without what authenticates it; undefined: not to be believed. */
  open(message: Uint8Array): Promise<Uint8Array | undefined>;
}

/** In place of an address family (RFC 2453 §4.1), and of what follows the entries (RFC 4822 §2). */
const AUTHENTICATION = 0xffff;
const TRAILER = 0x0001;
const TYPE_PASSWORD = 2;
const TYPE_CRYPTOGRAPHIC = 3;
const SECRET_BYTES = 16;
const MD5_BYTES = 16;
const SHA256_BYTES = 32;
const TRAILER_HEADER_BYTES = 4;
/** RFC 4822 §3.2: what stands in place of the digest while it is computed. */
const APAD = 0x878fe1f3;

/** Offsets in the first entry. */
const TYPE = 2;
const PACKET_LENGTH = 4;
const KEY_ID = 6;
const DATA_LENGTH = 7;
const SEQUENCE = 8;

/** Nothing is asked for: what is authenticated all the same is not believed (RFC 2453 §5.2). */
const none: Authentication = {
  entries: 0,
  seal: async (message) => message,
  open: async (message) => (familyOf(message) === AUTHENTICATION ? undefined : message),
};

export function createAuthentication(
  config: AuthenticationConfig | undefined,
  context: Pick<Context, "clock" | "secrets">,
): Authentication {
  if (config === undefined) return none;
  if (config.type === "password") return byPassword(config.text);
  const digest =
    config.type === "md5"
      ? { bytes: MD5_BYTES, filling: keyBytes(config.text), of: async (all: Uint8Array) => md5(all) }
      : { bytes: SHA256_BYTES, filling: apad(), of: (all: Uint8Array) => context.secrets.hmac(config.secret, all) };
  return byDigest(config.keyId, digest, context.clock);
}

function byPassword(text: string): Authentication {
  const password = keyBytes(text);
  return {
    entries: 1,
    async seal(message) {
      const sealed = withFirstEntry(message, TYPE_PASSWORD, 0);
      sealed.set(password, HEADER_BYTES + 4);
      return sealed;
    },
    async open(message) {
      const isGood = typeOf(message) === TYPE_PASSWORD && isEqual(message.subarray(HEADER_BYTES + 4, HEADER_BYTES + ENTRY_BYTES), password);
      return isGood ? withoutFirstEntry(message, message.length) : undefined;
    },
  };
}

interface Digest {
  readonly bytes: number;
  /** What stands in place of the digest while it is computed. */
  readonly filling: Uint8Array;
  of(all: Uint8Array): Promise<Uint8Array>;
}

function byDigest(keyId: number, { bytes, filling, of }: Digest, clock: Pick<Context["clock"], "wallMs">): Authentication {
  let sequence = 0;
  return {
    entries: 1,
    async seal(message) {
      const sealed = withFirstEntry(message, TYPE_CRYPTOGRAPHIC, TRAILER_HEADER_BYTES + bytes);
      const first = new DataView(sealed.buffer, HEADER_BYTES);
      const trailerAt = sealed.length - bytes - TRAILER_HEADER_BYTES;
      first.setUint16(PACKET_LENGTH, trailerAt);
      first.setUint8(KEY_ID, keyId);
      first.setUint8(DATA_LENGTH, bytes);
      // Never falls, also over a restart (RFC 4822 §2): routers discard what is older than what they heard.
      sequence = Math.max(sequence, Math.floor(clock.wallMs() / 1000));
      first.setUint32(SEQUENCE, sequence);
      new DataView(sealed.buffer).setUint32(trailerAt, ((AUTHENTICATION << 16) | TRAILER) >>> 0);
      sealed.set(filling, sealed.length - bytes);
      sealed.set(await of(sealed), sealed.length - bytes);
      return sealed;
    },
    // Deviation: sequence numbers of others are not kept, since what is replayed asks for an answer, and changes nothing.
    async open(message) {
      if (typeOf(message) !== TYPE_CRYPTOGRAPHIC) return undefined;
      const first = new DataView(message.buffer, message.byteOffset + HEADER_BYTES, ENTRY_BYTES);
      const end = first.getUint16(PACKET_LENGTH);
      const isWhole = message.length === end + TRAILER_HEADER_BYTES + bytes && end >= HEADER_BYTES + ENTRY_BYTES;
      if (!isWhole || first.getUint8(KEY_ID) !== keyId) return undefined;
      const filled = message.slice();
      filled.set(filling, filled.length - bytes);
      const isGood = isEqual(await of(filled), message.subarray(message.length - bytes));
      return isGood ? withoutFirstEntry(message, end) : undefined;
    },
  };
}

/** With an entry of authentication before the others, and room behind them. */
function withFirstEntry(message: Uint8Array, type: number, more: number): Uint8Array<ArrayBuffer> {
  const sealed = new Uint8Array(message.length + ENTRY_BYTES + more);
  sealed.set(message.subarray(0, HEADER_BYTES));
  sealed.set(message.subarray(HEADER_BYTES), HEADER_BYTES + ENTRY_BYTES);
  const first = new DataView(sealed.buffer, HEADER_BYTES);
  first.setUint16(0, AUTHENTICATION);
  first.setUint16(TYPE, type);
  return sealed;
}

function withoutFirstEntry(message: Uint8Array, end: number): Uint8Array {
  const rest = new Uint8Array(end - ENTRY_BYTES);
  rest.set(message.subarray(0, HEADER_BYTES));
  rest.set(message.subarray(HEADER_BYTES + ENTRY_BYTES, end), HEADER_BYTES);
  return rest;
}

function familyOf(message: Uint8Array): number | undefined {
  if (message.length < HEADER_BYTES + ENTRY_BYTES) return undefined;
  return new DataView(message.buffer, message.byteOffset).getUint16(HEADER_BYTES);
}

/** Undefined where the message is not authenticated. */
function typeOf(message: Uint8Array): number | undefined {
  if (familyOf(message) !== AUTHENTICATION) return undefined;
  return new DataView(message.buffer, message.byteOffset).getUint16(HEADER_BYTES + TYPE);
}

/** 16 bytes, zeros behind the text. */
function keyBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(SECRET_BYTES);
  bytes.set(new TextEncoder().encode(text));
  return bytes;
}

function apad(): Uint8Array {
  const view = new DataView(new ArrayBuffer(SHA256_BYTES));
  for (let at = 0; at < SHA256_BYTES; at += 4) view.setUint32(at, APAD);
  return new Uint8Array(view.buffer);
}

/** Takes as long wherever they differ. */
function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  let difference = one.length ^ other.length;
  for (const [at, byte] of one.entries()) difference |= byte ^ (other[at] ?? 0);
  return difference === 0;
}

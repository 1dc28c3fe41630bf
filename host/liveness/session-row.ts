/**
 * Sessions as rows of packet program `bfd`, and the states that it tells: `wasm/programs/bfd/memory.ts` has the other side of both.
 */

import { toEndpoint } from "../packets/datagram-options.ts";
import { ROW_BYTES, STATE_BYTES } from "../packets/program.ts";

/** Each link of a program is a bit; all of them: by whichever link. */
export const EVERY_LINK = 0xffff_ffff_ffff_ffffn;

export interface SessionRow {
  /** Of this end; the key of the row. Not 0. */
  readonly discriminator: number;
  /** Without a zone. */
  readonly address: string;
  readonly links: bigint;
  /** False: says AdminDown, and falls silent. */
  readonly isActive: boolean;
  readonly transmitIntervalMs: number;
  readonly receiveIntervalMs: number;
  readonly detectMultiplier: number;
  readonly isMultihop: boolean;
  readonly isPassive: boolean;
  /** Over several hops. */
  readonly minimumTtl: number;
  /** Datagram ports of the program. */
  readonly sendPort: number;
  readonly receivePort: number;
  /** Undefined: no Echo function. */
  readonly echo: EchoRow | undefined;
}

export interface EchoRow {
  readonly intervalMs: number;
  /** Id of the link that the neighbor is on. */
  readonly link: number;
  readonly mac: string;
  /** Ours, IPv4. */
  readonly ownAddress: string;
}

const Offset = {
  family: 0,
  state: 1,
  links: 8,
  address: 16,
  discriminator: 32,
  transmitInterval: 36,
  receiveInterval: 40,
  detectMultiplier: 44,
  flags: 45,
  minimumTtl: 46,
  sendPort: 47,
  receivePort: 48,
  echoLink: 49,
  echoMac: 50,
  echoInterval: 56,
  echoAddress: 60,
} as const;
const ACTIVE = 1;
const DRAINING = 3;
const MULTIHOP = 1;
const PASSIVE = 2;

/** Throws where the address is none. */
export function writeSession(row: SessionRow): Uint8Array {
  const record = new Uint8Array(ROW_BYTES);
  const view = new DataView(record.buffer);
  const { family, address } = toEndpoint({ address: row.address, udpPort: 0 });
  record[Offset.family] = family;
  record[Offset.state] = row.isActive ? ACTIVE : DRAINING;
  view.setBigUint64(Offset.links, row.links, true);
  record.set(address, Offset.address);
  view.setUint32(Offset.discriminator, row.discriminator, true);
  view.setUint32(Offset.transmitInterval, toMicroseconds(row.transmitIntervalMs), true);
  view.setUint32(Offset.receiveInterval, toMicroseconds(row.receiveIntervalMs), true);
  record[Offset.detectMultiplier] = row.detectMultiplier;
  record[Offset.flags] = (row.isMultihop ? MULTIHOP : 0) | (row.isPassive ? PASSIVE : 0);
  record[Offset.minimumTtl] = row.minimumTtl;
  record[Offset.sendPort] = row.sendPort;
  record[Offset.receivePort] = row.receivePort;
  if (row.echo === undefined) return record;
  record[Offset.echoLink] = row.echo.link;
  record.set(Buffer.from(row.echo.mac.replaceAll(":", ""), "hex"), Offset.echoMac);
  view.setUint32(Offset.echoInterval, toMicroseconds(row.echo.intervalMs), true);
  record.set(toEndpoint({ address: row.echo.ownAddress, udpPort: 0 }).address.subarray(0, 4), Offset.echoAddress);
  return record;
}

function toMicroseconds(ms: number): number {
  return Math.min(Math.max(Math.round(ms * 1000), 1), 0xffff_ffff);
}

/** RFC 5880 §4.1 "State (Sta)", by number. */
const STATES = ["adminDown", "down", "init", "up"] as const;

export interface SessionState {
  readonly state: (typeof STATES)[number];
  readonly diagnostic: number;
  readonly remoteState: (typeof STATES)[number];
  readonly remoteDiagnostic: number;
  /** The neighbor's kernel sends our echoes back. */
  readonly isEchoing: boolean;
}

const ECHOING = 0x80;

/** By discriminator. */
export function readStates(states: Uint8Array): ReadonlyMap<number, SessionState> {
  const view = new DataView(states.buffer, states.byteOffset, states.length);
  const sessions = new Map<number, SessionState>();
  for (let at = 0; at < states.length; at += STATE_BYTES) {
    const discriminator = view.getUint32(at, true);
    if (discriminator === 0) continue;
    sessions.set(discriminator, {
      state: STATES[view.getUint8(at + 4) & 3] as SessionState["state"],
      diagnostic: view.getUint8(at + 5),
      remoteState: STATES[view.getUint8(at + 6) & 3] as SessionState["state"],
      remoteDiagnostic: view.getUint8(at + 7),
      isEchoing: (view.getUint8(at + 4) & ECHOING) !== 0,
    });
  }
  return sessions;
}

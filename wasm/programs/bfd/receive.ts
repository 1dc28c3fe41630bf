// Packets into sessions: RFC 5880 §6.8.6 "Reception of BFD Control Packets", in its order.

import {
  BFD_DEMAND,
  BFD_DESIRED_MIN_TX,
  BFD_DETECT_MULT,
  BFD_FINAL,
  BFD_MY_DISCRIMINATOR,
  BFD_REQUIRED_MIN_ECHO_RX,
  BFD_REQUIRED_MIN_RX,
  BFD_YOUR_DISCRIMINATOR,
  BfdState,
  bfdDiagnostic,
  bfdState,
  checkBfd,
  Diagnostic,
  hasBfdFlag,
} from "../../wire/bfd";
import { getU32 } from "../../wire/bytes";
import { Status } from "../../wire/status";
import {
  COUNTER_RECEIVED,
  count,
  discriminatorOf,
  EVERY_LINK,
  FAMILY,
  FLAG_MULTIHOP,
  FLAGS,
  findDiscriminator,
  hearPeer,
  LINKS,
  MINIMUM_HOP_LIMIT,
  PACKET_FAMILY,
  PACKET_HOP_LIMIT,
  PACKET_LENGTH,
  PACKET_LINK,
  PACKET_PEER,
  PACKET_PORT,
  PEER,
  RECEIVE_PORT,
  REMOTE_DEMAND,
  REMOTE_DIAG,
  REMOTE_DISCRIMINATOR,
  REMOTE_MIN_ECHO_RX,
  REMOTE_MIN_RX,
  REMOTE_MIN_TX,
  REMOTE_MULTIPLIER,
  REMOTE_STATE,
  ROWS,
  session,
} from "./memory";
import { endPoll, goTo, hasten, restartDetection, stateOf, tell } from "./session";

/** Why a packet was not for a session; DROPS counts by these. The first are the wire's own (`wire/status`), negated. */
export enum Drop {
  Truncated = 1,
  WrongVersion = 11,
  LengthTooShort = 22,
  LengthTooLong = 23,
  ZeroDetectMult = 24,
  MultipointBit = 25,
  ZeroDiscriminator = 26,
  NoYourDiscriminator = 27,
  AuthenticationBit = 28,
  /** No session has that discriminator, or none is with that neighbor. */
  UnknownSession = 29,
  /** Names a session that is with somebody else, or by another link or port. */
  OtherNeighbor = 30,
  /** It has passed more routers than it may. */
  LowHopLimit = 31,
  /** The session is ending; RFC 5880 §6.8.6: its packets still count for what they say of the neighbor. */
  AdminDown = 32,
  /** A frame that is no echo of ours. */
  NoEcho = 33,
}

/** The row that it was for. Set where `receive` gives 0. */
export let receivedRow: u32 = 0;

/** Takes one datagram; gives 0, or why it was dropped. */
export function receive(packet: usize, descriptor: usize, nowMs: f64): u32 {
  const status = checkBfd(packet, load<u16>(descriptor + PACKET_LENGTH));
  if (status !== Status.Ok) return -status;
  const yours = getU32(packet + BFD_YOUR_DISCRIMINATOR);
  const row = yours === 0 ? findNeighbor(descriptor) : findDiscriminator(yours);
  if (row < 0) return Drop.UnknownSession;
  const at = session(row);
  // A discriminator alone is 32 bits that an attacker may guess.
  if (yours !== 0 && !isWith(at, descriptor)) return Drop.OtherNeighbor;
  if (load<u8>(descriptor + PACKET_HOP_LIMIT) < leastHopLimit(at)) return Drop.LowHopLimit;
  receivedRow = row;
  count(row, COUNTER_RECEIVED);
  hearPeer(row, nowMs);
  learn(at, packet);
  if (hasBfdFlag(packet, BFD_FINAL)) endPoll(row);
  restartDetection(at, nowMs);
  hasten(at, nowMs);
  if (stateOf(row) === BfdState.AdminDown) return Drop.AdminDown;
  react(row, bfdState(packet));
  tell(row);
  return 0;
}

/** RFC 5881 §3: before our discriminator is known, a session is found by its neighbor's address and link. */
function findNeighbor(descriptor: usize): i32 {
  for (let row: u32 = 0; row < ROWS; row++) if (discriminatorOf(row) !== 0 && isWith(session(row), descriptor)) return row;
  return -1;
}

function isWith(at: usize, descriptor: usize): bool {
  const links = load<u64>(at + LINKS);
  const link = load<u32>(descriptor + PACKET_LINK);
  if (links !== EVERY_LINK && (link > 63 || ((links >> link) & 1) === 0)) return false;
  if (load<u8>(at + RECEIVE_PORT) !== load<u8>(descriptor + PACKET_PORT)) return false;
  return load<u8>(at + FAMILY) === load<u8>(descriptor + PACKET_FAMILY) && memory.compare(at + PEER, descriptor + PACKET_PEER, 16) === 0;
}

/** RFC 5881 §5: over one hop 255; RFC 5883 §3 and §4.2 leave it to each session of several. */
function leastHopLimit(at: usize): u32 {
  return (load<u8>(at + FLAGS) & FLAG_MULTIHOP) !== 0 ? load<u8>(at + MINIMUM_HOP_LIMIT) : 255;
}

function learn(at: usize, packet: usize): void {
  store<u32>(at + REMOTE_DISCRIMINATOR, getU32(packet + BFD_MY_DISCRIMINATOR));
  store<u8>(at + REMOTE_STATE, <u8>bfdState(packet));
  store<u8>(at + REMOTE_DIAG, <u8>bfdDiagnostic(packet));
  store<u8>(at + REMOTE_DEMAND, <u8>hasBfdFlag(packet, BFD_DEMAND));
  store<u8>(at + REMOTE_MULTIPLIER, load<u8>(packet + BFD_DETECT_MULT));
  store<u32>(at + REMOTE_MIN_RX, getU32(packet + BFD_REQUIRED_MIN_RX));
  store<u32>(at + REMOTE_MIN_ECHO_RX, getU32(packet + BFD_REQUIRED_MIN_ECHO_RX));
  store<u32>(at + REMOTE_MIN_TX, getU32(packet + BFD_DESIRED_MIN_TX));
}

/** The state machine of §6.2, as §6.8.6 spells it out. */
function react(row: u32, remote: u32): void {
  const local = stateOf(row);
  if (remote === BfdState.AdminDown || (local === BfdState.Up && remote === BfdState.Down)) {
    if (local !== BfdState.Down) goTo(row, BfdState.Down, Diagnostic.NeighborSignaledDown);
  } else if (local === BfdState.Down) {
    if (remote === BfdState.Down) goTo(row, BfdState.Init, Diagnostic.None);
    else if (remote === BfdState.Init) goTo(row, BfdState.Up, Diagnostic.None);
  } else if (local === BfdState.Init && remote >= <u32>BfdState.Init) goTo(row, BfdState.Up, Diagnostic.None);
}

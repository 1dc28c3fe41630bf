// The BFD packet program: sessions with neighbors, each of which says within milliseconds whether packets still pass both ways.
//
// In: Control packets from the datagram ports of UDP 3784 (one hop, RFC 5881) and 4784 (several, RFC 5883). Out: ours, from a port of each
// session's own. A row is a session; its attributes are its discriminator, which is its key, its timers and its ports
// (bfd/memory). What is remembered: the state variables of RFC 5880 §6.8.1. An active row wants the session up; a draining one says AdminDown a few
// times and falls silent. A row's level is that the session is up; its entry in STATES says which of the four states it is in, and why.
//
// A session with links of its own goes down with them, and need not wait for its detection time (RFC 5880 §6.8.17 speaks of concatenated
// paths, and leaves such knowledge to us).
//
// Followed: RFC 5880 asynchronous mode, with the Echo function (bfd/echo) and Demand mode of the neighbor's (§6.6); RFC 5881, RFC 5883. Left out:
// authentication, Demand mode of our own, sending back echoes in place of the kernel, multipoint.
import { BFD_POLL, BfdState, Diagnostic, hasBfdFlag } from "../wire/bfd";
import { echoDue, receiveEcho, stopEcho, tickEcho } from "./bfd/echo";
import {
  clearSession,
  DETECT_AT,
  DROPS,
  discriminatorOf,
  EVERY_LINK,
  FAMILY,
  findDiscriminator,
  increment,
  LINKS,
  MULTIPLIER,
  MY_DISCRIMINATOR,
  PACKET_LENGTH,
  publish,
  RECEIVE_PORT,
  Refused,
  ROW,
  ROW_STATE,
  ROWS,
  RX,
  rxDescriptor,
  SEND_PORT,
  SLOT_BYTES,
  SLOTS,
  session,
  setDiscriminator,
  setLinkMac,
  WANTED_RX,
  WANTED_TX,
} from "./bfd/memory";
import { seedRandom } from "./bfd/random";
import { Drop, receive, receivedRow } from "./bfd/receive";
import { begin, goTo, lose, maySend, sendDue, settle, stateOf } from "./bfd/session";
import { transmit } from "./bfd/transmit";

export {
  ABI,
  COUNTERS,
  DROP_REASONS,
  DROPS,
  EVENT_SLOTS,
  EVENTS,
  HEARD_PEERS,
  LEVELS,
  Refused,
  ROW,
  ROWS,
  RX,
  RX_DESCRIPTORS,
  SLOT_BYTES,
  SLOTS,
  STATES,
  statesVersion,
  TX,
  TX_DESCRIPTORS,
} from "./bfd/memory";
export { Drop } from "./bfd/receive";

const ROW_BYTES: usize = 64;
const ACTIVE: u32 = 1;
const DRAINING: u32 = 3;
const FLAG_UP: u32 = 1;
const DATAGRAMS: i32 = -1;

export let nextTickMs: f64 = Infinity;
export const eventsWritten: i32 = 0;
export let rowCount: i32 = 0;

let linksUp: u64 = 0;

export function setup(seedLow: u32, seedHigh: u32): void {
  seedRandom(seedLow ^ seedHigh);
}

export function setLink(link: u32, mac: f64, flags: u32): void {
  if (link > 63) return;
  setLinkMac(link, bswap<u64>(<u64>mac) >> 16);
  const bit = (<u64>1) << link;
  linksUp = (flags & FLAG_UP) !== 0 ? linksUp | bit : linksUp & ~bit;
  for (let row: u32 = 0; row < ROWS; row++) {
    const links = load<u64>(session(row) + LINKS);
    if (discriminatorOf(row) !== 0 && links !== EVERY_LINK && (links & linksUp) === 0) lose(row, Diagnostic.PathDown);
  }
  nextTickMs = nextDue();
}

export function put(): i32 {
  const family: u32 = load<u8>(ROW + FAMILY);
  const wanted: u32 = load<u8>(ROW + ROW_STATE);
  if (family !== 4 && family !== 6) return Refused.Family;
  if (wanted !== ACTIVE && wanted !== DRAINING) return Refused.State;
  if (!hasAttributes()) return Refused.Attributes;
  let row = findDiscriminator(load<u32>(ROW + MY_DISCRIMINATOR));
  if (row < 0) row = addSession();
  if (row < 0) return Refused.TableFull;
  if (memory.compare(session(row), ROW, ROW_BYTES) === 0) return row;
  memory.copy(session(row), ROW, ROW_BYTES);
  const isEnding = stateOf(row) === BfdState.AdminDown;
  if (wanted === DRAINING && !isEnding) goTo(row, BfdState.AdminDown, Diagnostic.AdministrativelyDown);
  else if (wanted === ACTIVE && isEnding) goTo(row, BfdState.Down, Diagnostic.None);
  else settle(row);
  nextTickMs = nextDue();
  return row;
}

function addSession(): i32 {
  const row = findDiscriminator(0);
  if (row < 0) return row;
  clearSession(row);
  setDiscriminator(row, load<u32>(ROW + MY_DISCRIMINATOR));
  rowCount++;
  stopEcho(row);
  begin(row);
  return row;
}

function hasAttributes(): bool {
  if (load<u32>(ROW + MY_DISCRIMINATOR) === 0 || load<u32>(ROW + WANTED_TX) === 0 || load<u8>(ROW + MULTIPLIER) === 0) return false;
  return load<u32>(ROW + WANTED_RX) !== 0 && load<u8>(ROW + SEND_PORT) !== 0 && load<u8>(ROW + RECEIVE_PORT) !== 0;
}

export function remove(): i32 {
  const discriminator = load<u32>(ROW + MY_DISCRIMINATOR);
  const row = discriminator === 0 ? -1 : findDiscriminator(discriminator);
  if (row < 0) return row;
  setDiscriminator(row, 0);
  publish(row, 0, 0, false);
  rowCount--;
  nextTickMs = nextDue();
  return row;
}

/** Answers Polls there and then; all else waits for `tick`, which follows in the same turn where it is due. */
export function process(link: i32, count: u32, nowMs: f64): u32 {
  if (count > SLOTS) return 0;
  if (link !== DATAGRAMS) return processEchoes(link, count, nowMs);
  let sent: u32 = 0;
  for (let slot: u32 = 0; slot < count; slot++) {
    const packet: usize = RX + slot * SLOT_BYTES;
    const drop = receive(packet, rxDescriptor(slot), nowMs);
    if (drop !== 0) increment(DROPS + drop * 8);
    else if (hasBfdFlag(packet, BFD_POLL)) transmit(receivedRow, sent++, true, nowMs);
  }
  nextTickMs = nextDue();
  return sent;
}

function processEchoes(link: u32, count: u32, nowMs: f64): u32 {
  for (let slot: u32 = 0; slot < count; slot++) {
    const length: u32 = load<u16>(rxDescriptor(slot) + PACKET_LENGTH);
    if (!receiveEcho(RX + slot * SLOT_BYTES, min(length, SLOT_BYTES), link, nowMs)) increment(DROPS + Drop.NoEcho * 8);
  }
  nextTickMs = nextDue();
  return 0;
}

export function tick(nowMs: f64): u32 {
  let sent: u32 = 0;
  let isSending = false;
  for (let row: u32 = 0; row < ROWS && sent + 1 < SLOTS; row++) {
    if (discriminatorOf(row) === 0) continue;
    const at = session(row);
    if (load<f64>(at + DETECT_AT) <= nowMs) lose(row, Diagnostic.DetectionTimeExpired);
    if (tickEcho(row, sent, nowMs)) sent++;
    if (sendDue(at) > nowMs) continue;
    transmit(row, sent++, false, nowMs);
    isSending = true;
  }
  if (isSending) sent = sendAlong(sent, nowMs);
  nextTickMs = nextDue();
  return sent;
}

/** Sessions that may send by now do so while the thread is awake: each would wake it for its own packet a few milliseconds later. */
function sendAlong(sent: u32, nowMs: f64): u32 {
  for (let row: u32 = 0; row < ROWS && sent < SLOTS; row++) {
    if (discriminatorOf(row) !== 0 && maySend(session(row), nowMs)) transmit(row, sent++, false, nowMs);
  }
  return sent;
}

function dueOf(at: usize): f64 {
  return min(min(load<f64>(at + DETECT_AT), sendDue(at)), echoDue(at));
}

function nextDue(): f64 {
  let next: f64 = Infinity;
  for (let row: u32 = 0; row < ROWS; row++) {
    if (discriminatorOf(row) !== 0) next = min(next, dueOf(session(row)));
  }
  return next;
}

// One session: its state, and the timers that it tells and uses.

import { BfdState } from "../../wire/bfd";
import {
  COUNTER_DOWNS,
  COUNTER_UPS,
  count,
  DETECT_AT,
  discriminatorOf,
  FAREWELLS,
  FLAG_PASSIVE,
  FLAGS,
  IS_ECHOING,
  IS_NEWS,
  IS_POLLING,
  LOCAL_DIAG,
  MULTIPLIER,
  publish,
  REMOTE_DEMAND,
  REMOTE_DISCRIMINATOR,
  REMOTE_MIN_RX,
  REMOTE_MIN_TX,
  REMOTE_MULTIPLIER,
  REMOTE_STATE,
  SEND_AT,
  SENT_AT,
  SESSION_STATE,
  session,
  TOLD_RX,
  TOLD_TX,
  USED_RX,
  USED_TX,
  WANTED_RX,
  WANTED_TX,
} from "./memory";
import { jittered, LEAST_SHARE } from "./random";

/** RFC 5880 §6.8.3: not less than a second between packets while the session is not up. */
const SLOW_US: u32 = 1_000_000;
/** AdminDown is said for at least a detection time (§6.8.16), which the slow timers make three seconds. */
const FAREWELL_PACKETS: u8 = 4;

/** A new session's variables, by §6.8.1. */
export function begin(row: u32): void {
  const at = session(row);
  store<u8>(at + SESSION_STATE, BfdState.Down);
  store<u8>(at + REMOTE_STATE, BfdState.Down);
  forget(at);
  settle(row);
  tell(row);
}

/** Nothing is known of the neighbor (any more). Its last state stays: one that went by AdminDown has not failed. */
function forget(at: usize): void {
  store<u32>(at + REMOTE_DISCRIMINATOR, 0);
  store<u32>(at + REMOTE_MIN_RX, 1);
  store<u8>(at + REMOTE_DEMAND, 0);
  store<f64>(at + DETECT_AT, Infinity);
}

export function stateOf(row: u32): u32 {
  return load<u8>(session(row) + SESSION_STATE);
}

/** Goes to a state, and tells the neighbor and the host at once. */
export function goTo(row: u32, state: u32, diagnostic: u32): void {
  const at = session(row);
  if (state === BfdState.Up) count(row, COUNTER_UPS);
  else if (stateOf(row) === BfdState.Up) count(row, COUNTER_DOWNS);
  store<u8>(at + SESSION_STATE, <u8>state);
  store<u8>(at + LOCAL_DIAG, <u8>diagnostic);
  store<u8>(at + FAREWELLS, state === BfdState.AdminDown ? FAREWELL_PACKETS : 0);
  sendNow(at);
  settle(row);
  tell(row);
}

/** The path is known to be gone: by its link, or by silence. */
export function lose(row: u32, diagnostic: u32): void {
  forget(session(row));
  if (stateOf(row) >= <u32>BfdState.Init) goTo(row, BfdState.Down, diagnostic);
}

export function tell(row: u32): void {
  // State, diagnostic and the neighbor's two lie as they are told.
  const echoing: u32 = load<u8>(session(row) + IS_ECHOING) !== 0 ? 0x80 : 0;
  publish(row, discriminatorOf(row), load<u32>(session(row) + SESSION_STATE) | echoing, stateOf(row) === BfdState.Up);
}

function sendNow(at: usize): void {
  store<u8>(at + IS_NEWS, 1);
  store<f64>(at + SEND_AT, 0);
}

/**
 * Brings what is told and used to what is wanted, by §6.8.3 "Timer Manipulation". While the session is up that takes a Poll Sequence: longer
 * pauses between our packets, and less patience for the neighbor's, begin when it has heard of them. One sequence at a time: what
 * is wanted meanwhile is the next one's.
 */
export function settle(row: u32): void {
  const at = session(row);
  const isUp = stateOf(row) === BfdState.Up;
  const tx = isUp ? load<u32>(at + WANTED_TX) : max(load<u32>(at + WANTED_TX), SLOW_US);
  // §6.8.3: while echoes do the detecting, Control packets need not come often.
  const rx = load<u8>(at + IS_ECHOING) !== 0 ? max(load<u32>(at + WANTED_RX), SLOW_US) : load<u32>(at + WANTED_RX);
  if (isUp && load<u8>(at + IS_POLLING) !== 0) return;
  if (isUp && load<u32>(at + TOLD_TX) === tx && load<u32>(at + TOLD_RX) === rx) return;
  store<u32>(at + TOLD_TX, tx);
  store<u32>(at + TOLD_RX, rx);
  store<u32>(at + USED_TX, isUp ? min(load<u32>(at + USED_TX), tx) : tx);
  store<u32>(at + USED_RX, isUp ? max(load<u32>(at + USED_RX), rx) : rx);
  store<u8>(at + IS_POLLING, <u8>isUp);
  if (isUp) sendNow(at);
}

/** The neighbor has heard what was told. */
export function endPoll(row: u32): void {
  const at = session(row);
  if (load<u8>(at + IS_POLLING) === 0) return;
  store<u8>(at + IS_POLLING, 0);
  store<u32>(at + USED_TX, load<u32>(at + TOLD_TX));
  store<u32>(at + USED_RX, load<u32>(at + TOLD_RX));
  settle(row);
}

/** When the next packet is to leave, ms; infinity: none, by the rules of §6.8.7 "Transmitting BFD Control Packets". */
export function sendDue(at: usize): f64 {
  const sendAt = load<f64>(at + SEND_AT);
  const isUnknown = load<u32>(at + REMOTE_DISCRIMINATOR) === 0;
  if (isUnknown && (load<u8>(at + FLAGS) & FLAG_PASSIVE) !== 0) return Infinity;
  if (load<u8>(at + SESSION_STATE) === BfdState.AdminDown) return load<u8>(at + FAREWELLS) !== 0 ? sendAt : Infinity;
  if (load<u8>(at + IS_NEWS) !== 0) return sendAt;
  if (load<u32>(at + REMOTE_MIN_RX) === 0) return Infinity;
  return isDemanded(at) && load<u8>(at + IS_POLLING) === 0 ? Infinity : sendAt;
}

/** §6.6 "Demand Mode": both ends are up, and the neighbor asks for silence. */
function isDemanded(at: usize): bool {
  const isUp = load<u8>(at + SESSION_STATE) === BfdState.Up && load<u8>(at + REMOTE_STATE) === BfdState.Up;
  return isUp && load<u8>(at + REMOTE_DEMAND) !== 0;
}

/** Plans the packet after this one. */
export function planNext(at: usize, nowMs: f64): void {
  store<f64>(at + SENT_AT, nowMs);
  store<f64>(at + SEND_AT, nowMs + intervalMs(at) * jittered(load<u8>(at + MULTIPLIER)));
}

/**
 * It may send now as well as when it is due: it is up, and no less than three quarters of its interval have passed, which is the most that
 * jitter may take (§6.8.7).
 */
export function maySend(at: usize, nowMs: f64): bool {
  if (load<u8>(at + SESSION_STATE) !== BfdState.Up || sendDue(at) === Infinity) return false;
  return nowMs >= load<f64>(at + SENT_AT) + intervalMs(at) * LEAST_SHARE;
}

/** Where the neighbor's wish has brought the next packet forward, it must not wait for its old time. */
export function hasten(at: usize, nowMs: f64): void {
  if (load<f64>(at + SEND_AT) > nowMs + intervalMs(at)) planNext(at, nowMs);
}

function intervalMs(at: usize): f64 {
  return <f64>max(load<u32>(at + USED_TX), load<u32>(at + REMOTE_MIN_RX)) / 1000;
}

/** §6.8.4 "Calculating the Detection Time", asynchronous mode. */
export function restartDetection(at: usize, nowMs: f64): void {
  const intervalUs = max(load<u32>(at + USED_RX), load<u32>(at + REMOTE_MIN_TX));
  store<f64>(at + DETECT_AT, nowMs + (<f64>intervalUs * <f64>load<u8>(at + REMOTE_MULTIPLIER)) / 1000);
}

// Refreshes that are waited for: a wheel of slots, a tick each, onto which every due time maps by its tick (Varghese and Lauck, "Hashed and
// Hierarchical Timing Wheels", 1987, scheme 6). Putting a row on it, taking one off and finding it due cost the same however many there
// are; a row that waits for longer than a turn of 262 s is looked at and passed over once a turn.
//
// A row is refreshed after three quarters of its interval to all of it, so that rows that were put together soon go apart; never
// before a second, whatever its interval.
import { record, WHEEL_SLOTS } from "../programs/memory";
import { append, firstIn, NOW, nextOf, onWheel, WHEEL } from "./lists";

const TICK_MS: f64 = 256;
const LEAST_INTERVAL_MS: f64 = 1000;

/** When the row's next round or refresh is due, ms. */
export const RECORD_DUE: u32 = 72; // f64

/** The first tick whose slot was not looked at. */
let hand: f64 = 0;

function listOfTick(tick: f64): u32 {
  return WHEEL + (<u32>(<u64>tick) & (WHEEL_SLOTS - 1));
}

/** Puts a row on the wheel. All that was due before `nowMs` has left it. */
export function awaitRefresh(row: u32, intervalMs: u32, nowMs: f64): void {
  if (onWheel === 0) hand = Math.floor(nowMs / TICK_MS) + 1;
  // Knuth 6.4, multiplicative hashing: ids in a row are spread evenly.
  const spread = <f64>((row ^ <u32>(<u64>nowMs)) * 0x9e3779b1) / 4294967296.0;
  const delayMs = max(<f64>intervalMs * (1 - spread / 4), LEAST_INTERVAL_MS);
  const tick = Math.ceil((nowMs + delayMs) / TICK_MS);
  store<f64>(record(row) + RECORD_DUE, tick * TICK_MS);
  append(row, listOfTick(tick));
}

/** Moves the rows whose refresh is due to those that speak at once. */
export function turnWheel(nowMs: f64): void {
  const last = Math.floor(nowMs / TICK_MS);
  if (onWheel === 0 || hand > last) return;
  // After a long sleep each slot is looked at once.
  for (let tick = Math.max(hand, last - <f64>WHEEL_SLOTS + 1); tick <= last; tick++) empty(listOfTick(tick), nowMs);
  hand = last + 1;
}

function empty(slot: u32, nowMs: f64): void {
  for (let row = firstIn(slot); row >= 0; ) {
    const next = nextOf(row);
    if (load<f64>(record(row) + RECORD_DUE) <= nowMs) append(row, NOW);
    row = next;
  }
}

/** When the wheel is to be turned next, ms; infinity: no row is on it. */
export function nextOnWheel(): f64 {
  return onWheel === 0 ? Infinity : hand * TICK_MS;
}

// When rows speak unasked: bursts of five rounds, 1.1 s apart, as MetalLB does; one round where the host asks for it; refreshes.
//
// Two lists of rows, each in the order in which it falls due: `NOW` for what is due at once, `LATER` for the following rounds of a burst,
// whose interval is constant, so that a push at the end keeps the order. A row that only waits for its refresh is on the wheel (wheel.ts).
// Taking the next row, adding and removing one are O(1).
//
// What a round is, is the program's to say: an active row announces itself, one on standby asks who has its address.
import { ROW_LINKS, ROW_REFRESH, ROW_STATE, record, State } from "../programs/memory";
import { append, firstIn, LATER, listOf, NOW, takeOut } from "./lists";
import { awaitRefresh, nextOnWheel, RECORD_DUE, turnWheel } from "./wheel";

const ROUNDS: u8 = 5;
const ROUND_INTERVAL_MS: f64 = 1100;

/** Links on which the row's rounds are, a bit a link. */
export const RECORD_ROUND_LINKS: u32 = 64; // u64
const RECORD_ROUNDS: u32 = 88; // u8

/** The next round at once, so many in all, on these links and on those of rounds that have begun. */
function schedule(row: u32, links: u64, rounds: u8): void {
  const at = record(row);
  const begun = isSpeaking(row) ? load<u64>(at + RECORD_ROUND_LINKS) : 0;
  store<u64>(at + RECORD_ROUND_LINKS, begun | links);
  store<u8>(at + RECORD_ROUNDS, rounds);
  append(row, NOW);
}

/** Rounds of the row are due now, or have begun. */
function isSpeaking(row: u32): bool {
  return listOf(row) === NOW || listOf(row) === LATER;
}

/** Starts the burst of a row anew, on these links and on those of a burst that still runs. */
export function startBurst(row: u32, links: u64): void {
  schedule(row, links, ROUNDS);
}

/** One round at once, on all links of the row; a burst that runs goes on behind it. One that is to go at once is this one. */
export function sendOnce(row: u32): void {
  const at = record(row);
  const list = listOf(row);
  const rounds = load<u8>(at + RECORD_ROUNDS);
  schedule(row, load<u64>(at + ROW_LINKS), list === LATER ? rounds + 1 : list === NOW ? rounds : 1);
}

/** The row waits for its refresh from now on, by its present interval; where it speaks, from its last round on. */
export function restartRefresh(row: u32): void {
  // A round on no link sends nothing and ends like any other; what it brings is the time, which only `tick` knows.
  if (!isSpeaking(row)) schedule(row, 0, 1);
}

/** The row whose round is due at `nowMs`, or -1. It stays first until `finishRound`. */
export function dueRow(nowMs: f64): i32 {
  turnWheel(nowMs);
  const row = firstIn(NOW);
  if (row >= 0) return row;
  const next = firstIn(LATER);
  return next >= 0 && load<f64>(record(next) + RECORD_DUE) <= nowMs ? next : -1;
}

/** The row has spoken once: it waits for its next round or its refresh, or is done. */
export function finishRound(row: u32, nowMs: f64): void {
  const at = record(row);
  const rounds = load<u8>(at + RECORD_ROUNDS) - 1;
  if (rounds !== 0) {
    store<u8>(at + RECORD_ROUNDS, rounds);
    store<f64>(at + RECORD_DUE, nowMs + ROUND_INTERVAL_MS);
    append(row, LATER);
  } else if (load<u8>(at + ROW_STATE) === State.Active && load<u32>(at + ROW_REFRESH) !== 0) {
    store<u64>(at + RECORD_ROUND_LINKS, load<u64>(at + ROW_LINKS));
    awaitRefresh(row, load<u32>(at + ROW_REFRESH), nowMs);
  } else takeOut(row);
}

/** When something is due next: 0 for at once, infinity for never. */
export function nextDue(): f64 {
  if (firstIn(NOW) >= 0) return 0;
  const next = firstIn(LATER);
  return min(next >= 0 ? load<f64>(record(next) + RECORD_DUE) : Infinity, nextOnWheel());
}

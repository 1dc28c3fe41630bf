// When rows announce themselves: five rounds, 1.1 s apart, as MetalLB does.
//
// Two queues of rows, each in the order in which it falls due: `now` for first rounds, `later` for the following ones, whose
// interval is constant, so that a push at the end keeps the order. Taking the next row, adding and removing one are O(1).
import { record } from "../programs/memory";
import { RECORD_NEXT } from "./rows";

const ROUNDS: u32 = 5;
const ROUND_INTERVAL_MS: f64 = 1100;

/** Links on which the row's running burst still announces, a bit a link. */
export const RECORD_BURST_LINKS: u32 = 64; // u64
const RECORD_DUE: u32 = 72; // f64
const RECORD_PREVIOUS: u32 = 84; // u32
const RECORD_ROUNDS: u32 = 88; // u8
const RECORD_QUEUE: u32 = 89; // u8: 0 none, 1 now, 2 later

let nowFirst: u32 = 0;
let nowLast: u32 = 0;
let laterFirst: u32 = 0;
let laterLast: u32 = 0;

function push(row: u32, queue: u8): void {
  const at = record(row);
  const last = queue === 1 ? nowLast : laterLast;
  store<u8>(at + RECORD_QUEUE, queue);
  store<u32>(at + RECORD_NEXT, 0);
  store<u32>(at + RECORD_PREVIOUS, last);
  if (last !== 0) store<u32>(record(last - 1) + RECORD_NEXT, row + 1);
  else if (queue === 1) nowFirst = row + 1;
  else laterFirst = row + 1;
  if (queue === 1) nowLast = row + 1;
  else laterLast = row + 1;
}

/** Takes the row out of its queue; fine where it is in none. */
export function cancelBurst(row: u32): void {
  const at = record(row);
  const queue = load<u8>(at + RECORD_QUEUE);
  store<u64>(at + RECORD_BURST_LINKS, 0);
  if (queue === 0) return;
  const next = load<u32>(at + RECORD_NEXT);
  const previous = load<u32>(at + RECORD_PREVIOUS);
  store<u8>(at + RECORD_QUEUE, 0);
  if (next !== 0) store<u32>(record(next - 1) + RECORD_PREVIOUS, previous);
  else if (queue === 1) nowLast = previous;
  else laterLast = previous;
  if (previous !== 0) store<u32>(record(previous - 1) + RECORD_NEXT, next);
  else if (queue === 1) nowFirst = next;
  else laterFirst = next;
}

/** Starts the burst of a row anew, on these links and on those of a burst that still runs. */
export function startBurst(row: u32, links: u64): void {
  const at = record(row);
  const all = load<u64>(at + RECORD_BURST_LINKS) | links;
  cancelBurst(row);
  store<u64>(at + RECORD_BURST_LINKS, all);
  store<u8>(at + RECORD_ROUNDS, <u8>ROUNDS);
  push(row, 1);
}

/** The row whose round is due at `nowMs`, or -1. It stays first until `finishRound`. */
export function dueRow(nowMs: f64): i32 {
  if (nowFirst !== 0) return <i32>nowFirst - 1;
  if (laterFirst !== 0 && load<f64>(record(laterFirst - 1) + RECORD_DUE) <= nowMs) return <i32>laterFirst - 1;
  return -1;
}

/** The row has announced once: it waits for its next round, or is done. */
export function finishRound(row: u32, nowMs: f64): void {
  const at = record(row);
  const links = load<u64>(at + RECORD_BURST_LINKS);
  const rounds = load<u8>(at + RECORD_ROUNDS) - 1;
  cancelBurst(row);
  if (rounds === 0) return;
  store<u64>(at + RECORD_BURST_LINKS, links);
  store<u8>(at + RECORD_ROUNDS, rounds);
  store<f64>(at + RECORD_DUE, nowMs + ROUND_INTERVAL_MS);
  push(row, 2);
}

/** When the next round falls due: 0 for at once, infinity for never. */
export function nextDue(): f64 {
  if (nowFirst !== 0) return 0;
  return laterFirst !== 0 ? load<f64>(record(laterFirst - 1) + RECORD_DUE) : Infinity;
}

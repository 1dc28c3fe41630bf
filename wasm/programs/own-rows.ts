// What the address programs (ARP, NDP) do alike with their rows: take them, let go of them, tell who else uses their addresses.
import { cancelBurst, startBurst } from "../table/announce";
import { addRow, answerOn, findRow, removeRow } from "../table/rows";
import { reportConflict } from "./events";
import { isOwnMac } from "./links";
import {
  answers,
  COUNTER_UNANSWERED,
  counter,
  increment,
  Refused,
  ROW,
  ROW_ADDRESS,
  ROW_BYTES,
  ROW_FAMILY,
  ROW_LINKS,
  ROW_STATE,
  record,
  State,
} from "./memory";

/** What it means that a station uses a row's address. */
export enum Claim {
  /** The row does not answer on that link, so it may. */
  Allowed,
  /** The station is one of our own links. */
  Own,
  Conflict,
}

/** As the ABI's put, for rows of one family. */
export function putRow(family: u32): i32 {
  const state: u32 = load<u8>(ROW + ROW_STATE);
  if (load<u8>(ROW + ROW_FAMILY) !== family) return Refused.Family;
  if (state < <u32>State.Active || state > <u32>State.Draining) return Refused.State;
  if (family === 4) {
    store<u32>(ROW + ROW_ADDRESS, 0, 4);
    store<u64>(ROW + ROW_ADDRESS, 0, 8);
  }
  const low = load<u64>(ROW + ROW_ADDRESS);
  const high = load<u64>(ROW + ROW_ADDRESS, 8);
  let row = findRow(low, high);
  const isNew = row < 0;
  if (isNew) row = addRow(low, high);
  if (row < 0) return Refused.TableFull;
  const at = record(row);
  if (!isNew && memory.compare(at, ROW, ROW_BYTES) === 0) return row;
  memory.copy(at, ROW, ROW_BYTES);
  answerOn(row, state === <u32>State.Standby ? 0 : load<u64>(at + ROW_LINKS));
  cancelBurst(row);
  if (state === <u32>State.Active) startBurst(row, load<u64>(at + ROW_LINKS));
  return row;
}

/** As the ABI's remove. */
export function removeOwnRow(family: u32): i32 {
  if (load<u8>(ROW + ROW_FAMILY) !== family) return -1;
  const low: u64 = family === 4 ? load<u32>(ROW + ROW_ADDRESS) : load<u64>(ROW + ROW_ADDRESS);
  const high: u64 = family === 4 ? 0 : load<u64>(ROW + ROW_ADDRESS, 8);
  const row = findRow(low, high);
  if (row < 0) return row;
  cancelBurst(row);
  return removeRow(low, high);
}

export function isAnswering(row: u32, link: u32): bool {
  return ((load<u64>(answers(row)) >> link) & 1) !== 0;
}

/** Counts a request that the row does not answer; gives true where it answers nowhere: on standby, or drained. */
export function keepSilent(row: u32): bool {
  increment(counter(row, COUNTER_UNANSWERED), 1);
  return load<u64>(answers(row)) === 0;
}

/** A station uses a row's address. A draining row leaves it to that station. */
export function hearClaim(row: u32, link: u32, sender: u64, nowMs: f64): Claim {
  if (isOwnMac(sender)) return Claim.Own;
  if (!isAnswering(row, link)) return Claim.Allowed;
  // The row stays as it was put: putting it again must change nothing.
  if (load<u8>(record(row) + ROW_STATE) === State.Draining) answerOn(row, 0);
  reportConflict(row, link, sender, nowMs);
  return Claim.Conflict;
}

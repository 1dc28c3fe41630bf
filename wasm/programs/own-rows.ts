// What the address programs (ARP, NDP) do alike with their rows: take them, let go of them, tell who else uses their addresses.
//
// Attributes of a row: how often an active one announces itself again, and two serial numbers, a change of which asks for something now: on
// standby for one question who has the address, of an active row for one round of its announcement.
import { restartRefresh, sendOnce, startBurst } from "../table/announce";
import { takeOut } from "../table/lists";
import { addRow, answerOn, findRow, removeRow } from "../table/rows";
import { reportConflict } from "./events";
import { isOwnMac } from "./links";
import {
  answers,
  CLAIM_AT,
  CLAIM_MAC,
  COUNTER_UNANSWERED,
  claim,
  counter,
  increment,
  Refused,
  ROW,
  ROW_ADDRESS,
  ROW_ANNOUNCE_SERIAL,
  ROW_ASK_SERIAL,
  ROW_ATTRIBUTES,
  ROW_BYTES,
  ROW_FAMILY,
  ROW_LINKS,
  ROW_REFRESH,
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
  if (row < 0) row = addRow(low, high);
  if (row < 0) return Refused.TableFull;
  takeRow(row);
  return row;
}

/** What is in the mailbox becomes the row. A new row was all zero before. */
function takeRow(row: u32): void {
  const at = record(row);
  const state: u32 = load<u8>(ROW + ROW_STATE);
  const serial = state === <u32>State.Active ? ROW_ANNOUNCE_SERIAL : ROW_ASK_SERIAL;
  const isSame = memory.compare(at, ROW, ROW_ATTRIBUTES) === 0;
  const hasSameRefresh = load<u32>(at + ROW_REFRESH) === load<u32>(ROW + ROW_REFRESH);
  const isCalled = load<u32>(at + serial) !== load<u32>(ROW + serial);
  memory.copy(at, ROW, ROW_BYTES);
  if (!isSame) {
    answerOn(row, state === <u32>State.Standby ? 0 : load<u64>(at + ROW_LINKS));
    takeOut(row);
    if (state === <u32>State.Active) startBurst(row, load<u64>(at + ROW_LINKS));
  } else if (!hasSameRefresh && state === <u32>State.Active) restartRefresh(row);
  if (isCalled && state !== <u32>State.Draining) sendOnce(row);
}

/** As the ABI's remove. */
export function removeOwnRow(family: u32): i32 {
  if (load<u8>(ROW + ROW_FAMILY) !== family) return -1;
  const low: u64 = family === 4 ? load<u32>(ROW + ROW_ADDRESS) : load<u64>(ROW + ROW_ADDRESS);
  const high: u64 = family === 4 ? 0 : load<u64>(ROW + ROW_ADDRESS, 8);
  const row = findRow(low, high);
  if (row < 0) return row;
  takeOut(row);
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

/**
 * A station uses a row's address. Where it announces the address, or answers for it, that is a claim, and a draining row leaves it to that
 * station. The kernel of a node that has the VIP on some interface only speaks from it, to ask for its clients.
 */
export function hearClaim(row: u32, link: u32, sender: u64, isClaim: bool, nowMs: f64): Claim {
  if (isOwnMac(sender)) return Claim.Own;
  const at = record(row);
  if (((load<u64>(at + ROW_LINKS) >> link) & 1) === 0) return Claim.Allowed;
  if (isClaim) {
    store<f64>(claim(row) + CLAIM_AT, nowMs);
    store<u64>(claim(row) + CLAIM_MAC, sender | ((<u64>link) << 48));
  }
  if (!isAnswering(row, link)) return Claim.Allowed;
  // The row stays as it was put: putting it again must change nothing.
  if (isClaim && load<u8>(at + ROW_STATE) === State.Draining) answerOn(row, 0);
  reportConflict(row, link, sender, isClaim, nowMs);
  return Claim.Conflict;
}

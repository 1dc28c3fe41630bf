// The links that the host has attached, by id.

import { startBurst } from "../table/announce";
import { isUsed, rowLimit } from "../table/rows";
import { HEARD, LINKS, linkEntry, ROW_LINKS, ROW_STATE, record, State } from "./memory";

const ENTRY_MAC: u32 = 0; // u64, as getMac
const ENTRY_FLAGS: u32 = 8; // u32
const FLAG_UP: u32 = 1;

/** Bit set of the links that are up. */
export let linksUp: u64 = 0;
/** Of those that have a MAC. */
let linksKnown: u64 = 0;

/** As the ABI's setLink. A link that comes up or changes its MAC announces every active row on it again. */
export function updateLink(link: u32, mac: f64, flags: u32): void {
  if (link >= LINKS) return;
  const entry = linkEntry(link);
  const found = bswap<u64>(<u64>mac) >> 16;
  const bit = (<u64>1) << link;
  const wasSame = (linksUp & bit) !== 0 && load<u64>(entry + ENTRY_MAC) === found;
  store<u64>(entry + ENTRY_MAC, found);
  linksKnown = found !== 0 ? linksKnown | bit : linksKnown & ~bit;
  if (found === 0) hearStation(link, 0);
  store<u32>(entry + ENTRY_FLAGS, flags);
  linksUp = flags & FLAG_UP ? linksUp | bit : linksUp & ~bit;
  if (wasSame || (flags & FLAG_UP) === 0) return;
  for (let row: u32 = 0; row < rowLimit(); row++) {
    const at = record(row);
    if (isUsed(row) && load<u8>(at + ROW_STATE) === State.Active && (load<u64>(at + ROW_LINKS) & bit) !== 0) startBurst(row, bit);
  }
}

export function isUp(link: u32): bool {
  return link < LINKS && ((linksUp >> link) & 1) !== 0;
}

export function linkMac(link: u32): u64 {
  return load<u64>(linkEntry(link) + ENTRY_MAC);
}

/** One of this machine's attached links has this MAC: what it says is no stranger's claim. */
export function isOwnMac(mac: u64): bool {
  for (let left = linksKnown; left !== 0; left &= left - 1) if (linkMac(<u32>ctz(left)) === mac) return true;
  return false;
}

/** A sound frame of another station came by the link. */
export function hearStation(link: u32, nowMs: f64): void {
  store<f64>(HEARD + link * 8, nowMs);
}

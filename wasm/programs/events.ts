// Events for the host, in a ring that it reads behind us: rare things, at most one a row and second.

import { setMac } from "../wire/bytes";
import {
  COUNTER_CONFLICTS,
  counter,
  EVENT_ADDRESS,
  EVENT_AT,
  EVENT_BYTES,
  EVENT_IS_CLAIM,
  EVENT_KIND,
  EVENT_LINK,
  EVENT_MAC,
  EVENT_ROW,
  EVENT_SLOTS,
  EVENT_SUPPRESSED,
  EVENTS,
  increment,
  ROW_ADDRESS,
  record,
} from "./memory";

/** Another station has the row's address. */
const EVENT_CONFLICT: u32 = 1;

const EVENT_INTERVAL_MS: f64 = 1000;
const RECORD_EVENT_AFTER: u32 = 96; // f64: events of this row are held back until then
const RECORD_SUPPRESSED: u32 = 104; // u32
const RECORD_WAS_CLAIM: u32 = 108; // u8: the last event was of a claim

/** How many events were ever written; the host remembers how many it has read. */
export let eventsWritten: u32 = 0;

/** A claim does not wait behind a mere use of the address. */
export function reportConflict(row: u32, link: u32, mac: u64, isClaim: bool, nowMs: f64): void {
  increment(counter(row, COUNTER_CONFLICTS), 1);
  const at = record(row);
  const isNews = isClaim && load<u8>(at + RECORD_WAS_CLAIM) === 0;
  if (nowMs < load<f64>(at + RECORD_EVENT_AFTER) && !isNews) {
    store<u32>(at + RECORD_SUPPRESSED, load<u32>(at + RECORD_SUPPRESSED) + 1);
    return;
  }
  const event: usize = EVENTS + (eventsWritten % EVENT_SLOTS) * EVENT_BYTES;
  store<u32>(event + EVENT_KIND, EVENT_CONFLICT);
  store<u32>(event + EVENT_ROW, row);
  store<f64>(event + EVENT_AT, nowMs);
  store<u64>(event + EVENT_ADDRESS, load<u64>(at + ROW_ADDRESS));
  store<u64>(event + EVENT_ADDRESS + 8, load<u64>(at + ROW_ADDRESS + 8));
  store<u32>(event + EVENT_LINK, link);
  setMac(event + EVENT_MAC, mac);
  store<u32>(event + EVENT_SUPPRESSED, load<u32>(at + RECORD_SUPPRESSED));
  store<u32>(event + EVENT_IS_CLAIM, <u32>isClaim);
  store<u8>(at + RECORD_WAS_CLAIM, <u8>isClaim);
  store<u32>(at + RECORD_SUPPRESSED, 0);
  store<f64>(at + RECORD_EVENT_AFTER, nowMs + EVENT_INTERVAL_MS);
  eventsWritten++;
}

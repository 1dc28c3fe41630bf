/** The three timers of a BGPPeer. Left out, they are FRR's: 180 s and 60 s, and our own pace of reconnecting. */

import { complain, type Reading } from "../../host/announcer.ts";
import { parseDuration } from "./duration.ts";

export interface Timers {
  /** 0: none. */
  readonly holdTimeSeconds: number;
  readonly keepaliveSeconds: number;
  /** Wait between attempts to connect; absent: 1 s at first, then longer. */
  readonly connectRetrySeconds?: number;
}

const HOLD_SECONDS = 180;
const KEEPALIVES_IN_HOLD = 3;
const SHORTEST_HOLD_SECONDS = 3;
/** Two octets in OPEN. */
const LONGEST_SECONDS = 0xffff;

/** Reads holdTime, keepaliveTime and connectTime. One of the first two gives the other. */
export function readTimers(reading: Reading): Timers {
  const hold = readSeconds(reading, "holdTime", `a duration of 0s or from 3s to ${LONGEST_SECONDS}s`);
  const keepalive = readSeconds(reading, "keepaliveTime", `a duration from 0s to ${LONGEST_SECONDS}s`);
  const connect = readSeconds(reading, "connectTime", `whole seconds from 1s to ${LONGEST_SECONDS}s`);
  // MetalLB cuts fractions off before it looks at the rest.
  const holdTimeSeconds = Math.floor(hold ?? (keepalive === undefined ? HOLD_SECONDS : keepalive * KEEPALIVES_IN_HOLD));
  const keepaliveSeconds = Math.floor(keepalive ?? holdTimeSeconds / KEEPALIVES_IN_HOLD);
  if (holdTimeSeconds !== 0 && (holdTimeSeconds < SHORTEST_HOLD_SECONDS || holdTimeSeconds > LONGEST_SECONDS)) {
    const field = hold === undefined ? "keepaliveTime" : "holdTime";
    complain(reading, `spec.${field}`, reading.spec?.[field], `a hold time of 0s or from 3s to ${LONGEST_SECONDS}s`);
  } else if (keepaliveSeconds > holdTimeSeconds) {
    complain(reading, "spec.keepaliveTime", reading.spec?.["keepaliveTime"], `at most the hold time, ${holdTimeSeconds}s`);
  }
  if (connect === undefined) return { holdTimeSeconds, keepaliveSeconds };
  if (!Number.isInteger(connect) || connect < 1) {
    complain(reading, "spec.connectTime", reading.spec?.["connectTime"], `whole seconds from 1s to ${LONGEST_SECONDS}s`);
  }
  return { holdTimeSeconds, keepaliveSeconds, connectRetrySeconds: connect };
}

/** Seconds of a text, if they are in the range. */
export function durationOf(text: string, minimum: number, maximum: number): number | undefined {
  const seconds = parseDuration(text);
  return seconds !== undefined && seconds >= minimum && seconds <= maximum ? seconds : undefined;
}

function readSeconds(reading: Reading, field: string, expected: string): number | undefined {
  const value = reading.spec?.[field];
  if (value === undefined || value === null) return undefined;
  const seconds = typeof value === "string" ? durationOf(value, 0, LONGEST_SECONDS) : undefined;
  if (seconds === undefined) complain(reading, `spec.${field}`, value, expected);
  return seconds;
}

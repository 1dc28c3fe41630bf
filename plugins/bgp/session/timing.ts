/** How long to wait: for the next attempt, for the next keepalive. Nothing here reads a clock. */

import type { SessionConfig } from "./config.ts";

/** RFC 4271 §8.2.2: hold timer before a hold time is agreed on; "a large value", 4 minutes suggested. */
export const OPEN_HOLD_MS = 240_000;
/** RFC 9687 §3.3: the larger of 8 minutes and twice the hold time. */
const SEND_HOLD_MS = 480_000;
/** A session that lived that long clears the record of those before it. */
export const STABLE_MS = 60_000;

const FIRST_RETRY_MS = 1_000;
const LAST_RETRY_MS = 120_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** RFC 4271 §10: timers are spread over the last quarter, so that many speakers do not move in step. */
const JITTER = 0.25;
/** RFC 4271 §4.4: keepalives come at most once a second. */
const KEEPALIVE_FLOOR_MS = 1_000;

/** Wait before the attempt that follows `failures` failed ones (1 or more). `random` is 0 to 1. */
export function retryDelayMs(failures: number, { connectRetrySeconds }: SessionConfig, random: number): number {
  // 2 ** 1000 and more would do no harm: the smaller of the two is taken.
  const growing = Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LAST_RETRY_MS);
  return jitter(connectRetrySeconds === undefined ? growing : connectRetrySeconds * 1000, random);
}

/** How long an attempt to connect may take. */
export function connectTimeoutMs({ connectRetrySeconds }: SessionConfig): number {
  return Math.min(CONNECT_TIMEOUT_MS, (connectRetrySeconds ?? Number.POSITIVE_INFINITY) * 1000);
}

/** Wait before the next keepalive; infinite where there are none. */
export function keepaliveDelayMs(keepaliveMs: number, random: number): number {
  return keepaliveMs === 0 ? Number.POSITIVE_INFINITY : Math.max(KEEPALIVE_FLOOR_MS, jitter(keepaliveMs, random));
}

/** How long a peer may take nothing from us; infinite where the hold timer is off. */
export function sendHoldMs(holdTimeMs: number): number {
  return holdTimeMs === 0 ? Number.POSITIVE_INFINITY : Math.max(SEND_HOLD_MS, 2 * holdTimeMs);
}

/** How long we may hear nothing. */
export function holdMs(holdTimeMs: number): number {
  return holdTimeMs === 0 ? Number.POSITIVE_INFINITY : holdTimeMs;
}

function jitter(ms: number, random: number): number {
  return Math.floor(ms * (1 - JITTER * random));
}

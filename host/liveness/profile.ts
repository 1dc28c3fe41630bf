/** Several watches of one neighbor become one session: the quickest timers that any of them asks for. */

import type { LivenessProfile } from "../announcer.ts";

const DEFAULT_MINIMUM_TTL = 254;
/** As FRR's. */
const DEFAULT_ECHO_MS = 50;

/** Longest interval that fits a packet's 32 bits of microseconds. */
const MOST_MS = 4_294_967;

/** Throws RangeError on the first number that no session can have. */
export function checkProfile({
  receiveIntervalMs,
  transmitIntervalMs,
  detectMultiplier,
  minimumTtl = 1,
  echoIntervalMs = 1,
}: LivenessProfile): void {
  const demand = (name: string, found: number, least: number, most: number): void => {
    if (!(found >= least && found <= most)) throw new RangeError(`Cannot watch with ${name} ${found}: expected ${least} to ${most}`);
  };
  demand("receiveIntervalMs", receiveIntervalMs, 1, MOST_MS);
  demand("transmitIntervalMs", transmitIntervalMs, 1, MOST_MS);
  demand("detectMultiplier", detectMultiplier, 1, 255);
  demand("echoIntervalMs", echoIntervalMs, 1, MOST_MS);
  demand("minimumTtl", minimumTtl, 1, 255);
}

export interface SessionProfile {
  readonly receiveIntervalMs: number;
  readonly transmitIntervalMs: number;
  readonly detectMultiplier: number;
  /** All of them want it. */
  readonly isPassive: boolean;
  readonly minimumTtl: number;
  /** Undefined: nobody wants the Echo function. */
  readonly echoIntervalMs: number | undefined;
}

/** Of one profile at least. */
export function mergeProfiles(profiles: readonly LivenessProfile[]): SessionProfile {
  const least = (read: (profile: LivenessProfile) => number): number => Math.min(...profiles.map(read));
  const echoing = profiles.flatMap(({ echoMode = false, echoIntervalMs = DEFAULT_ECHO_MS }) => (echoMode ? [echoIntervalMs] : []));
  return {
    receiveIntervalMs: least(({ receiveIntervalMs }) => receiveIntervalMs),
    transmitIntervalMs: least(({ transmitIntervalMs }) => transmitIntervalMs),
    detectMultiplier: least(({ detectMultiplier }) => Math.trunc(detectMultiplier)),
    isPassive: profiles.every(({ passiveMode = false }) => passiveMode),
    minimumTtl: least(({ minimumTtl = DEFAULT_MINIMUM_TTL }) => minimumTtl),
    echoIntervalMs: echoing.length === 0 ? undefined : Math.min(...echoing),
  };
}

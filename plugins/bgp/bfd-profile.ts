/** BFDProfile → how fast BFD looks for a peer's death. What is left out is FRR's default. */

import { closeObject, openObject, type Parsed, type Reading, readBoolean, readInteger } from "../../host/announcer.ts";

export interface BfdProfile {
  readonly name: string;
  /** The least time between packets that we can take. */
  readonly receiveIntervalMs: number;
  /** The least time between packets that we want to send. */
  readonly transmitIntervalMs: number;
  /** Packets missed that make a Down. */
  readonly detectMultiplier: number;
  readonly echoIntervalMs: number;
  readonly echoMode: boolean;
  /** Wait for the peer's first packet. */
  readonly passiveMode: boolean;
  /** Of packets over several hops. */
  readonly minimumTtl: number;
}

/** The kind of such a resource. */
export const BFD_PROFILE = "BFDProfile";
const MS = { minimum: 10, maximum: 60_000 };

/** Reads one BFDProfile object. */
export function readBfdProfile(object: unknown): Parsed<BfdProfile> {
  const reading = openObject(BFD_PROFILE, object);
  return closeObject(reading, {
    name: reading.name,
    receiveIntervalMs: readNumber(reading, "receiveInterval", { ...MS, fallback: 300 }),
    transmitIntervalMs: readNumber(reading, "transmitInterval", { ...MS, fallback: 300 }),
    detectMultiplier: readNumber(reading, "detectMultiplier", { minimum: 2, maximum: 255, fallback: 3 }),
    echoIntervalMs: readNumber(reading, "echoInterval", { ...MS, fallback: 50 }),
    echoMode: readBoolean(reading, "spec.echoMode", reading.spec?.["echoMode"], false),
    passiveMode: readBoolean(reading, "spec.passiveMode", reading.spec?.["passiveMode"], false),
    minimumTtl: readNumber(reading, "minimumTtl", { minimum: 1, maximum: 254, fallback: 254 }),
  });
}

function readNumber(reading: Reading, field: string, range: { minimum: number; maximum: number; fallback: number }): number {
  return readInteger(reading, `spec.${field}`, reading.spec?.[field], range);
}

/** Our Reservation → `Reservation`. */

import { type ParsedBlocks, parseBlocks } from "./blocks.ts";
import { closeObject, complain, openObject, ownText, type Parsed, type Reading, readObject } from "./config.ts";
import { readBlocks } from "./read-blocks.ts";
import type { Reservation, ServiceKey } from "./vocabulary.ts";

/** The names that Kubernetes gives (RFC 1123 §2.1 "Host Names and Numbers"): what is asked for here can be there. */
const NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const LONGEST_REASON = 1024;

/** Reads one Reservation object. Overlap with others is `separateReservations`' to find. */
export function readReservation(object: unknown): Parsed<Reservation> {
  const reading = openObject("Reservation", object);
  const spec = reading.spec ?? {};
  const blocks = readBlocks(reading, "spec.addresses", spec["addresses"], parseEntry);
  const service = readService(reading, spec["service"]);
  const reason = readReason(reading, spec["reason"]);
  return closeObject(reading, {
    name: reading.name,
    blocks,
    ...(service === undefined ? {} : { service }),
    ...(reason === undefined ? {} : { reason }),
  });
}

/** Unlike a pool, a Reservation is often of one address, so that is enough. */
function parseEntry(text: string): ParsedBlocks {
  if (text.includes("/") || text.includes("-")) return parseBlocks(text);
  const parsed = parseBlocks(`${text}-${text}`);
  return parsed.ok ? parsed : { ok: false, expected: "an address, a CIDR or a range" };
}

function readService(reading: Reading, value: unknown): ServiceKey | undefined {
  const raw = readObject(reading, "spec.service", value);
  if (raw === undefined) return undefined;
  const [namespace, name] = (["namespace", "name"] as const).map((field) => {
    const text = raw[field];
    if (typeof text === "string" && NAME.test(text)) return text;
    complain(reading, `spec.service.${field}`, text, `the ${field} of a Service`);
    return "";
  });
  return ownText(`${namespace}/${name}`);
}

function readReason(reading: Reading, value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string" && value.length <= LONGEST_REASON) return ownText(value);
  complain(reading, "spec.reason", value, `a text of at most ${LONGEST_REASON} characters`);
  return undefined;
}

/**
 * The text of `allocations.yaml`: YAML for people, one line a Service so that a change is one line, each line of a form
 * that can be read without a YAML parser (10,000 lines in some 15 ms).
 */

import { formatAddress, parseAddress } from "../rules/addresses.ts";
import type { ServiceKey } from "../rules/vocabulary.ts";
import { API_GROUP } from "./api-group.ts";
import type { ServiceStatus } from "./service-status.ts";
import { parseYaml } from "./yaml.ts";

const HEADER = `# The addresses that Services have, written by "herald run --controller". One line is one Service.
# A change made here is read, and kept where the pools allow it.
apiVersion: ${API_GROUP}/v1alpha1
kind: Allocations
allocations:
`;

/** A line that could not be understood. */
export interface BadLine {
  /** From 1. */
  readonly line: number;
  readonly found: string;
  readonly expected: string;
}

export interface ReadAllocations {
  readonly records: ReadonlyMap<ServiceKey, ServiceStatus>;
  readonly bad: readonly BadLine[];
}

const ENTRY = /^- \{service: ("[^"\\]*"), vips: (\[[^\]\\]*\])(?:, pool: ("[^"\\]*"))?\}$/;
const HEAD = /^\s*(?:#.*)?$|^---\s*$|^(?:apiVersion|kind|allocations):/;
const FORM = '- {service: "namespace/name", vips: ["192.0.2.1"], pool: "name"}';
const LONGEST_FOUND = 80;

/** The whole file, in the order of Services. */
export function formatAllocations(records: ReadonlyMap<ServiceKey, ServiceStatus>): string {
  const lines = [...records].map(([service, { vips, pool }]) => {
    const from = pool === undefined ? "" : `, pool: ${JSON.stringify(pool)}`;
    return `- {service: ${JSON.stringify(service)}, vips: [${vips.map((vip) => JSON.stringify(vip)).join(", ")}]${from}}\n`;
  });
  return HEADER + lines.sort().join("");
}

/** Reads what can be read. Never throws. */
export function parseAllocations(text: string): ReadAllocations {
  const records = new Map<ServiceKey, ServiceStatus>();
  const bad: BadLine[] = [];
  for (const [at, line] of text.split(/\r\n?|\n/).entries()) {
    if (HEAD.test(line)) continue;
    const entry = parseEntry(line);
    const found = line.length > LONGEST_FOUND ? `${line.slice(0, LONGEST_FOUND)}…` : line;
    if (entry === undefined) bad.push({ line: at + 1, found, expected: FORM });
    else if (records.has(entry.service)) bad.push({ line: at + 1, found, expected: `no second line for ${entry.service}` });
    else records.set(entry.service, entry.status);
  }
  return { records, bad };
}

function parseEntry(line: string): { service: ServiceKey; status: ServiceStatus } | undefined {
  const [service, vips, pool] = readLine(line);
  if (typeof service !== "string" || !/^[^/\s]+\/[^/\s]+$/.test(service) || !Array.isArray(vips)) return undefined;
  const addresses = vips.map((vip) => (typeof vip === "string" ? parseAddress(vip) : undefined)).filter((vip) => vip !== undefined);
  if (addresses.length < vips.length || (pool !== undefined && typeof pool !== "string")) return undefined;
  return { service, status: { vips: addresses.map(formatAddress), ...(pool === undefined ? {} : { pool }) } };
}

/** Service, VIPs and pool, unchecked. */
function readLine(line: string): readonly unknown[] {
  const match = ENTRY.exec(line);
  if (match !== null) {
    try {
      return match.slice(1).map((part) => (part === undefined ? undefined : (JSON.parse(part) as unknown)));
    } catch {
      return [];
    }
  }
  const parsed = parseYaml(line);
  const [entry] = parsed.ok && Array.isArray(parsed.value) ? (parsed.value as unknown[]) : [];
  if (typeof entry !== "object" || entry === null) return [];
  const { service, vips, pool } = entry as Readonly<Partial<Record<"service" | "vips" | "pool", unknown>>>;
  return [service, vips, pool];
}

/**
 * The text of `allocations.yaml`: YAML for people, one line a Service so that a change is one line, each line of a form
 * that can be read without a YAML parser (10,000 lines in some 15 ms).
 */

import { formatAddress, parseAddress } from "../../rules/addresses.ts";
import { API_GROUP } from "../../rules/api-group.ts";
import type { ServiceKey } from "../../rules/vocabulary.ts";
import type { ServiceStatus, StatusChanges } from "../service-status.ts";
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
export function formatAllocations(records: StatusChanges): string {
  return changeAllocations(HEADER, records);
}

/** What `formatAllocations` would give after these changes, from what it gave before: of 10,000 lines only those that change are looked at. */
export function changeAllocations(text: string, changes: StatusChanges): string {
  const edits = Array.from(changes, ([service, status]) => ({
    ...findLine(text, service),
    line: status === undefined ? "" : formatLine(service, status),
  }));
  edits.sort((a, b) => a.from - b.from || a.to - b.to || (a.line < b.line ? -1 : 1));
  const parts: string[] = [];
  let at = 0;
  for (const { from, to, line } of edits) {
    parts.push(text.slice(at, from), line);
    at = to;
  }
  return parts.join("") + text.slice(at);
}

/** Where the line of a Service is, or, with `to` as `from`, where it belongs: the lines are sorted. */
function findLine(text: string, service: ServiceKey): { readonly from: number; readonly to: number } {
  const start = startOfLine(service);
  let from = HEADER.length;
  for (let end = text.length; from < end; ) {
    const middle = (from + end) >> 1;
    const lineStart = text.lastIndexOf("\n", middle - 1) + 1;
    const lineEnd = text.indexOf("\n", middle) + 1;
    if (text.slice(lineStart, lineEnd) < start) from = lineEnd;
    else end = lineStart;
  }
  return { from, to: text.startsWith(start, from) ? text.indexOf("\n", from) + 1 : from };
}

function formatLine(service: ServiceKey, { vips, pool }: ServiceStatus): string {
  const end = pool === undefined ? "" : `, pool: ${JSON.stringify(pool)}`;
  return `${startOfLine(service)} vips: [${vips.map((vip) => JSON.stringify(vip)).join(", ")}]${end}}\n`;
}

function startOfLine(service: ServiceKey): string {
  return `- {service: ${JSON.stringify(service)},`;
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

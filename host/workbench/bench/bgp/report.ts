/** The report of `herald bench bgp`, as `--json` prints it: every measurement, the summaries, which targets were met, and what to doubt. */
import type { CommonReport } from "../harness/figures.ts";
import { type Measured, ratio } from "../harness/interleave.ts";
import { describeMachine } from "../harness/machine.ts";
import { percentile, type Summary, summarize } from "../harness/statistics.ts";
import { formatCount, formatNumber, formatPercent } from "../harness/table.ts";
import type { Target } from "../harness/targets.ts";
import type { BgpOptions } from "./bgp.ts";
import type { Cell } from "./cell.ts";
import type { CodecRun } from "./codec.ts";
import { bgpFigures } from "./figures.ts";
import { HERALD, type NotRun, REPLAY } from "./senders.ts";

export interface OnWire {
  readonly cells: readonly Measured<Cell>[];
  readonly notRun: readonly NotRun[];
}

/** One sender with one table of routes, over all rounds; null: not even once. */
export interface BgpSummary {
  readonly sender: string;
  readonly routes: number;
  readonly sets: number;
  readonly announceMs: Summary | null;
  readonly withdrawMs: Summary | null;
  /** Of all changes of all rounds. */
  readonly changeMs: { readonly p50: number; readonly p99: number; readonly count: number } | null;
  readonly cpuMs: Summary | null;
  readonly receiverCpuMs: Summary | null;
  readonly loadedBytes: Summary | null;
  readonly peakBytes: Summary | null;
  readonly messages: number | null;
  /** Herald's time to the last route over this sender's, in the same round. */
  readonly heraldOver: Summary | null;
  readonly failures: readonly string[];
}

export interface BgpReport extends CommonReport {
  readonly bench: "bgp";
  readonly options: BgpOptions;
  readonly codec: readonly CodecRun[];
  readonly wire: OnWire | null;
  readonly summaries: readonly BgpSummary[];
}

const WANTED_ENCODE_NS = 4;
const WANTED_DIFF_MS = 20;
const WANTED_CHANGE_MS = 2;
const MANY_ROUTES = 1_000_000;
const RIVALS = ["gobgp", "frr", "exabgp"];
/** Of each step of a measurement. */
export function limitMsOf({ limitSeconds, full }: BgpOptions): number {
  return (limitSeconds ?? (full ? 120 : 20)) * 1000;
}

const QUIET_SPREAD = 0.2;

export function createReport(options: BgpOptions, codec: readonly CodecRun[], wire: OnWire | null): BgpReport {
  const summaries = wire === null ? [] : summarizeCells(wire.cells);
  const targets = [...codecTargets(codec), ...wireTargets(summaries), changeTarget(summaries)];
  return {
    bench: "bgp",
    machine: describeMachine(),
    options,
    codec,
    wire,
    summaries,
    figures: bgpFigures(codec, wire?.cells ?? []),
    targets,
    notes: findNotes(codec, summaries),
  };
}

/** In the order in which they were measured first. */
function summarizeCells(cells: readonly Measured<Cell>[]): BgpSummary[] {
  return Array.from(groupBy(cells).values(), (own) => summarizeGroup(own, cells));
}

function nameOf({ contender, routes, sets }: Measured<Cell>): string {
  return `${routes} ${sets} ${contender}`;
}

function groupBy(cells: readonly Measured<Cell>[]): Map<string, Measured<Cell>[]> {
  const groups = new Map<string, Measured<Cell>[]>();
  for (const cell of cells) groups.set(nameOf(cell), [...(groups.get(nameOf(cell)) ?? []), cell]);
  return groups;
}

function summarizeGroup(own: readonly Measured<Cell>[], all: readonly Measured<Cell>[]): BgpSummary {
  const { contender, routes, sets } = own[0] as Measured<Cell>;
  const of = (value: (cell: Cell) => number | null): Summary | null => {
    const found = own.map(value).filter((one) => one !== null);
    return found.length === 0 ? null : summarize(found);
  };
  const changes = own.flatMap(({ changeMs }) => changeMs).sort((left, right) => left - right);
  const told = all.filter((cell) => cell.routes === routes && cell.sets === sets && cell.announceMs !== null);
  return {
    sender: contender,
    routes,
    sets,
    announceMs: of(({ announceMs }) => announceMs),
    withdrawMs: of(({ withdrawMs }) => withdrawMs),
    changeMs: changes.length === 0 ? null : { p50: percentile(changes, 0.5), p99: percentile(changes, 0.99), count: changes.length },
    cpuMs: of(({ cpuMs }) => cpuMs),
    receiverCpuMs: of(({ receiverCpuMs }) => receiverCpuMs),
    loadedBytes: of(({ loadedBytes }) => loadedBytes),
    peakBytes: of(({ peakBytes }) => peakBytes),
    messages: own.find(({ messages }) => messages !== null)?.messages ?? null,
    heraldOver: contender === HERALD ? null : (ratio(told, [HERALD, contender], ({ announceMs }) => announceMs ?? 0) ?? null),
    failures: [...new Set(own.flatMap(({ failure }) => (failure === null ? [] : [failure])))],
  };
}

function codecTargets(codec: readonly CodecRun[]): Target[] {
  return codec.flatMap(({ routes, sets, encodeNs, equalMs }) => {
    const encode = summarize(encodeNs).median;
    const diff = summarize(equalMs).median;
    const what = `${formatCount(routes)} routes, ${formatCount(sets)} attribute set${sets === 1 ? "" : "s"}`;
    const isAsked = sets === 1; // what more sets cost is shown, and no target
    return [
      ...(isAsked
        ? [
            {
              what: `Encode ${what}`,
              wanted: `below ${WANTED_ENCODE_NS} ns a route`,
              found: `${formatNumber(encode)} ns`,
              isMet: encode < WANTED_ENCODE_NS,
            },
          ]
        : []),
      { what: `Diff ${what}`, wanted: `below ${WANTED_DIFF_MS} ms`, found: `${formatNumber(diff)} ms`, isMet: diff < WANTED_DIFF_MS },
    ];
  });
}

function wireTargets(summaries: readonly BgpSummary[]): Target[] {
  const heralds = summaries.filter(({ sender }) => sender === HERALD);
  const rivals = summaries.filter(({ sender }) => RIVALS.includes(sender));
  return heralds.flatMap((herald) =>
    rivals.filter(({ routes, sets }) => routes === herald.routes && sets === herald.sets).map((rival) => wireTarget(herald, rival)),
  );
}

/** Who did not come to the last route may be slow, or may have failed: neither is a comparison. */
function wireTarget({ routes, sets, announceMs }: BgpSummary, rival: BgpSummary): Target {
  const what = `${formatCount(routes)} routes, ${formatCount(sets)} set${sets === 1 ? "" : "s"}: time of ${rival.sender}`;
  const target = { what, wanted: "at most 100 %" };
  if (announceMs !== null && rival.announceMs === null) return { ...target, found: "it did not finish", isMet: null };
  const share = rival.heraldOver?.median;
  return share === undefined ? { ...target, found: null, isMet: null } : { ...target, found: formatPercent(share, 1), isMet: share <= 1 };
}

function changeTarget(summaries: readonly BgpSummary[]): Target {
  const found = summaries
    .filter(({ sender, routes }) => sender === HERALD && routes >= MANY_ROUTES)
    .flatMap(({ changeMs }) => changeMs?.p50 ?? []);
  const worst = found.length === 0 ? null : Math.max(...found);
  const what = `One change of ${formatCount(MANY_ROUTES)} routes, p50`;
  return {
    what,
    wanted: `below ${WANTED_CHANGE_MS} ms`,
    found: worst === null ? null : `${formatNumber(worst)} ms`,
    isMet: worst === null ? null : worst < WANTED_CHANGE_MS,
  };
}

/** What a reader should know before trusting the figures. */
function findNotes(codec: readonly CodecRun[], summaries: readonly BgpSummary[]): string[] {
  const spreadOf = ({ low, high, median }: Summary) => (high - low) / median;
  const told = summaries.flatMap(({ sender, announceMs }) => (announceMs === null || sender === REPLAY ? [] : [spreadOf(announceMs)]));
  const spread = Math.max(0, ...told, ...codec.map(({ encodeNs }) => spreadOf(summarize(encodeNs))));
  const notes: string[] = [];
  if (spread > QUIET_SPREAD)
    notes.push(`Noise: the intervals spread up to ${formatPercent(spread)} of a median. Ratios stand better than figures`);
  const near = summaries.filter(({ sender, announceMs, routes, sets }) => {
    const limit = summaries.find((other) => other.sender === REPLAY && other.routes === routes && other.sets === sets)?.announceMs;
    return sender !== REPLAY && announceMs !== null && limit !== null && limit !== undefined && announceMs.median < 2 * limit.median;
  });
  for (const { sender, routes, sets } of near)
    notes.push(
      `The receiver may have been the limit for ${sender} with ${formatCount(routes)} routes and ${formatCount(sets)} attribute sets`,
    );
  return notes;
}

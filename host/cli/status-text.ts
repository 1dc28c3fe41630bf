/** A speaker's status for a person: a few lines and tables, however many rows there are. */

import { STANDINGS } from "../liveness/standing.ts";
import { visible } from "../observe/log.ts";
import type { AnnouncerStatus, PluginStatus, ReportStatus, RowStatus, Status, WatchStatus } from "../observe/status.ts";
import { table } from "./table.ts";
import { count, duration } from "./words.ts";

/** `sha256-` and as much as tells two apart. */
const SHOWN_PIN = 15;
/** Of one table. */
const MOST_SHOWN = 20;

/** The rows of a long answer that a person is shown: first those that need a look. */
export class Shown<Row> {
  readonly #needsLook: (row: Row) => boolean;
  readonly #first: Row[] = [];
  readonly #others: Row[] = [];
  #count = 0;

  constructor(needsLook: (row: Row) => boolean) {
    this.#needsLook = needsLook;
  }

  add(row: Row): void {
    this.#count += 1;
    const list = this.#needsLook(row) ? this.#first : this.#others;
    if (list.length < MOST_SHOWN) list.push(row);
  }

  get rows(): readonly Row[] {
    return [...this.#first, ...this.#others].slice(0, MOST_SHOWN);
  }

  /** How many are not shown. */
  get more(): number {
    return this.#count - this.rows.length;
  }
}

export function statusText(status: Status, rows: Shown<RowStatus>, reports: Shown<ReportStatus>): string {
  const { node, version, pid, isReady, isDraining, nowMs, startedAtMs } = status;
  const state = isReady ? `${isDraining ? "draining, " : ""}up ${duration(nowMs - startedAtMs)}` : "starting";
  return [
    `Node ${visible(node)}: Herald ${visible(version)}, ${state}, pid ${pid}\n`,
    sourceLine(status),
    planLine(status),
    groupsLine(status),
    section(
      ["ANNOUNCER", "STATE", "WANTED", "ANNOUNCED", "REFUSED", "FAILURES", "OPEN", "LAST ERROR"],
      status.announcers.map(announcerRow(nowMs)),
    ),
    section(
      ["PLUGIN", "FROM", "PIN", "ISOLATION", "STATE", "RESTARTS", "MEMORY", "REASON"],
      status.plugins.some(isUnusual) ? status.plugins.map(pluginRow) : [],
    ),
    section(["PROGRAM", "ROWS", "RECEIVED", "SENT", "UNSENT", "UNANSWERED"], Object.entries(status.packets).map(packetRow)),
    section(["VIP", "BY", "STATE", "STANDING", "LINKS", "SERVICES", "REASON"], rows.rows.map(rowRow), rows.more),
    section(
      ["REPORTED BY", "OF", "STATE"],
      reports.rows.map(({ announcer, key, state }) => [announcer, key, state]),
      reports.more,
    ),
  ].join("");
}

function sourceLine({ source: { reads, isController, problems, watches } }: Status): string {
  const role = isController ? ", and gives out addresses" : "";
  const list = watches === undefined ? `herald plan --manifests ${reads} lists them` : "the log and ConfigurationState have them";
  const trouble = problems === 0 ? "no problems" : `${count(problems, "problem")} (${list})`;
  return `Reads ${visible(reads)}${role}: ${visible(trouble)}\n${staleLine(watches ?? [])}`;
}

/** Nothing, where everything is being followed. */
function staleLine(watches: readonly WatchStatus[]): string {
  const stale = watches.filter(({ isFollowing, isAbsent }) => !isFollowing && !isAbsent);
  if (stale.length === 0) return "";
  const silentMs = Math.max(...stale.map((watch) => watch.silentMs ?? 0));
  const error = stale.find(({ lastError }) => lastError !== undefined)?.lastError ?? "the watch is being opened";
  const what = stale.length === watches.length ? "Not followed" : `Not followed: ${stale.map(({ type }) => type).join(", ")},`;
  return `${visible(`${what} for ${duration(silentMs)}; announcements go on by what was read: ${error}`)}\n`;
}

function planLine({ reconciler, nowMs }: Status): string {
  if (reconciler?.lastRunAtMs === undefined) return "";
  const { runs, lastRunAtMs, lastRunTookMs = 0, lastRunServices } = reconciler;
  const last = `${count(lastRunServices, "Service")} in ${lastRunTookMs.toFixed(1)} ms, ${duration(nowMs - lastRunAtMs)} ago`;
  return `Planned ${count(runs, "time")}, at last ${last}\n`;
}

/** `VIP groups: 3 owner, 5 heir` */
function groupsLine({ groups }: Status): string {
  if (groups === undefined) return "";
  const counts = STANDINGS.flatMap((standing) => (groups[standing] ? `${groups[standing]} ${standing}` : []));
  return `VIP groups of this node: ${counts.join(", ") || "none"}\n`;
}

function announcerRow(nowMs: number) {
  return ({ name, isStarted, applyingSinceMs, ...lane }: AnnouncerStatus): string[] => {
    const applying = applyingSinceMs === undefined ? "runs" : `being told for ${duration(nowMs - applyingSinceMs)}`;
    const counts = [lane.desired, lane.announced, lane.refused, lane.failures, lane.open];
    return [name, isStarted ? applying : "starting", ...counts.map(String), lane.lastError ?? ""];
  };
}

/** That the built-in ones run is nothing to tell. */
function isUnusual({ kind, state, trouble }: PluginStatus): boolean {
  return kind !== "built-in" || state !== "running" || trouble !== undefined;
}

function pluginRow({ name, kind, specifier, pin, isolation, state, restarts, memoryBytes, trouble }: PluginStatus): string[] {
  const memory = memoryBytes === undefined ? "" : `${Math.round(memoryBytes / 1e6)} MB`;
  const reason = (trouble ?? "").split("\n")[0] ?? "";
  return [name, specifier ?? kind, pin?.slice(0, SHOWN_PIN) ?? "", isolation ?? "", state, String(restarts), memory, reason];
}

function packetRow([program, { rows, received, sent, unsent, drops }]: [string, Status["packets"][string]]): string[] {
  const dropped = Object.entries(drops).filter(([, number]) => number > 0);
  return [
    program,
    ...[rows, received, sent, unsent].map(String),
    dropped.map(([reason, number]) => `${number} ${reason}`).join(", ") || "0",
  ];
}

function rowRow({ vip, announcer, state, isDesired, isAnnounced, links, services, refusal, standing }: RowStatus): string[] {
  const told = isAnnounced ? "announced" : "on standby";
  const how = { told: isDesired ? told : "to be withdrawn", untold: "waiting", unsure: isDesired ? "unsure" : "being withdrawn" }[state];
  return [vip, announcer, how, standing ?? "", links?.join(", ") ?? "all", services.join(", "), refusal?.reason ?? ""];
}

function section(heads: readonly string[], rows: readonly (readonly string[])[], more = 0): string {
  if (rows.length === 0) return "";
  const shown = rows.map((row) => row.map(visible));
  return `\n${table(heads, shown)}${more > 0 ? `and ${more} more; --json has all\n` : ""}`;
}

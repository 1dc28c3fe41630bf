/** Lines in the log for the rows of one announcer: each one that is announced from here from now on, and each one that is not any more. */

import type { Changes, Close, Log, Refusal } from "../announcer.ts";
import type { GroupState, Standings } from "../liveness/standing.ts";
import { isSilent } from "../reconcile/is-announced.ts";
import type { LaneRow } from "../reconcile/lane-state.ts";
import type { Announcement } from "../rules/vocabulary.ts";

/** Of one event; the others are counted. */
const MOST_LINES = 20;

interface Line {
  readonly event: "serviceAnnounced" | "serviceWithdrawn";
  readonly row: Announcement;
  /** Why this node does, or does not, where that is decided from moment to moment. */
  readonly reason?: string | undefined;
}

export interface RowLogOptions {
  readonly log: Log;
  readonly via: string;
  /** Undefined: whatever the announcer was told is announced. */
  readonly standings?: Standings | undefined;
}

export class RowLog {
  readonly #options: RowLogOptions;
  /** VIPs with a succession that were said to be announced. */
  readonly #announced = new Set<string>();

  constructor(options: RowLogOptions) {
    this.#options = options;
  }

  /** What an announcer has taken over. */
  applied({ added, changed, removed }: Changes, refused: readonly Refusal[]): void {
    const isRefused = new Set(refused.map(({ vip }) => vip));
    const isTaken = ({ vip }: Announcement): boolean => !isRefused.has(vip);
    this.#tell([
      ...[...added, ...changed].filter(isTaken).flatMap((row) => this.#told(row)),
      ...removed.filter(isTaken).flatMap((row) => this.#gone(row)),
    ]);
  }

  /** Says what changes of standings make of the rows. */
  follow(rows: () => readonly LaneRow[]): Close {
    return this.#options.standings?.onChange((changed) => this.#moved(rows(), changed)) ?? (() => {});
  }

  #told(row: Announcement): Line[] {
    if (isSilent({ announcement: row }, this.#options.standings)) return this.#gone(row);
    if (row.succession !== undefined) this.#announced.add(row.vip);
    return [{ event: "serviceAnnounced", row, reason: this.#reason(row) }];
  }

  #gone(row: Announcement): Line[] {
    const wasAnnounced = row.succession === undefined || this.#options.standings === undefined || this.#announced.has(row.vip);
    this.#announced.delete(row.vip);
    return wasAnnounced ? [{ event: "serviceWithdrawn", row, reason: this.#reason(row) }] : [];
  }

  #moved(rows: readonly LaneRow[], changed: readonly GroupState[]): void {
    const groups = new Set(changed.map(({ group }) => group));
    const lines = rows.flatMap((row) => {
      const { announcement, state } = row;
      const { vip, succession } = announcement;
      if (succession === undefined || !groups.has(succession.group)) return [];
      const isHere = !isSilent(row, this.#options.standings);
      if (isHere === this.#announced.has(vip)) return [];
      // What is being told is said when it has been taken over.
      if (isHere) return state === "told" ? this.#told(announcement) : [];
      return this.#gone(announcement);
    });
    this.#tell(lines);
  }

  #reason({ vip, succession }: Announcement): string | undefined {
    return succession && this.#options.standings?.ofVip(vip)?.reason;
  }

  #tell(lines: readonly Line[]): void {
    const { log, via } = this.#options;
    for (const { event, row, reason } of lines.slice(0, MOST_LINES)) {
      log.info(event, { vip: row.vip, services: row.services, via, ...(reason === undefined ? {} : { reason }) });
    }
    if (lines.length > MOST_LINES) log.info("And more rows", { rows: lines.length - MOST_LINES, via });
  }
}

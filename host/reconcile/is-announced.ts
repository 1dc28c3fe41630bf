/** Which of the rows that announcers were told are announced: a node has been told those of its heirs' places too, and is silent there. */

import type { Standing, Standings } from "../liveness/standing.ts";
import type { BookedRow } from "./books.ts";

/** A node that is leaving still answers, until another one is heard to. */
const ANSWERS: ReadonlySet<Standing | undefined> = new Set<Standing>(["owner", "leaving"]);

/** Somebody else decides from moment to moment whether this row is announced, and has decided that it is not. */
export function isSilent(
  { announcement: { vip, succession } }: Pick<BookedRow, "announcement">,
  standings: Standings | undefined,
): boolean {
  return succession !== undefined && standings !== undefined && !ANSWERS.has(standings.ofVip(vip)?.standing);
}

/** `standings` undefined: whatever is told is announced. */
export function isAnnounced(row: BookedRow, standings: Standings | undefined): boolean {
  return row.isDesired && row.state === "told" && !isSilent(row, standings);
}

/** A row that is about to be announced, if nobody else answers: what was said of it is not to be taken back yet. */
export function isAsking({ announcement: { vip, succession } }: BookedRow, standings: Standings | undefined): boolean {
  return succession !== undefined && standings?.ofVip(vip)?.standing === "asking";
}

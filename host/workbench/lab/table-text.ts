/** Rows of the lab as cells, and cells as lines that fit a terminal. */

import type { RouteResult } from "./route-row.ts";
import type { RowResult } from "./row.ts";

/** The columns of a table. */
export interface Columns {
  readonly heads: readonly string[];
  /** Room that a column has before there is anything in it, so that the others stay where they are. */
  readonly least: readonly number[];
  /** Those that may be cut: names that people choose. */
  readonly cut: readonly number[];
}

export const SERVICES: Columns = {
  heads: ["SERVICE", "VIP", "POOL", "OWNER", "MAC", "REACHED", "REPLY IN"],
  least: [0, 0, 0, 0, 17, 0, 8],
  cut: [0, 2, 3, 5],
};

export const ROUTES: Columns = {
  heads: ["SERVICE", "VIP", "POOL", "ROUTER", "NEXT HOPS", "REACHED", "LEARNED IN"],
  least: [0, 0, 0, 0, 0, 0, 0],
  cut: [0, 2, 3, 4, 5],
};

/** Below this a name says nothing any more. */
const SHORTEST_NAME = 8;
const GAP = "  ";

/** The cells of one row; what is not known yet is three dots. */
export function cellsOf(row: RowResult, isPending: boolean): string[] {
  const open = isPending ? "..." : "-";
  const reply = row.firstReplyMicros === null ? "-" : formatMicros(row.firstReplyMicros);
  const found = row.mac === null ? [open, open, open] : [row.mac, row.reached ?? "-", reply];
  return [shortName(row.name), row.vip ?? "none", row.pool ?? "-", row.owner ?? "none", ...(row.vip === null ? ["-", "-", "-"] : found)];
}

/** So for a route. */
export function routeCells(row: RouteResult, isPending: boolean): string[] {
  const open = isPending ? "..." : "-";
  const { vip, pool, router, nextHops, reached, learnedInMs } = row;
  const learned = learnedInMs === null ? open : `${learnedInMs} ms`;
  return [shortName(row.name), vip, pool ?? "-", router ?? "none", nextHops.join(", ") || open, reached ?? open, learned];
}

/** Without namespace where it is the usual one, as kubectl shows it. */
function shortName(name: string): string {
  return name.replace(/^default\//, "");
}

export function formatMicros(micros: number): string {
  return micros < 1000 ? `${Math.round(micros)} µs` : `${(micros / 1000).toFixed(1)} ms`;
}

/** Room for every row, as far as `most` letters allow. */
export function widthsOf(
  { heads, least, cut }: Columns,
  rows: readonly (readonly string[])[],
  most = Number.POSITIVE_INFINITY,
): readonly number[] {
  const widths = [heads, ...rows].reduce<number[]>((wide, row) => row.map((cell, at) => Math.max(cell.length, wide[at] ?? 0)), [...least]);
  for (let over = sum(widths) + GAP.length * (widths.length - 1) - most; over > 0; over--) {
    const widest = cut.reduce((best, column) => ((widths[column] ?? 0) > (widths[best] ?? 0) ? column : best));
    if ((widths[widest] ?? 0) <= SHORTEST_NAME) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
  }
  return widths;
}

export function lineOf(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      return (cell.length > width ? `${cell.slice(0, width - 1)}…` : cell).padEnd(width);
    })
    .join(GAP)
    .trimEnd();
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

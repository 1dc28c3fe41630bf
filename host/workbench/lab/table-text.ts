/** Rows of the lab as cells, and cells as lines that fit a terminal. */

import type { RowResult } from "./row.ts";

export const HEADS: readonly string[] = ["SERVICE", "VIP", "POOL", "OWNER", "MAC", "REACHED", "REPLY IN"];

/** A MAC has its room before there is one, so that the columns stay where they are. */
const LEAST = [0, 0, 0, 0, 17, 0, 8];
/** Below this a name says nothing any more. */
const SHORTEST_NAME = 8;
const GAP = "  ";
/** Columns that may be cut: names that people choose. */
const CUT = [0, 2, 3, 5];

/** The cells of one row; what is not known yet is three dots. */
export function cellsOf(row: RowResult, isPending: boolean): string[] {
  const open = isPending ? "..." : "-";
  const reply = row.firstReplyMicros === null ? "-" : formatMicros(row.firstReplyMicros);
  // Without namespace where it is the usual one, as kubectl shows it.
  const name = row.name.replace(/^default\//, "");
  const found = row.mac === null ? [open, open, open] : [row.mac, row.reached ?? "-", reply];
  return [name, row.vip ?? "none", row.pool ?? "-", row.owner ?? "none", ...(row.vip === null ? ["-", "-", "-"] : found)];
}

export function formatMicros(micros: number): string {
  return micros < 1000 ? `${Math.round(micros)} µs` : `${(micros / 1000).toFixed(1)} ms`;
}

/** Room for every row, as far as `columns` allow. */
export function widthsOf(rows: readonly (readonly string[])[], columns = Number.POSITIVE_INFINITY): number[] {
  const widths = [HEADS, ...rows].reduce<number[]>((wide, row) => row.map((cell, at) => Math.max(cell.length, wide[at] ?? 0)), [...LEAST]);
  for (let over = sum(widths) + GAP.length * (widths.length - 1) - columns; over > 0; over--) {
    const widest = CUT.reduce((best, column) => ((widths[column] ?? 0) > (widths[best] ?? 0) ? column : best));
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

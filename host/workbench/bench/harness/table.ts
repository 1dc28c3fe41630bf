/** Tables for people: text to the left, numbers to the right, a unit in every heading. */
import type { Summary } from "./statistics.ts";

export interface Column<Row> {
  readonly heading: string;
  /** Null (or 0, of which nothing can be said either): a dash. */
  cell(row: Row): string | null | 0;
  readonly isText?: boolean;
}

/** Lines of a table, no blank at a line's end. */
export function formatTable<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string {
  const lines = [columns.map(({ heading }) => heading), ...rows.map((row) => columns.map(({ cell }) => cell(row) || "–"))];
  const widths = columns.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines
    .map((line) => {
      const cells = line.map((cell, at) => (columns[at]?.isText ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)));
      return cells.join("  ").trimEnd();
    })
    .join("\n");
}

/** `1,234,567`; below 100 with one digit behind the point, below 10 with two. */
export function formatNumber(value: number): string {
  const digits = Math.abs(value) >= 100 || value === 0 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** `1,234,567`, of whole things. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

export function formatPercent(share: number, digits = 0): string {
  return `${(share * 100).toFixed(digits)} %`;
}

/** Where the true median lies. */
export function formatInterval({ low, high }: Pick<Summary, "low" | "high">): string {
  return `${formatNumber(low)}–${formatNumber(high)}`;
}

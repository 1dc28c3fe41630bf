/** Columns that line up; empty ones are left out. */

type Row = readonly string[];

export function table(heads: Row, rows: readonly Row[]): string {
  const lines = [heads, ...rows];
  const cell = (line: Row, column: number): string => line[column] ?? "";
  const shown = [...heads.keys()].filter((column) => rows.some((row) => cell(row, column) !== ""));
  const widths = new Map(shown.map((column) => [column, lines.reduce((width, line) => Math.max(width, cell(line, column).length), 0)]));
  const text = (line: Row): string => shown.map((column) => cell(line, column).padEnd(widths.get(column) ?? 0)).join("  ");
  return lines.map((line) => `${text(line).trimEnd()}\n`).join("");
}

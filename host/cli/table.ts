/** Columns that line up; empty ones are left out. */

export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const shown = heads.map((_, column) => column).filter((column) => rows.some((row) => (row[column] ?? "") !== ""));
  const widths = shown.map((column) => Math.max(...[heads, ...rows].map((row) => (row[column] ?? "").length)));
  return [heads, ...rows].map((row) => `${shown.map((column, at) => (row[column] ?? "").padEnd(widths[at] ?? 0)).join("  ").trimEnd()}\n`).join("");
}

/** The lab in a pipe or a log: one line for each row, and one for each change. */

import { visible } from "../../observe/log.ts";
import type { Picture, Screen, Table } from "./screen.ts";
import { type Columns, lineOf, widthsOf } from "./table-text.ts";

/** Rows are printed when they have settled, and again when they change. */
export function lineScreen(write: (text: string) => unknown): Screen {
  const shown = new Map<string, string>();
  const begun = new Set<Columns>();
  let complaints: readonly string[] = [];
  let hasBegun = false;
  const showTable = ({ columns, rows }: Table): void => {
    const widths = widthsOf(
      columns,
      rows.map(({ cells }) => cells),
    );
    if (!begun.has(columns)) write(`\n${lineOf(columns.heads, widths)}\n`);
    begun.add(columns);
    for (const { key, cells } of rows.filter(({ isPending }) => !isPending)) {
      if (shown.get(key) !== cells.join()) write(`${lineOf(cells, widths)}\n`);
      shown.set(key, cells.join());
    }
  };
  const showGone = (tables: readonly Table[]): void => {
    const here = new Set(tables.flatMap(({ rows }) => rows.map(({ key }) => key)));
    for (const key of [...shown.keys()].filter((known) => !here.has(known))) {
      shown.delete(key);
      write(`${key} is gone\n`);
    }
  };
  return {
    show({ tables, complaints: wrong, hints }: Picture) {
      if (!hasBegun && tables.some(({ rows }) => rows.some(({ isPending }) => isPending))) return;
      showGone(tables);
      for (const table of tables) showTable(table);
      for (const line of wrong.filter((said) => !complaints.includes(said))) write(`${visible(line)}\n`);
      complaints = wrong;
      if (!hasBegun) write(`\n${hints.join("\n")}\n\n`);
      hasBegun = true;
    },
    say: (line) => void write(`${line}\n`),
  };
}

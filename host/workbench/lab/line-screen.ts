/** The lab in a pipe or a log: one line for each row, and one for each change. */

import { visible } from "../../observe/log.ts";
import type { Picture, Screen } from "./screen.ts";
import { HEADS, lineOf, widthsOf } from "./table-text.ts";

/** Rows are printed when they have settled, and again when they change. */
export function lineScreen(write: (text: string) => unknown): Screen {
  const shown = new Map<string, string>();
  let complaints: readonly string[] = [];
  let hasBegun = false;
  const showRows = ({ rows }: Picture): void => {
    const widths = widthsOf(rows.map(({ cells }) => cells));
    if (!hasBegun) write(`\n${lineOf(HEADS, widths)}\n`);
    const settled = new Map(rows.filter(({ isPending }) => !isPending).map(({ cells }) => [keyOf(cells), cells]));
    const here = new Set(rows.map(({ cells }) => keyOf(cells)));
    for (const key of [...shown.keys()].filter((known) => !here.has(known))) {
      shown.delete(key);
      write(`${key} is gone\n`);
    }
    for (const [key, cells] of settled) {
      if (shown.get(key) !== cells.join()) write(`${lineOf(cells, widths)}\n`);
      shown.set(key, cells.join());
    }
  };
  return {
    show(picture) {
      if (!hasBegun && picture.rows.some(({ isPending }) => isPending)) return;
      showRows(picture);
      for (const line of picture.complaints.filter((said) => !complaints.includes(said))) write(`${visible(line)}\n`);
      complaints = picture.complaints;
      if (!hasBegun) write(`\n${picture.hints.join("\n")}\n\n`);
      hasBegun = true;
    },
    say: (line) => void write(`${line}\n`),
  };
}

function keyOf([service = "", vip = ""]: readonly string[]): string {
  return `${service} ${vip}`;
}

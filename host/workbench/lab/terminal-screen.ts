/** The lab on a terminal: a table that is redrawn in place, with what happened above it. */

import { visible } from "../../observe/log.ts";
import type { Picture, Screen, Table } from "./screen.ts";
import { lineOf, widthsOf } from "./table-text.ts";

export interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
}

const BOLD = "\u001b[1m";
const DIM = "\u001b[2m";
const RED = "\u001b[31m";
const PLAIN = "\u001b[0m";
/** With fewer rows there is no room for hints. */
const LOW = 16;

interface Line {
  readonly text: string;
  readonly color?: string;
}

const PLAIN_GAP: Line = { text: "" };

export function terminalScreen(terminal: Terminal, hasColor: boolean): Screen {
  const paint = (code: string, text: string): string => (hasColor ? `${code}${text}${PLAIN}` : text);
  let drawn: readonly number[] = [];
  let text = "";
  let last: Picture = { tables: [], complaints: [], hints: [] };
  const erase = (): string => {
    // A narrower window has broken our lines into more of them.
    const lines = drawn.reduce((count, length) => count + Math.max(1, Math.ceil(length / terminal.columns)), 0);
    drawn = [];
    return lines === 0 ? "" : `\u001b[${lines}A\r\u001b[J`;
  };
  /** Never higher than the terminal: what has scrolled out of it cannot be redrawn. */
  const draw = ({ tables, complaints, hints }: Picture): string => {
    const { columns, rows: height } = terminal;
    const below = height < LOW ? [] : wrap(hints, columns);
    const wrong = shorten(wrap(complaints, columns), Math.max(2, Math.floor(height / 3)));
    const most = Math.max(2, height - below.length - wrong.length - 4);
    const all = tables.flatMap((table, at) => [...(at === 0 ? [] : [PLAIN_GAP]), ...linesOf(table, columns - 1)]);
    const [first, ...rest] = all;
    const shown = [...(first === undefined ? [] : [first]), ...shortenLines(rest, most)];
    const lines: readonly Line[] = [
      PLAIN_GAP,
      ...shown,
      ...wrong.map((text) => ({ text, color: RED })),
      PLAIN_GAP,
      ...below.map((text) => ({ text, color: DIM })),
    ];
    drawn = lines.map(({ text: { length } }) => length);
    return lines.map(({ text, color }) => `${color === undefined ? text : paint(color, text)}\n`).join("");
  };
  return {
    show(picture) {
      const before = text;
      const eraser = erase();
      last = picture;
      text = draw(picture);
      if (text !== before) terminal.write(eraser + text);
    },
    say(line) {
      const isDrawn = drawn.length > 0;
      terminal.write(`${erase()}${line}\n${isDrawn ? draw(last) : ""}`);
    },
  };
}

/** Heads, then a line for each row. */
function linesOf({ columns, rows }: Table, most: number): Line[] {
  const cells = rows.map((row) => row.cells);
  const widths = widthsOf(columns, cells, most);
  return [{ text: lineOf(columns.heads, widths), color: BOLD }, ...cells.map((row) => ({ text: lineOf(row, widths) }))];
}

function shortenLines(lines: readonly Line[], most: number): readonly Line[] {
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), { text: howManyMore(lines.length - most + 1) }];
}

function howManyMore(count: number): string {
  return `… and ${count} more lines`;
}

function shorten(lines: readonly string[], most: number): string[] {
  if (lines.length <= most) return [...lines];
  return [...lines.slice(0, most - 1), howManyMore(lines.length - most + 1)];
}

/** Lines of at most `columns` letters, broken at spaces where there are any. */
function wrap(lines: readonly string[], columns: number): string[] {
  const width = Math.max(20, columns - 1);
  return lines.flatMap((line) => {
    const parts: string[] = [];
    let rest = visible(line);
    while (rest.length > width) {
      const space = rest.lastIndexOf(" ", width);
      const cut = space > width / 2 ? space : width;
      parts.push(rest.slice(0, cut));
      rest = `  ${rest.slice(cut).trimStart()}`;
    }
    return [...parts, rest];
  });
}

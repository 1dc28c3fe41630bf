/** The lab on a terminal: a table that is redrawn in place, with what happened above it. */

import { visible } from "../../observe/log.ts";
import type { Picture, Screen } from "./screen.ts";
import { HEADS, lineOf, widthsOf } from "./table-text.ts";

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

export function terminalScreen(terminal: Terminal, hasColor: boolean): Screen {
  const paint = (code: string, text: string): string => (hasColor ? `${code}${text}${PLAIN}` : text);
  let drawn: readonly number[] = [];
  let text = "";
  let last: Picture = { rows: [], complaints: [], hints: [] };
  const erase = (): string => {
    // A narrower window has broken our lines into more of them.
    const lines = drawn.reduce((count, length) => count + Math.max(1, Math.ceil(length / terminal.columns)), 0);
    drawn = [];
    return lines === 0 ? "" : `\u001b[${lines}A\r\u001b[J`;
  };
  /** Never higher than the terminal: what has scrolled out of it cannot be redrawn. */
  const draw = ({ rows, complaints, hints }: Picture): string => {
    const { columns, rows: height } = terminal;
    const below = height < LOW ? [] : wrap(hints, columns);
    const wrong = shorten(wrap(complaints, columns), Math.max(2, Math.floor(height / 3)));
    const cells = rows.map((row) => row.cells);
    const widths = widthsOf(cells, columns - 1);
    const table = shorten(
      cells.map((row) => lineOf(row, widths)),
      Math.max(2, height - below.length - wrong.length - 4),
    );
    const plain = ["", lineOf(HEADS, widths), ...table, ...wrong, "", ...below];
    drawn = plain.map(({ length }) => length);
    const colors = ["", BOLD, ...table.map(() => ""), ...wrong.map(() => RED), "", ...below.map(() => DIM)];
    return plain.map((line, at) => `${colors[at] ? paint(colors[at], line) : line}\n`).join("");
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

function shorten(lines: readonly string[], most: number): string[] {
  if (lines.length <= most) return [...lines];
  return [...lines.slice(0, most - 1), `… and ${lines.length - most + 1} more lines`];
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

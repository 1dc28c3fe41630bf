/** How a lab talks to whoever started it. */

import { visible } from "../../observe/log.ts";
import { lineScreen } from "./line-screen.ts";
import type { Screen } from "./screen.ts";
import { type Terminal, terminalScreen } from "./terminal-screen.ts";

export interface LabIo {
  /** The story. */
  say(line: string): void;
  /** What went wrong. */
  complain(line: string): void;
  /** Standard output, whole. */
  write(text: string): void;
  readonly screen: Screen;
}

interface Output {
  write(text: string): unknown;
}

/** With `isJson` standard output is kept for JSON, and the story goes to standard error. */
export function createIo({ stdout, stderr }: { stdout: Output; stderr: Output }, isJson: boolean): LabIo {
  const story = isJson ? stderr : stdout;
  const hasColor = process.env["NO_COLOR"] === undefined;
  const screen = isTerminal(story) ? terminalScreen(following(story), hasColor) : lineScreen((text) => story.write(text));
  return {
    say: (line) => screen.say(line),
    complain: (line) => void stderr.write(`herald lab: ${line.split("\n").map(visible).join("\n")}\n`),
    write: (text) => void stdout.write(text),
    screen,
  };
}

function isTerminal(output: Output): output is Terminal {
  return "isTTY" in output && output.isTTY === true && process.env["TERM"] !== "dumb";
}

/** Inside, the terminal is not ours, so its SIGWINCH does not come: Node is made to look at the size each time that it is asked. */
function following(terminal: Terminal): Terminal {
  const measure = (): Terminal => {
    process.emit("SIGWINCH", "SIGWINCH");
    return terminal;
  };
  return {
    get columns() {
      return measure().columns || 80;
    },
    get rows() {
      return measure().rows || 24;
    },
    write: (text) => terminal.write(text),
  };
}

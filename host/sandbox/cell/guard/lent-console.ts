/** `console` for plugins: text to the host's log, not too much of it. */

import { bucket } from "../../../observe/bucket.ts";

export type Say = (level: string, text: string) => void;

const MAX_LINE = 2048;
const LINES = { burst: 50, eachMs: 100 };
const LEVELS = { debug: "debug", log: "info", info: "info", warn: "warn", error: "error", trace: "debug" } as const;

export function createConsole(nowMs: () => number, say: Say): Readonly<Record<keyof typeof LEVELS, (...words: unknown[]) => void>> {
  const mayWrite = bucket(LINES, nowMs());
  let lost = 0;
  const write = (level: string, words: readonly unknown[]): void => {
    if (!mayWrite(nowMs())) {
      lost++;
      return;
    }
    const note = lost === 0 ? "" : ` (${lost} lines before it were too many)`;
    lost = 0;
    say(level, words.map(textOf).join(" ").slice(0, MAX_LINE) + note);
  };
  const entries = Object.entries(LEVELS).map(([name, level]) => [name, (...words: unknown[]) => write(level, words)]);
  return Object.fromEntries(entries);
}

function textOf(value: unknown): string {
  try {
    if (typeof value !== "object" || value === null) return String(value);
    return value instanceof Error ? `${value.name}: ${value.message}` : (JSON.stringify(value) ?? "undefined");
  } catch {
    return "?";
  }
}

/**
 * The log: one JSON object a line, or readable lines on a terminal. Levels as MetalLB's: debug, info, warn, error.
 */

import type { Log } from "../announcer.ts";

export const levels = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof levels)[number];

export interface LogOptions {
  readonly level: Level;
  readonly format: "json" | "text";
  readonly write: (line: string) => unknown;
  readonly now?: () => Date;
}

type Fields = Readonly<Record<string, unknown>>;

/** A log whose every line carries `fields`. */
export function createLog(options: LogOptions, fields: Fields = {}): Log & { child(more: Fields): Log } {
  const now = options.now ?? (() => new Date());
  const say = (level: Level, message: string, more: Fields = {}): void => {
    if (levels.indexOf(level) < levels.indexOf(options.level)) return;
    const all = { ...fields, ...more };
    const line = options.format === "json" ? JSON.stringify({ ts: now().toISOString(), level, msg: message, ...all }) : text(now(), level, message, all);
    options.write(`${line}\n`);
  };
  return {
    debug: (message, more) => say("debug", message, more),
    info: (message, more) => say("info", message, more),
    warn: (message, more) => say("warn", message, more),
    error: (message, more) => say("error", message, more),
    child: (more) => createLog(options, { ...fields, ...more }),
  };
}

function text(now: Date, level: Level, message: string, fields: Fields): string {
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${visible(typeof value === "string" ? value : JSON.stringify(value))}`);
  return `${now.toTimeString().slice(0, 8)} ${level.padEnd(5)} ${visible(message)}${pairs.join("")}`;
}

/** Somebody else's text may hold terminal control sequences; they are shown, not obeyed. */
export function visible(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what we look for
  return value.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`);
}

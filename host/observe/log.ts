/**
 * The log: one JSON object a line, or readable lines on a terminal. Levels as MetalLB's.
 *
 * It never throws, whatever the fields hold, and a line never says what it was not meant to: fields cannot take the place of
 * level and message, and nothing in them can end the line or be obeyed by a terminal.
 */

import type { Log } from "../announcer.ts";

export const levels = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof levels)[number];

/** What is said at all: from that level on, everything, or nothing. */
export const thresholds = ["all", ...levels, "none"] as const;

export interface LogOptions {
  readonly level: (typeof thresholds)[number];
  readonly format: "json" | "text";
  readonly write: (line: string) => unknown;
  readonly now?: () => Date;
}

type Fields = Readonly<Record<string, unknown>>;

/** A log whose every line carries `fields`. */
export function createLog(options: LogOptions, fields: Fields = {}): Log {
  const now = options.now ?? (() => new Date());
  const format = options.format === "json" ? jsonLine : textLine;
  const say = (level: Level, message: string, more: Fields = {}): void => {
    if (thresholds.indexOf(level) >= thresholds.indexOf(options.level))
      options.write(`${format(now(), level, message, { ...fields, ...more })}\n`);
  };
  return {
    debug: (message, more) => say("debug", message, more),
    info: (message, more) => say("info", message, more),
    warn: (message, more) => say("warn", message, more),
    error: (message, more) => say("error", message, more),
  };
}

/** The same log, every line with `fields` before its own. */
export function withFields(log: Log, fields: Fields): Log {
  return {
    debug: (message, more) => log.debug(message, { ...fields, ...more }),
    info: (message, more) => log.info(message, { ...fields, ...more }),
    warn: (message, more) => log.warn(message, { ...fields, ...more }),
    error: (message, more) => log.error(message, { ...fields, ...more }),
  };
}

function jsonLine(now: Date, level: Level, msg: string, fields: Fields): string {
  const head = { ts: now.toISOString(), level, msg };
  return safeJson({ ...head, ...fields, ...head }) ?? (safeJson({ ...head, fields: Object.values(fields).map(textOf) }) as string);
}

/** One line that no terminal obeys. Undefined where there is no JSON of it. */
export function safeJson(value: unknown): string | undefined {
  return toJson(value)?.replace(UNSEEN, (character) => escapeUnits(character, 4));
}

/** In local time: it is for a person in front of it. */
function textLine(now: Date, level: Level, message: string, fields: Fields): string {
  const pairs = Object.entries(fields).map(([key, value]) => ` ${visible(key)}=${visible(textOf(value))}`);
  return `${now.toTimeString().slice(0, 8)} ${level.padEnd(5)} ${visible(message)}${pairs.join("")}`;
}

function textOf(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : (toJson(value) ?? String(value));
}

/** Undefined where there is no JSON of it: it is cyclic, a function, or its toJSON throws. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_, part: unknown) =>
      part instanceof Error ? part.message : typeof part === "bigint" ? String(part) : part,
    );
  } catch {
    return undefined;
  }
}

/** Control characters, those that hide text or change its direction, and ends of lines. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Somebody else's text, with what a terminal would obey shown instead. */
export function visible(value: string): string {
  return value.replace(UNSEEN, (character) => escapeUnits(character, character < "\u0100" ? 2 : 4));
}

/** `\x1b`, `\u202e`. */
function escapeUnits(character: string, digits: 2 | 4): string {
  return [...Array(character.length).keys()]
    .map((at) => `\\${digits === 2 ? "x" : "u"}${character.charCodeAt(at).toString(16).padStart(digits, "0")}`)
    .join("");
}

/** A log that a test can read. */

import type { Log } from "../../announcer.ts";
import { type Level, levels } from "../../observe/log.ts";

export interface LogLine {
  readonly level: Level;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function recordedLog(): { log: Log; lines: LogLine[] } {
  const lines: LogLine[] = [];
  const say = (level: Level) => (message: string, fields?: Readonly<Record<string, unknown>>) =>
    void lines.push({ level, message, fields: fields ?? {} });
  const log = Object.fromEntries(levels.map((level) => [level, say(level)])) as unknown as Log;
  return { log, lines };
}

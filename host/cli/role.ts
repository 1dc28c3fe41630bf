/** What the commands that stay have in common: flags, the log, signals, a small heap, and how they end. */

import type { Log } from "../announcer.ts";
import { createLog, thresholds } from "../observe/log.ts";
import type { Watched } from "../roles/service-manager.ts";
import { type CommandIo, UsageError } from "./command.ts";

export const logFlags = { "log-level": { type: "string" }, "log-format": { type: "string" } } as const;

export const announcerFlags = {
  interface: { type: "string", multiple: true },
  control: { type: "string" },
} as const;

/** A log on stdout; throws UsageError. */
export function readLog(
  values: { readonly "log-level"?: string; readonly "log-format"?: string },
  io: CommandIo,
  fields: Readonly<Record<string, unknown>>,
): Log {
  const level = oneOf("log-level", values["log-level"] ?? "info", thresholds);
  const format = oneOf("log-format", values["log-format"] ?? (process.stdout.isTTY ? "text" : "json"), ["text", "json"] as const);
  return createLog({ level, format, write: (line) => io.stdout.write(line) }, fields);
}

/** Of a flag that may be repeated, and may hold several names with commas. */
export function readInterfaces(flag: readonly string[] = []): string[] {
  return flag.flatMap((names) => names.split(",")).filter((name) => name !== "");
}

/** Throws UsageError where the value is none of the choices. */
export function oneOf<T extends string>(flag: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw new UsageError(`Flag --${flag} has the value "${value}": expected ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`);
  return found;
}

export interface RunningRole {
  /** What it is asked by whatever watches this process. */
  watched(): Watched;
  stop(why: "leave" | "replace"): Promise<void>;
}

/**
 * Starts a role and keeps it until SIGINT or SIGTERM, a second of which kills, or until it says that it cannot go on. A signal that comes
 * while it starts aborts that. Gives the exit code.
 */
export async function runRole(
  name: string,
  io: CommandIo,
  start: (onFatal: (error: Error) => void, signal: AbortSignal) => Promise<RunningRole>,
): Promise<number> {
  const { keepHeapSmall, ownHeap } = await import("../observe/small-heap.ts");
  const { libc } = await import("../packets/libc.ts");
  const { findServiceManager } = await import("../roles/service-manager.ts");
  const manager = findServiceManager(process.env, (line) => io.stderr.write(`herald ${name}: ${line}\n`));
  const { ended, end, signal } = untilTold();
  const shrink = (): Promise<void> => ownHeap.shrink().then(() => libc().trim());
  const stopKeeping = keepHeapSmall({ ...ownHeap, shrink });
  try {
    const role = await start(end, signal);
    manager.ready(() => role.watched());
    const error = await ended;
    manager.stopping();
    const stopped = role.stop("replace");
    if (error !== undefined) {
      await stopped.catch(() => {}); // what went wrong first is what matters
      throw error;
    }
    await stopped;
    return 0;
  } catch (error) {
    if (signal.aborted && (error as Error).name === "AbortError") return 0;
    io.stderr.write(`herald ${name}: ${(error as Error).message}\n`);
    return 1;
  } finally {
    manager.close();
    stopKeeping();
  }
}

/** `ended` resolves at a signal, or with the error that `end` was given. */
function untilTold(): { ended: Promise<Error | undefined>; end(error: Error): void; signal: AbortSignal } {
  const abort = new AbortController();
  let end: (error?: Error) => void = () => {};
  const ended = new Promise<Error | undefined>((resolve) => (end = resolve));
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => {
      end();
      abort.abort();
    });
  }
  return { ended, end, signal: abort.signal };
}

/**
 * The audit log: who used which permission, or tried to, and who had granted it. One JSON object a line:
 *
 *   {"v":1,"datetime":"2026-05-01T12:00:00.000Z","plugin":"vrrp","pin":"sha256-…","permission":"net","value":"192.0.2.1:179",
 *    "result":"granted","via":"--allow-net"}
 *
 * The first use of a permission, and a denial, are written at once; repeats are counted, and their number is written each minute as
 * `repeats`. A plugin that is denied the same in a loop, or that tries one scope after the other, fills neither the disk nor the memory: its denials
 * are written at a rate, and beyond a number of scopes it is written that there were more, with `value` null.
 *
 * A value is a scope, never what went over it; a Secret's is its name.
 */

import type { Clock, Log, Permission } from "../announcer.ts";
import { scopeText } from "../sandbox/permissions/scope-text.ts";
import { AppendFile } from "./append-file.ts";
import { bucket } from "./bucket.ts";
import { safeJson } from "./log.ts";

export interface AuditLog {
  /** Never throws, and never waits. */
  note(plugin: string, permission: Permission, isAllowed: boolean, origin: { readonly pin?: string; readonly via: string }): void;
  /** Writes what was counted, and closes the file. */
  close(): Promise<void>;
}

interface Use {
  readonly plugin: string;
  readonly permission: Permission;
  readonly isAllowed: boolean;
  readonly origin: { readonly pin?: string; readonly via: string };
}

interface Line {
  readonly plugin: string;
  readonly pin: string | null;
  readonly permission: string;
  readonly value: string | null;
  readonly result: "granted" | "denied";
  /** Null: nobody granted it, and nobody denied it. */
  readonly via: string | null;
}

interface Count {
  readonly line: Line;
  repeats: number;
}

interface Account {
  readonly counts: Map<string, Count>;
  /** Whether a repeated denial may be written. */
  readonly mayRepeat: (nowMs: number) => boolean;
}

const VERSION = 1;
const REPEATS_MS = 60_000;
/** Of one plugin. */
const MOST_SCOPES = 500;
const REPEATED_DENIALS = { burst: 20, eachMs: 1000 };
const LONGEST_VALUE = 300;

/** Opens the file at the first use. */
export function openAuditLog(path: string, log: Log, clock: Pick<Clock, "now" | "wallMs" | "after" | "every">): AuditLog {
  const head = () => ({ v: VERSION, datetime: new Date(clock.wallMs()).toISOString() });
  const lostLine = (lost: number): string => safeJson({ ...head(), lost }) as string;
  const file = new AppendFile({ path, what: "audit log", lostLine, log, clock });
  const write = (line: Line, more: object = {}): void => file.write(safeJson({ ...head(), ...line, ...more }) as string);
  const accounts = new Map<string, Account>();
  const writeRepeats = (): void => {
    for (const { counts } of accounts.values()) {
      for (const count of counts.values()) {
        if (count.repeats > 0) write(count.line, { repeats: count.repeats });
        count.repeats = 0;
      }
    }
  };
  const stop = clock.every(REPEATS_MS, writeRepeats);
  return {
    note(plugin, permission, isAllowed, origin) {
      const account = accounts.get(plugin) ?? { counts: new Map(), mayRepeat: bucket(REPEATED_DENIALS, clock.now()) };
      accounts.set(plugin, account);
      const use = { plugin, permission, isAllowed, origin };
      const count = find(account, use);
      if (count === undefined) write(begin(account, use));
      else if (!isAllowed && count.line.value !== null && account.mayRepeat(clock.now())) write(count.line);
      else count.repeats += 1;
    },
    async close() {
      stop();
      writeRepeats();
      await file.close();
    },
  };
}

/** The count of such uses, or where there are too many, of all of that kind; undefined: it is the first. */
function find({ counts }: Account, use: Use): Count | undefined {
  return counts.get(keyOf(use, scopeOf(use))) ?? (counts.size < MOST_SCOPES ? undefined : counts.get(keyOf(use, null)));
}

function begin({ counts }: Account, use: Use): Line {
  const { plugin, permission, isAllowed, origin } = use;
  const value = counts.size < MOST_SCOPES ? scopeOf(use) : null;
  const result = isAllowed ? "granted" : "denied";
  const line = {
    plugin,
    pin: origin.pin ?? null,
    permission: permission.kind,
    value,
    result,
    via: origin.via === "" ? null : origin.via,
  } as const;
  counts.set(keyOf(use, value), { line, repeats: 0 });
  return line;
}

function scopeOf({ permission }: Use): string {
  return scopeText(permission).slice(0, LONGEST_VALUE);
}

/** Built for every use, also for each frame that a plugin sends: no more than is needed. */
function keyOf({ permission, isAllowed, origin }: Use, value: string | null): string {
  return `${isAllowed ? "+" : "-"}${permission.kind} ${value === null ? "" : `=${value}`}\0${origin.via}\0${origin.pin ?? ""}`;
}

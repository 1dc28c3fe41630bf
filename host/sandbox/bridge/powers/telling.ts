/** What a plugin says: log, metrics, reports. All of it is bounded here, since a plugin may say anything at any rate. */

import type { Context, Log, Metrics } from "../../../announcer.ts";
import { bucket } from "../../../observe/bucket.ts";
import type { Methods } from "../../cell/channel.ts";
import { demandFunction, describe, type FarSide } from "../far-side.ts";
import type { Lender } from "../lender.ts";
import { finite, object, oneOf, optional, pageOf, plain, record, text } from "../read.ts";
import { newHandle } from "./addresses.ts";

const LONGEST_LINE = 2048;
const LONGEST_FIELDS = 8192;
const LINES = { burst: 100, eachMs: 50 };
const MOST_REPORTS = 1000;
const COLLECT_TIMEOUT_MS = 2000;
const labels = record(text(1024), 16, 128);
const name = text(128);
const values = pageOf(object({ name, value: finite, labels: optional(labels) }), 500);
/** More than a plugin may tell. */
const MOST_VALUES = 12_000;

export function lendTelling(lender: Lender): Methods {
  const { context, channel, handles } = lender;
  const mayLog = bucket(LINES, context.clock.now());
  const reported = new Set<string>();
  const say = (level: keyof Log, message: string, fields: Readonly<Record<string, unknown>>): void => {
    if (!mayLog(context.clock.now())) {
      lender.complain("Left out lines of the plugin's log: there were too many");
      return;
    }
    const isLong = JSON.stringify(fields).length > LONGEST_FIELDS;
    context.log[level](message.slice(0, LONGEST_LINE), isLong ? { fields: "left out: they are too long" } : fields);
  };
  return {
    log: lender.told("a line of the log", [oneOf("debug", "info", "warn", "error"), text(1 << 18), record(plain, 64, 256)], say),
    failed: lender.told("an error", [text(64), text(8192), optional(plain)], (what, error, stack) =>
      say("error", "A callback of the plugin failed", {
        callback: what,
        error,
        ...(typeof stack === "string" ? { stack: channel.readStack?.(stack) ?? stack } : {}),
      }),
    ),
    "metrics.count": lender.told("a metric", [name, optional(labels), optional(finite)], (...args) => context.metrics.count(...args)),
    "metrics.gauge": lender.told("a metric", [name, finite, optional(labels)], (...args) => context.metrics.gauge(...args)),
    "metrics.collect": lender.told("to collect metrics", [newHandle], (id) =>
      handles.watch(id, () =>
        context.metrics.collect(async (tell) => {
          let answer = values(await channel.call("collect", [id], COLLECT_TIMEOUT_MS), "collect");
          const endMs = context.clock.now() + COLLECT_TIMEOUT_MS;
          for (let told = 0; told < MOST_VALUES && context.clock.now() < endMs; told += answer.rows.length) {
            for (const row of answer.rows) tell(row.name, row.value, row.labels);
            if (answer.page === undefined) return;
            answer = values(await channel.call("page", [answer.page], COLLECT_TIMEOUT_MS), "collect");
          }
        }),
      ),
    ),
    report: lender.told("a report", [text(253), optional(text(1024))], (key, state) => {
      if (state !== undefined && !reported.has(key) && reported.size >= MOST_REPORTS) throw new Error(`more than ${MOST_REPORTS} reports`);
      if (state === undefined) reported.delete(key);
      else reported.add(key);
      context.report(key, state);
    }),
  };
}

export function borrowLog(far: FarSide): Log {
  const say =
    (level: keyof Log): Log["info"] =>
    (message, fields = {}) => {
      const line = String(message).slice(0, LONGEST_LINE);
      try {
        far.tell("log", level, line, fields);
      } catch {
        far.tell("log", level, line, inWords(fields));
      }
    };
  return { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
}

/** Fields that are no plain data, such as errors. */
function inWords(fields: unknown): Readonly<Record<string, string>> {
  try {
    return Object.fromEntries(Object.entries(fields as object).map(([key, value]) => [key, wordOf(value)]));
  } catch {
    return { fields: "they cannot be read" };
  }
}

function wordOf(value: unknown): string {
  return typeof value === "object" ? describe(value) : String(value).slice(0, LONGEST_LINE);
}

/** `collectors`: who is asked, by number. */
export function borrowMetrics(far: FarSide, collectors: Map<number, unknown>): Metrics {
  return {
    count: (name, labels, by) => far.tell("metrics.count", name, labels, by),
    gauge: (name, value, labels) => far.tell("metrics.gauge", name, value, labels),
    collect(call) {
      demandFunction("metrics.collect", call);
      const id = far.open({});
      collectors.set(id, call);
      far.tell("metrics.collect", id);
      const close = far.closer(id);
      return far.harden(() => {
        collectors.delete(id);
        close();
      });
    },
  };
}

export function borrowReport(far: FarSide): Context["report"] {
  return (key, state) => far.tell("report", key, state);
}

/**
 * uvu as test files see it under the gate: the same functions, counted. uvu itself stays silent, and exits 0, when a `before` hook throws, a
 * suite is never run, or `.only` is left in; so what was registered and what passed is written to file descriptor 3 at exit, where the gate
 * judges it. Run alone (`node --import tsx FILE`), a test file gets plain uvu.
 */
import { writeSync } from "node:fs";
import * as uvu from "uvu";

/** Pipe to the gate. */
export const REPORT_DESCRIPTOR = 3;
/** Set by the gate for the process that it starts, and taken away here, so that processes started by a test write no report. */
export const REPORT_VARIABLE = "HERALD_TEST_REPORT";

export interface SuiteRecord {
  name: string;
  registered: number;
  passed: number;
  /** Registered since the last `run()`, or all where `run()` was never called. */
  waiting: number;
  runs: number;
  /** Titles of tests marked `.only` or `.skip`. */
  marked: string[];
  /** Errors of `before` hooks, which uvu swallows. */
  hookErrors: string[];
}

const records: SuiteRecord[] = [];

if (process.env[REPORT_VARIABLE] !== undefined) {
  delete process.env[REPORT_VARIABLE];
  process.on("exit", () => writeSync(REPORT_DESCRIPTOR, JSON.stringify(records)));
}

function counted<T>(record: SuiteRecord, call: uvu.Callback<T>): uvu.Callback<T> {
  record.registered++;
  record.waiting++;
  return async (context) => {
    await call(context);
    record.passed++;
  };
}

function watched<T>(record: SuiteRecord, call: uvu.Callback<T>): uvu.Callback<T> {
  return async (context) => {
    try {
      await call(context);
    } catch (error) {
      record.hookErrors.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
      throw error;
    }
  };
}

export function suite<T = Record<string, unknown>>(name = "", context?: T): uvu.Test<T> {
  const inner = uvu.suite<T>(name, context);
  const record: SuiteRecord = { name, registered: 0, passed: 0, waiting: 0, runs: 0, marked: [], hookErrors: [] };
  records.push(record);
  const before = Object.assign((call: uvu.Callback<T>) => inner.before(watched(record, call)), { each: inner.before.each });
  return Object.assign((title: string, call: uvu.Callback<T>) => inner(title, counted(record, call)), {
    before,
    after: inner.after,
    only(title: string, call: uvu.Callback<T>) {
      record.marked.push(`.only "${title}"`);
      inner.only(title, counted(record, call));
    },
    skip(title?: string) {
      record.marked.push(`.skip "${title ?? ""}"`);
      inner.skip(title);
    },
    run() {
      record.runs++;
      record.waiting = 0;
      inner.run();
    },
  });
}

export const test: uvu.Test = suite();
export const exec: typeof uvu.exec = uvu.exec;

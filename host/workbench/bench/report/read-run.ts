/** A run of benches from a file that anyone may have written: `report.json` of `herald bench all`, or what `--json` of one bench printed. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";
import { UsageError } from "../../../cli/command.ts";
import { visible } from "../../../observe/log.ts";
import type { Figure } from "../harness/figures.ts";

/** What of a report two runs are compared by. */
export interface ReportOfRun {
  readonly bench: string;
  readonly machine: object;
  readonly options: object;
  readonly figures: readonly Figure[];
}

export interface RunFile {
  readonly file: string;
  /** Null: a single bench does not say. */
  readonly herald: string | null;
  readonly reports: readonly ReportOfRun[];
}

const MOST_BYTES = 256 * 2 ** 20;
const MOST_FIGURES = 10_000;
const MOST_VALUES = 1_000_000;

/** Throws UsageError, one line, where the file cannot be read, is too large, or is no report. */
export function readRun(file: string): RunFile {
  const refuse = (why: string): never => {
    throw new UsageError(`Cannot compare ${visible(file)}: ${visible(why)}`);
  };
  const text = readText(file, refuse);
  try {
    return parseRun(file, JSON.parse(text));
  } catch (error) {
    if (error instanceof WrongShape) return refuse(error.message);
    if (error instanceof SyntaxError) return refuse("it is not JSON, expected report.json of herald bench all, or what --json printed");
    throw error;
  }
}

function readText(file: string, refuse: (why: string) => never): string {
  let handle: number | undefined;
  try {
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK); // a pipe that nobody writes to must not hold us
    const found = fstatSync(handle);
    if (!found.isFile()) return refuse("it is not a file");
    if (found.size > MOST_BYTES)
      return refuse(`it has ${Math.ceil(found.size / 2 ** 20)} MiB, expected at most ${MOST_BYTES / 2 ** 20} MiB`);
    return readFileSync(handle, "utf8");
  } catch (error) {
    if (error instanceof UsageError) throw error;
    return refuse((error as NodeJS.ErrnoException).code === "ENOENT" ? "it is not there" : (error as Error).message);
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

/** What one bench printed. Throws where it lacks what a report has. */
export function checkReport(value: unknown): ReportOfRun {
  const report = record(value, "the report");
  list(report["targets"], "targets", MOST_FIGURES);
  list(report["notes"], "notes", MOST_FIGURES);
  reportOf(report, "the report");
  return value as ReportOfRun;
}

class WrongShape extends Error {}

function parseRun(file: string, value: unknown): RunFile {
  const run = record(value, "the file");
  if (!Object.hasOwn(run, "parts")) return { file, herald: null, reports: [reportOf(run, "the file")] };
  const parts = list(run["parts"], "parts", MOST_FIGURES).map((part, at) => record(part, `parts[${at}]`));
  const reports = parts.flatMap(({ report }, at) =>
    report === null ? [] : [reportOf(record(report, `parts[${at}].report`), `parts[${at}].report`)],
  );
  return { file, herald: run["herald"] === undefined ? null : string(run["herald"], "herald"), reports };
}

function reportOf(report: Readonly<Record<string, unknown>>, path: string): ReportOfRun {
  return {
    bench: string(report["bench"], `${path}: bench`),
    machine: record(report["machine"], `${path}: machine`),
    options: record(report["options"], `${path}: options`),
    figures: list(report["figures"], `${path}: figures`, MOST_FIGURES).map((figure, at) => figureOf(figure, `${path}: figures[${at}]`)),
  };
}

function figureOf(value: unknown, path: string): Figure {
  const { what, of, unit, better, values } = record(value, path);
  if (better !== "less" && better !== "more") return wrong(`${path}.better`, better, '"less" or "more"');
  return {
    ...{ what: string(what, `${path}.what`), of: string(of, `${path}.of`), unit: string(unit, `${path}.unit`), better },
    values: list(values, `${path}.values`, MOST_VALUES).map((one, at) => {
      if (one === null || (typeof one === "number" && Number.isFinite(one))) return one;
      return wrong(`${path}.values[${at}]`, one, "a finite number or null");
    }),
  };
}

function record(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong(path, value, "an object");
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown, path: string, most: number): readonly unknown[] {
  if (!Array.isArray(value)) return wrong(path, value, "a list");
  if (value.length > most) throw new WrongShape(`${path} has ${value.length} entries, expected at most ${most}`);
  return value;
}

function string(value: unknown, path: string): string {
  return typeof value === "string" ? value : wrong(path, value, "a text");
}

const SHOWN = 60;

function wrong(path: string, found: unknown, expected: string): never {
  const text = typeof found === "number" ? String(found) : found === undefined ? "nothing" : JSON.stringify(found);
  throw new WrongShape(`${path} is ${text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text}, expected ${expected}`);
}

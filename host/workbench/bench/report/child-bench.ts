/** One bench as a process of its own: `herald bench NAME --json --progress`, so that one that fails takes nothing from the others. */
import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import type { CommonReport } from "../harness/figures.ts";
import { checkReport } from "./read-run.ts";

export interface ChildBench {
  /** Node and its arguments, the program, `bench NAME`, flags. */
  readonly command: readonly string[];
  /** It is ended when it takes longer. */
  readonly limitSeconds: number;
  /** Told what it tells. */
  tell(what: string, share: number | undefined): void;
  /** Handed how to end it early. */
  started(stop: () => void): void;
}

export interface Outcome {
  readonly report: CommonReport | null;
  /** Null: all of it was measured. */
  readonly reason: string | null;
}

const MOST_OUTPUT_BYTES = 128 * 2 ** 20;
const MOST_LINE_LETTERS = 2000;
/** Last words that are kept. */
const MOST_LINES = 5;
/** It takes its processes and networks down. */
const STOP_MS = 20_000;
const LAST_WORDS_MS = 2000;
/** Where an error came from is of no use to who reads a report. */
const STACK = /^\s+at |^Node\.js v/;

export async function runChildBench({ command: [file = "", ...args], limitSeconds, tell, started }: ChildBench): Promise<Outcome> {
  const child = spawn(file, [...args, "--json", "--progress"], { stdio: ["ignore", "pipe", "pipe"] });
  let why: string | undefined;
  let killer: NodeJS.Timeout | undefined;
  const stop = (reason: string): void => {
    why ??= reason;
    child.kill("SIGTERM");
    killer ??= setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  };
  started(() => stop("it was interrupted"));
  const limit = setTimeout(() => stop(`it was ended, since it had not come to its end after ${limitSeconds} s`), limitSeconds * 1000);
  const output = collect(child.stdout, () => stop(`it was ended, since it printed more than ${MOST_OUTPUT_BYTES / 2 ** 20} MiB`));
  const words: string[] = [];
  readLines(child.stderr, (line) => {
    const told = parseTold(line);
    if (told !== undefined) return tell(told.what, told.share);
    if (STACK.test(line)) return;
    words.push(line);
    if (words.length > MOST_LINES) words.shift();
  });
  const end = await new Promise<string | number>((resolve) => {
    // What it started may outlive it and hold its output open.
    child.once("exit", () => {
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
      }, LAST_WORDS_MS).unref();
    });
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, signal) => resolve(code ?? `it was killed by ${signal}`));
  });
  clearTimeout(limit);
  clearTimeout(killer);
  return outcomeOf(output(), end, why, words);
}

function outcomeOf(output: string, end: string | number, why: string | undefined, words: readonly string[]): Outcome {
  const said = words.map((line) => line.replace(/^herald bench \S+: /, "")).join("; ");
  const reason = why ?? (end === 0 ? null : said || (typeof end === "number" ? `it ended with exit code ${end}` : end));
  if (output.trim() === "") return { report: null, reason: reason ?? "it printed no report" };
  try {
    return { report: checkReport(JSON.parse(output)) as CommonReport, reason };
  } catch (error) {
    return { report: null, reason: reason ?? `its report cannot be read: ${(error as Error).message}` };
  }
}

/** `{"what": "round 1", "share": 0.3}` */
function parseTold(line: string): { what: string; share: number | undefined } | undefined {
  try {
    const { what, share } = JSON.parse(line);
    return typeof what === "string" ? { what, share: typeof share === "number" ? share : undefined } : undefined;
  } catch {
    return undefined; // words for people
  }
}

function collect(stream: Readable, tooMuch: () => void): () => string {
  const pieces: Buffer[] = [];
  let length = 0;
  stream.on("data", (piece: Buffer) => {
    length += piece.length;
    if (length <= MOST_OUTPUT_BYTES) pieces.push(piece);
    else tooMuch();
  });
  return () => (length <= MOST_OUTPUT_BYTES ? Buffer.concat(pieces).toString("utf8") : "");
}

function readLines(stream: Readable, take: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = (lines.pop() ?? "").slice(0, MOST_LINE_LETTERS);
    for (const line of lines) if (line.trim() !== "") take(line.slice(0, MOST_LINE_LETTERS));
  });
  stream.once("end", () => rest.trim() !== "" && take(rest));
}

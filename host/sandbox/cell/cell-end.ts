/** Why a plugin's process ended, in words. What it said itself is shown only with its control characters escaped. */

import { visible } from "../../observe/log.ts";
import type { Plain } from "./channel.ts";
import { unpackError } from "./errors.ts";
import { LAST_WORDS } from "./guard/last-words.ts";

export type CellEndKind =
  /** It was told to. */
  | "closed"
  /** It did not start. */
  | "start"
  | "heap limit"
  | "data limit"
  | "memory limit"
  | "cpu limit"
  | "watchdog"
  | "protocol fault"
  | "uncaught error"
  | "killed from outside"
  | "exit";

export interface CellEnd {
  readonly kind: CellEndKind;
  /** With the plugin's own stack, in its author's files, where it threw. */
  readonly error: Error;
}

/** How a process was seen to end. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The last of what it wrote there. */
  readonly stderr: string;
  readonly heapMb: number;
  readonly dataMb: number;
  readStack(stack: string): string;
}

/** V8's own limit, or a request that no heap could meet; all else that ran out of memory ran out of data. */
const HEAP = /Reached heap limit|near heap limit|invalid \w+ (?:length|size)|maximum size exceeded/i;
const DATA = /out of memory|allocation failed|bad_alloc|cannot allocate/i;

/** Of one that ended without being told to by us. */
export function classifyExit(exit: Exit): CellEnd {
  const words = lastWords(exit.stderr);
  if (words !== undefined) return words.kind === "fault" ? faultOf(words.what) : uncaught(words.what, exit.readStack);
  const { code, signal, stderr } = exit;
  if (HEAP.test(stderr)) return endOf("heap limit", `it used more than the ${exit.heapMb} MB of its heap`);
  if (DATA.test(stderr)) return endOf("data limit", `it used more than the ${exit.dataMb} MB that it may have`);
  if (signal !== null) return endOf("killed from outside", `it was ended by ${signal}${saidAtEnd(stderr)}`);
  return endOf("exit", `it ended with exit code ${code}${saidAtEnd(stderr)}`);
}

export function endOf(kind: CellEndKind, reason: string): CellEnd {
  const error = new Error(`${kind}: ${reason}`);
  error.stack = error.message; // where this file made it tells nobody anything
  return { kind, error };
}

function faultOf(what: Plain): CellEnd {
  return endOf("protocol fault", typeof what === "string" ? visible(what) : "it did not say of what kind");
}

function uncaught(what: Plain, readStack: Exit["readStack"]): CellEnd {
  const thrown = unpackError(what, readStack);
  const place = placeOf(thrown);
  const error = new Error(`uncaught error: ${visible(`${thrown.name}: ${thrown.message}`)}${place === undefined ? "" : ` (at ${place})`}`);
  const frames = (thrown.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  error.stack = [error.message, ...frames.map(visible)].join("\n");
  return { kind: "uncaught error", error };
}

/** `vrrp.ts:12:3`: where a plugin's error was made, by the first frame of its stack. */
export function placeOf({ stack = "" }: Error): string | undefined {
  const place = /^ {4}at (?:.*\()?([^()]+:\d+:\d+)\)?$/m.exec(stack)?.[1];
  return place === undefined ? undefined : visible(place);
}

/** The process may have been taken over: its last words may be anything. */
function lastWords(stderr: string): { kind?: unknown; what?: Plain } | undefined {
  const line = stderr
    .split("\n")
    .reverse()
    .find((one) => one.startsWith(LAST_WORDS));
  try {
    const words: unknown = line === undefined ? undefined : JSON.parse(line.slice(LAST_WORDS.length));
    return words === null ? undefined : (words as ReturnType<typeof lastWords>);
  } catch {
    return undefined;
  }
}

function saidAtEnd(stderr: string): string {
  const line = stderr.trim().split("\n").at(-1) ?? "";
  return line === "" ? "" : `: ${visible(line.slice(0, 200))}`;
}

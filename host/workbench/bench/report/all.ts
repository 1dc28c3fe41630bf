/**
 * `herald bench all`: the benches that have a brief way to run, one after the other, and one report of them.
 *
 * Each is a process of its own, started as a person would start it. One that fails, or cannot run here, is in the report with its reason. The
 * report is written after every bench, so that whatever ends the run leaves what there is.
 */
import type { CommandIo } from "../../../cli/command.ts";
import { describeMachine } from "../harness/machine.ts";
import { readMachineState } from "../harness/machine-facts.ts";
import { openProgress, type Progress } from "../harness/progress.ts";
import { formatTable } from "../harness/table.ts";
import { formatDuration } from "../harness/words.ts";
import { runChildBench } from "./child-bench.ts";
import type { Collected, Part } from "./collected.ts";
import { prepareFolder, writeReport } from "./folder.ts";

/** One of the benches to run. */
export interface Planned {
  readonly name: string;
  readonly summary: string;
  /** Behind `herald bench NAME`. */
  readonly flags: readonly string[];
  readonly estimateSeconds: number;
}

export interface AllSetup {
  readonly version: string;
  /** The command line that runs Herald. */
  readonly herald: readonly string[];
  /** What was typed, behind `herald`. */
  readonly args: readonly string[];
  readonly folder: string;
  readonly planned: readonly Planned[];
}

const IN_PART = 3;
const INTERRUPTED = 130;
const EVERY_SECONDS = 20;
/** A bench is ended when it takes so many times what it expected, and some more. */
const PATIENCE = 8;
const MORE_SECONDS = 600;

/** Resolves to the exit code. Throws UsageError, before anything is measured, where the report could not be written. */
export async function runAll(setup: AllSetup, io: CommandIo): Promise<number> {
  const { version, args, folder, planned } = setup;
  prepareFolder(folder);
  const startedMs = performance.now();
  const head = {
    ...{ herald: version, startedAt: new Date().toISOString(), command: ["herald", ...args] },
    ...{ machine: describeMachine(), state: readMachineState() },
  };
  const total = planned.reduce((sum, { estimateSeconds }) => sum + estimateSeconds, 0);
  const progress = openProgress({ stream: io.stderr, estimateSeconds: total, everySeconds: EVERY_SECONDS });
  const interrupt = watchInterrupts();
  const parts: Part[] = [];
  const write = (): Collected => {
    const seconds = (performance.now() - startedMs) / 1000;
    const collected = { ...head, seconds, parts: [...parts], isInterrupted: interrupt.isThere() };
    writeReport(folder, collected);
    return collected;
  };
  try {
    let done = 0;
    for (const bench of planned) {
      if (interrupt.isThere()) break;
      parts.push(await runPart(bench, setup.herald, within(progress, done / total, bench.estimateSeconds / total), interrupt.onStop));
      done += bench.estimateSeconds;
      sayReason(progress, parts.at(-1));
      write();
    }
    progress.end();
    conclude(write(), folder, io);
  } finally {
    progress.end();
    interrupt.end();
  }
  if (interrupt.isThere()) return INTERRUPTED;
  return parts.every(({ report, reason }) => report !== null && reason === null) ? 0 : IN_PART;
}

type Tell = (what: string, share?: number) => void;

/** A bench's own share becomes one of all of them. */
function within(progress: Progress, done: number, size: number): Tell {
  return (what, share = 0) => progress.tell(what, done + Math.min(Math.max(share, 0), 1) * size);
}

async function runPart(bench: Planned, herald: readonly string[], tell: Tell, onStop: (stop: () => void) => void): Promise<Part> {
  const { name, summary, flags, estimateSeconds } = bench;
  const startedMs = performance.now();
  let share = 0;
  tell(name);
  const outcome = await runChildBench({
    command: [...herald, "bench", name, ...flags],
    limitSeconds: estimateSeconds * PATIENCE + MORE_SECONDS,
    tell: (what, known = share) => tell(`${name}: ${what}`, (share = known)),
    started: onStop,
  });
  return {
    ...{ bench: name, summary, command: ["herald", "bench", name, ...flags] },
    ...{ seconds: (performance.now() - startedMs) / 1000, ...outcome, state: readMachineState() },
  };
}

function sayReason(progress: Progress, part: Part | undefined): void {
  if (part === undefined || part.reason === null) return;
  progress.say(`herald bench ${part.bench}: ${part.report === null ? "not measured" : "measured in part"}: ${part.reason}`);
}

/** Ends the bench that runs, once, and remembers. */
function watchInterrupts(): { isThere(): boolean; onStop(stop: () => void): void; end(): void } {
  let isThere = false;
  let stopNow = (): void => {};
  const interrupt = (): void => {
    isThere = true;
    stopNow();
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, interrupt);
  return {
    isThere: () => isThere,
    onStop: (stop) => (stopNow = stop),
    end: () => {
      for (const signal of signals) process.removeListener(signal, interrupt);
    },
  };
}

function conclude({ parts, isInterrupted }: Collected, folder: string, io: CommandIo): void {
  const rows = parts.map(({ bench, report, reason, seconds }) => {
    const targets = report?.targets.filter(({ isMet }) => isMet !== null) ?? [];
    const result = report === null ? "not measured" : reason === null ? "measured" : "in part";
    return { bench, result, met: `${targets.filter(({ isMet }) => isMet).length} of ${targets.length}`, took: formatDuration(seconds) };
  });
  const table = formatTable(
    [
      { heading: "bench", cell: ({ bench }) => bench, isText: true },
      { heading: "result", cell: ({ result }) => result, isText: true },
      { heading: "targets met", cell: ({ met }) => met },
      { heading: "took", cell: ({ took }) => took },
    ],
    rows,
  );
  io.stdout.write(`${table}\n\n${isInterrupted ? "Interrupted; what there is: " : ""}${folder}/index.html, ${folder}/report.json\n`);
}

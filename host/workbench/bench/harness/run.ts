/** Runs a bench as a command: inside a private network where it needs one, with one way to be told, interrupted and read. */
import type { CommandIo } from "../../../cli/command.ts";
import { enter, findWay, isInside, onLetGo } from "../../private-network.ts";
import type { Bench, Run } from "./bench.ts";
import type { Flags, OptionsOf } from "./flags.ts";
import type { Machine } from "./machine.ts";
import { openProgress, type Progress } from "./progress.ts";

const IN_PART = 3;
const INTERRUPTED = 130;

export interface Running {
  readonly name: string;
  /** As the flags of the bench read them. */
  readonly options: OptionsOf<Flags>;
  /** What runs Herald, behind the Node binary. */
  readonly program: string;
  /** Of this command, behind the program. */
  readonly args: readonly string[];
  readonly json: boolean;
  /** Whoever started us reads JSON lines of what is told. */
  readonly progress: boolean;
}

/** Resolves to the exit code. */
export async function runBench(bench: Bench, running: Running, io: CommandIo): Promise<number> {
  const { name, options, program, args, json } = running;
  const missing = bench.missing?.();
  const way = bench.network === "none" || isInside() ? null : findWay();
  const withoutNetwork = way === null || way.ok ? null : `no private network can be made here: ${way.reason}`;
  const problem = missing ?? (bench.network === "all" ? withoutNetwork : null);
  if (problem !== null) {
    io.stderr.write(`herald bench ${name}: nothing is measured, since ${problem}\n`);
    return IN_PART;
  }
  if (way?.ok) return enter(way, [program, ...args]);

  const herald = [process.execPath, ...process.execArgv, program];
  const estimateSeconds = bench.estimateSeconds(options);
  const progress = running.progress ? tellInJson(io.stderr) : openProgress({ stream: io.stderr, estimateSeconds });
  const interrupts: (() => void | Promise<void>)[] = [];
  const interrupt = (): void => {
    const stop = async (): Promise<void> => {
      for (const one of interrupts.reverse()) await one();
    };
    void stop().finally(() => process.exit(INTERRUPTED));
  };
  if (isInside()) onLetGo(interrupt);
  let isInPart = false;
  const run: Run = {
    herald,
    part: (setup) => [...herald, "bench", name, "--part", JSON.stringify(setup)],
    withoutNetwork,
    skip(what, reason) {
      isInPart = true;
      progress.say(`herald bench ${name}: ${what}, since ${reason}`);
    },
    tell: progress.tell,
    show(report) {
      progress.end();
      io.stdout.write(json ? `${JSON.stringify(report)}\n` : bench.format(report));
    },
    onInterrupt: (stop) => void interrupts.push(stop),
  };
  try {
    const measured = await bench.measure(options, run);
    const note = emulationNote(measured.machine);
    if (note !== null) progress.say(`herald bench ${name}: ${note}`);
    const report = note === null ? measured : { ...measured, notes: [note, ...measured.notes] };
    run.show(report);
    return bench.exitCode?.(report) ?? (isInPart ? IN_PART : 0);
  } finally {
    progress.end();
  }
}

/** What is to be doubted of every figure. */
function emulationNote({ cpu, emulatedOn }: Machine): string | null {
  return emulatedOn === undefined
    ? null
    : `emulation is no measurement: an ${process.arch} is played on ${emulatedOn} (${cpu}), figures say nothing`;
}

/** For whoever started us: JSON lines of what is told, and plain ones of what is said. */
function tellInJson(stream: CommandIo["stderr"]): Progress {
  return {
    tell: (what, share) => void stream.write(`${JSON.stringify({ what, share })}\n`),
    say: (line) => void stream.write(`${line}\n`),
    end: () => {},
  };
}

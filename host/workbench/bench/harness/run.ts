/** Runs a bench as a command: inside a private network where it needs one, with one way to be told, interrupted and read. */
import type { CommandIo } from "../../../cli/command.ts";
import { enter, findWay, isInside, onLetGo } from "../../private-network.ts";
import type { Bench, Run } from "./bench.ts";
import type { Flags, OptionsOf } from "./flags.ts";

const IN_PART = 3;
const INTERRUPTED = 130;
/** Of the work that tells how quick this machine is. */
const TRUSTED_SHARE = 0.1;

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
  const say = (line: string): void => void io.stderr.write(`${line}\n`);
  const missing = bench.missing?.();
  const way = bench.network === "none" || isInside() ? null : findWay();
  const withoutNetwork = way === null || way.ok ? null : `no private network can be made here: ${way.reason}`;
  const problem = missing ?? (bench.network === "all" ? withoutNetwork : null);
  if (problem !== null) {
    say(`herald bench ${name}: nothing is measured, since ${problem}`);
    return IN_PART;
  }
  if (way?.ok) return enter(way, [program, ...args]);

  const herald = [process.execPath, ...process.execArgv, program];
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
      say(`herald bench ${name}: ${what}, since ${reason}`);
    },
    tell: running.progress ? (what, share) => say(JSON.stringify({ what, share })) : withTimeLeft(bench.estimateSeconds(options), say),
    show: (report) => void io.stdout.write(json ? `${JSON.stringify(report)}\n` : bench.format(report)),
    onInterrupt: (stop) => void interrupts.push(stop),
  };
  const report = await bench.measure(options, run);
  run.show(report);
  return bench.exitCode?.(report) ?? (isInPart ? IN_PART : 0);
}

/** Tells how long it will still take: at first by the bench's own estimate, then by what the share done so far took. */
function withTimeLeft(estimateSeconds: number, say: (line: string) => void): Run["tell"] {
  const startedMs = performance.now();
  return (what, share) => {
    if (share === undefined) return say(what);
    const elapsedSeconds = (performance.now() - startedMs) / 1000;
    const left = share < TRUSTED_SHARE ? estimateSeconds * (1 - share) : (elapsedSeconds * (1 - share)) / share;
    say(`${what}; about ${formatTime(left)} left`);
  };
}

function formatTime(seconds: number): string {
  return seconds < 100 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}

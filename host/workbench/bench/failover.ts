/**
 * `herald bench failover`: how long nobody answers when the owner of a VIP fails, leaves, or is cut off.
 *
 * On one switch 2, 3 or 8 nodes, each a network namespace with a speaker as `herald run` starts it and a listener behind the VIPs, which lie on
 * `lo` as kube-proxy would have them; a gateway; a warm client, whose own kernel resolves the VIPs and which sends a probe each 5 ms over each;
 * and a cold one, which asks for them by ARP and NDP each 20 ms. A trial hits the owner and ends when it has its VIPs back, as with the default
 * policy it must; so each begins with the same owner. All figures are of real processes in default settings, and count what the clients saw.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { CommandIo } from "../../cli/command.ts";
import { enter, findWay, isInside, onLetGo } from "../private-network.ts";
import type { Bench, FailoverOptions, Self } from "./bench.ts";
import { runAsker } from "./failover-asker.ts";
import { type Calm, keepBusy, runCalm } from "./failover-calm.ts";
import { type Case, cases } from "./failover-cases.ts";
import { runWarmClient } from "./failover-client.ts";
import { runListener } from "./failover-listener.ts";
import { FailoverNetwork } from "./failover-network.ts";
import { createReport, type Failure } from "./failover-report.ts";
import { type FailoverPart, type Programs, Stage } from "./failover-stage.ts";
import { formatReport } from "./failover-text.ts";
import { runTrial, type Trial } from "./failover-trial.ts";

const NOT_ALLOWED = 3;
const INTERRUPTED = 130;
const CALM = "calm";
/** Of a stage: boot, first claims, and the end. */
const STAGE_SECONDS = 8;
/** What took less says little about how quick this machine is. */
const TRUSTED_SECONDS = 30;
/** Whoever fails so often in one case will again. */
const MOST_FAILURES = 2;

export const failover: Bench = {
  run,
  async part(setup) {
    const part = setup as FailoverPart;
    if ("listener" in part) await runListener(part.listener);
    else if ("client" in part) await runWarmClient(part.client);
    else if ("asker" in part) await runAsker(part.asker);
    else keepBusy(part.busyMs);
  },
};

async function run(options: FailoverOptions, io: CommandIo, self: Self): Promise<number> {
  if (!isInside()) {
    const way = findWay();
    if (way.ok) return enter(way, self.all);
    io.stderr.write(`herald bench failover: nothing is measured, since no private network can be made here: ${way.reason}\n`);
    return NOT_ALLOWED;
  }
  const directory = mkdtempSync(join("/run", "herald-bench-"));
  onLetGo(() => {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
    process.exit(INTERRUPTED);
  });
  try {
    const report = createReport(options, await measure(options, io, self, directory));
    io.stdout.write(options.json ? `${JSON.stringify(report)}\n` : formatReport(report));
    return 0;
  } finally {
    rmSync(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

export interface Measurements {
  readonly trials: Trial[];
  readonly calms: Calm[];
  readonly failures: Failure[];
}

async function measure(options: FailoverOptions, io: CommandIo, self: Self, directory: string): Promise<Measurements> {
  const node = [process.execPath, ...process.execArgv];
  const priority = findPriority();
  const programs: Programs = {
    speaker: [...node, self.program, "run"],
    part: (part) => [...("busyMs" in part ? [] : priority), ...node, ...self.part, JSON.stringify(part)],
  };
  const network = new FailoverNetwork();
  const left = new TimeLeft(options);
  const measurements: Measurements = { trials: [], calms: [], failures: [] };
  for (const nodes of options.nodeCounts) {
    const stages = new Stages(() => {
      io.stderr.write(`${nodes} nodes: starting; ${left.take(STAGE_SECONDS)}\n`);
      return new Stage({ network, programs, directory, nodes, families: options.families });
    });
    try {
      for (const one of cases.filter(({ name }) => options.cases.includes(name)))
        await measureCase(one, nodes, options, stages, measurements, (trial) =>
          io.stderr.write(`${nodes} nodes, ${one.name}, trial ${trial + 1} of ${options.trials}; ${left.take(one.seconds)}\n`),
        );
      if (options.cases.includes(CALM)) {
        io.stderr.write(`${nodes} nodes, ${CALM}; ${left.take(options.minutes * 60)}\n`);
        await measureCalm(nodes, options, stages, measurements, programs);
      }
    } finally {
      await stages.end();
    }
  }
  return measurements;
}

async function measureCase(
  one: Case,
  nodes: number,
  { trials, families }: FailoverOptions,
  stages: Stages,
  measurements: Measurements,
  progress: (trial: number) => void,
): Promise<void> {
  let failed = 0;
  for (let trial = 0; trial < trials && failed < MOST_FAILURES; trial++) {
    progress(trial);
    try {
      measurements.trials.push(await runTrial(await stages.get(), one, families));
    } catch (error) {
      failed++;
      measurements.failures.push({ case: one.name, nodes, trial, reason: (error as Error).message });
      await stages.end();
    }
  }
}

async function measureCalm(
  nodes: number,
  { minutes }: FailoverOptions,
  stages: Stages,
  measurements: Measurements,
  programs: Programs,
): Promise<void> {
  try {
    const busy = availableParallelism();
    measurements.calms.push(await runCalm(await stages.get(), minutes, busy, (busyMs) => programs.part({ busyMs })));
  } catch (error) {
    measurements.failures.push({ case: CALM, nodes, trial: 0, reason: (error as Error).message });
    await stages.end();
  }
}

/**
 * Clients and listeners go before all else: on a real network they would not share the cores of the speakers, and who measures must be on time.
 * Empty where the kernel grants no real-time priority.
 */
function findPriority(): readonly string[] {
  const prefix = ["chrt", "--rr", "1"];
  return spawnSync(prefix[0] as string, [...prefix.slice(1), "true"]).status === 0 ? prefix : [];
}

/** One stage at a time, kept as long as all goes well on it. */
class Stages {
  readonly #make: () => Stage;
  #stage: Stage | undefined;

  constructor(make: () => Stage) {
    this.#make = make;
  }

  async get(): Promise<Stage> {
    if (this.#stage === undefined) {
      this.#stage = this.#make();
      await this.#stage.start();
    }
    return this.#stage;
  }

  async end(): Promise<void> {
    const stage = this.#stage;
    this.#stage = undefined;
    await stage?.end();
  }
}

/** By what a trial of each case usually takes, corrected by what those before took. */
class TimeLeft {
  readonly #startedMs = performance.now();
  readonly #all: number;
  #done = 0;

  constructor({ cases: wanted, trials, nodeCounts, minutes }: FailoverOptions) {
    const own = cases.filter(({ name }) => wanted.includes(name));
    const perStage = own.reduce((sum, { seconds }) => sum + seconds * trials, STAGE_SECONDS);
    this.#all = (perStage + (wanted.includes(CALM) ? minutes * 60 : 0)) * nodeCounts.length;
  }

  /** What is left before something that takes `seconds` begins. */
  take(seconds: number): string {
    const elapsed = (performance.now() - this.#startedMs) / 1000;
    const pace = this.#done < TRUSTED_SECONDS ? 1 : elapsed / this.#done;
    const left = Math.max(this.#all - this.#done, seconds) * pace;
    this.#done += seconds;
    return left > 90 ? `about ${Math.ceil(left / 60)} minutes left` : `about ${Math.ceil(left)} s left`;
  }
}

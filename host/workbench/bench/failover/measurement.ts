/** All trials of `herald bench failover`, in order; what has been found so far is there at any time. */
import { availableParallelism } from "node:os";
import type { Run } from "../harness/bench.ts";
import { type Calm, runCalm } from "./calm.ts";
import { type Case, cases } from "./cases.ts";
import type { FailoverOptions } from "./failover.ts";
import { FailoverNetwork, type Family } from "./network.ts";
import { type Programs, Stage } from "./stage.ts";
import { runTrial, type Trial } from "./trial.ts";

/** A trial that could not be brought to its end. */
export interface Failure {
  readonly case: string;
  readonly nodes: number;
  readonly trial: number;
  readonly reason: string;
}

export interface Measurements {
  readonly trials: Trial[];
  readonly calms: Calm[];
  readonly failures: Failure[];
}

export interface MeasurementSetup {
  readonly options: FailoverOptions;
  readonly programs: Programs;
  /** Where manifests may be written. */
  readonly directory: string;
  readonly tell: Run["tell"];
}

export const CALM = "calm";
/** Of a stage: boot, first claims, and the end. */
const STAGE_SECONDS = 8;
/** Whoever fails so often in one case will again. */
const MOST_FAILURES = 2;

export class Measurement {
  readonly found: Measurements = { trials: [], calms: [], failures: [] };
  readonly #setup: MeasurementSetup;
  readonly #network = new FailoverNetwork();
  readonly #allSeconds: number;
  /** Of what is done, by the estimates. */
  #doneSeconds = 0;
  /** Kept as long as all goes well on it. */
  #stage: Stage | undefined;

  /** To be made inside a private network. */
  constructor(setup: MeasurementSetup) {
    this.#setup = setup;
    this.#allSeconds = estimateSeconds(setup.options);
  }

  async run(): Promise<void> {
    const { nodeCounts, cases: wanted, minutes } = this.#setup.options;
    for (const nodes of nodeCounts) {
      try {
        for (const one of cases.filter(({ name }) => wanted.includes(name))) await this.#measureCase(nodes, one);
        if (wanted.includes(CALM)) await this.#try(nodes, CALM, 0, minutes * 60, (stage) => this.#measureCalm(stage));
      } finally {
        await this.#end();
      }
    }
  }

  async #measureCase(nodes: number, one: Case): Promise<void> {
    const { trials } = this.#setup.options;
    const families = familiesOf(this.#setup.options);
    let failed = 0;
    for (let trial = 0; trial < trials && failed < MOST_FAILURES; trial++) {
      const isDone = await this.#try(nodes, one.name, trial, one.seconds, async (stage) => {
        this.found.trials.push(await runTrial(stage, one, families));
      });
      if (!isDone) failed++;
    }
  }

  async #measureCalm(stage: Stage): Promise<void> {
    const { options, programs } = this.#setup;
    this.found.calms.push(await runCalm(stage, options.minutes, availableParallelism(), (busyMs) => programs.part({ busyMs })));
  }

  /** False where it failed; the next begins on a new stage then. */
  async #try(nodes: number, name: string, trial: number, seconds: number, measure: (stage: Stage) => Promise<void>): Promise<boolean> {
    try {
      const stage = await this.#stageOf(nodes);
      const which = name === CALM ? "" : `, trial ${trial + 1} of ${this.#setup.options.trials}`;
      this.#begin(`${nodes} nodes, ${name}${which}`, seconds);
      await measure(stage);
      return true;
    } catch (error) {
      this.#setup.tell((error as Error).message);
      this.found.failures.push({ case: name, nodes, trial, reason: (error as Error).message });
      await this.#end();
      return false;
    }
  }

  async #stageOf(nodes: number): Promise<Stage> {
    if (this.#stage !== undefined) return this.#stage;
    const { options, programs, directory } = this.#setup;
    this.#begin(`${nodes} nodes: starting`, STAGE_SECONDS);
    const { logs } = options;
    const families = familiesOf(options);
    this.#stage = new Stage({ network: this.#network, programs, directory, nodes, families, ...(logs === undefined ? {} : { logs }) });
    await this.#stage.start();
    return this.#stage;
  }

  #begin(what: string, seconds: number): void {
    this.#setup.tell(what, this.#doneSeconds / this.#allSeconds);
    this.#doneSeconds = Math.min(this.#doneSeconds + seconds, this.#allSeconds);
  }

  async #end(): Promise<void> {
    const stage = this.#stage;
    this.#stage = undefined;
    await stage?.end();
  }
}

function familiesOf({ families }: FailoverOptions): Family[] {
  return families.map((family) => (family === "4" ? 4 : 6));
}

/** By what a trial of each case usually takes. */
export function estimateSeconds({ cases: wanted, trials, nodeCounts, minutes }: FailoverOptions): number {
  const own = cases.filter(({ name }) => wanted.includes(name));
  const perStage = own.reduce((sum, { seconds }) => sum + seconds * trials, STAGE_SECONDS);
  return (perStage + (wanted.includes(CALM) ? minutes * 60 : 0)) * nodeCounts.length;
}

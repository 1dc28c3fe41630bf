/** What a bench is to `herald bench`. */
import type { CommandIo } from "../../../cli/command.ts";
import type { Driver } from "../../../packets/service.ts";

interface CommonOptions {
  readonly rounds: number;
  readonly json: boolean;
}

/** Herald's responders: by how the packet worker sleeps, or arp as a program that is not built in, in the guarded worker's event loop. */
export type HeraldDriver = Driver | "guarded";

export interface GuardOptions extends CommonOptions {
  readonly vips: number;
}

export interface ArpOptions extends CommonOptions {
  /** Of each load. */
  readonly seconds: number;
  readonly vips: number;
  readonly drivers: readonly HeraldDriver[];
}

export interface ManifestsOptions extends CommonOptions {
  readonly services: number;
  /** Changes of one document. */
  readonly edits: number;
  /** Where the manifests are written; default: in memory. */
  readonly directory?: string;
}

export interface BgpOptions extends CommonOptions {
  /** Routes. */
  readonly sizes: readonly number[];
  readonly senders: readonly string[];
  /** Of each step of a measurement. */
  readonly limitMs: number;
  /** Nobody is spared. */
  readonly full: boolean;
}

export interface ClusterOptions {
  readonly json: boolean;
  readonly services: number;
  readonly nodes: number;
  /** New Services, one at a time. */
  readonly writes: number;
  /** Of each load of updates. */
  readonly seconds: number;
  /** Before the memory of a speaker at rest is read. */
  readonly restSeconds: number;
}

export interface FailoverOptions {
  readonly json: boolean;
  readonly cases: readonly string[];
  /** Of each case, with each number of nodes. */
  readonly trials: number;
  readonly nodeCounts: readonly number[];
  /** In the order of their addresses in the Service. */
  readonly families: readonly (4 | 6)[];
  /** Without a fault. */
  readonly minutes: number;
  /** A directory where what speakers log is kept. */
  readonly logs?: string;
}

export interface PlanOptions extends CommonOptions {
  readonly vips: number;
  readonly nodeCounts: readonly number[];
}

export interface NeighborsOptions {
  readonly json: boolean;
  readonly minutes: number;
}

export interface PluginsOptions extends CommonOptions {
  /** Of each load. */
  readonly seconds: number;
  readonly vips: number;
  /** How many there are at a time; the most of them are the hostile ones too. */
  readonly plugins: readonly number[];
}

/** Every flag; a bench reads its own. */
export type BenchOptions = ArpOptions &
  GuardOptions &
  BgpOptions &
  ManifestsOptions &
  ClusterOptions &
  FailoverOptions &
  NeighborsOptions &
  PlanOptions &
  PluginsOptions;

/** How a bench starts its own program again, behind the Node binary. */
export interface Self {
  readonly program: string;
  /** The same bench with the same flags. */
  readonly all: readonly string[];
  /** `part` of the same bench; its set-up, as JSON, is to follow. */
  readonly part: readonly string[];
}

export interface Bench {
  /** Resolves to the exit code. */
  run(options: BenchOptions, io: CommandIo, self: Self): Promise<number>;
  /** Runs one of its processes (load generator, responder), until that has done its work. */
  part(setup: unknown): Promise<void>;
}

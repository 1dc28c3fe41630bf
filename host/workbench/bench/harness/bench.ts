/**
 * What a bench is to `herald bench`: the flags that it takes, what it measures, how people read it. The harness (`run.ts`) does the rest.
 *
 * Most benches run processes of their own: a load generator, a responder, a listener. These are the same program once more, as `part`.
 */
import type { CommonReport } from "./figures.ts";
import type { Flags, OptionsOf } from "./flags.ts";

export interface Run {
  /** The command line of this very program, for a command of it to follow. */
  readonly herald: readonly string[];
  /** The command line that runs `part` of the bench, with that set-up. */
  part(setup: unknown): string[];
  /** Null inside a private network; else why none can be made here. A bench that needs it for all never gets here then. */
  readonly withoutNetwork: string | null;
  /** Only a part can be measured, for that reason: said, and the exit code tells. */
  skip(what: string, reason: string): void;
  /** For people who wait: what comes now, and which share of all is done. */
  tell(what: string, share?: number): void;
  /** Prints a report of what there is, where a run ends before its time. */
  show(report: CommonReport): void;
  /** To be done before the process ends for a signal, the last added first. */
  onInterrupt(stop: () => void | Promise<void>): void;
}

export interface BenchOf<OfFlags extends Flags, Report extends CommonReport> {
  /** One line of the list. */
  readonly summary: string;
  /** What of it needs a private network, and so root or unprivileged user namespaces. */
  readonly network: "none" | "some" | "all";
  /** What is not here and without which nothing can be measured. */
  missing?(): string | undefined;
  readonly flags: OfFlags;
  /** Flags of a run that is one of many, where they differ: `herald bench all` runs those benches that say so. */
  readonly brief?: Readonly<Record<string, string>>;
  estimateSeconds(options: OptionsOf<OfFlags>): number;
  measure(options: OptionsOf<OfFlags>, run: Run): Promise<Report>;
  format(report: Report): string;
  /** 0 where it does not say. */
  exitCode?(report: Report): number;
  /** Runs one of its processes, until that has done its work. */
  part?(setup: unknown): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: flags and report of a bench are its own; who runs it hands the one's values to the other
export type Bench = BenchOf<any, any>;

/** For the types: what `measure` is given follows from `flags`. */
export function defineBench<const OfFlags extends Flags, Report extends CommonReport>(bench: BenchOf<OfFlags, Report>): typeof bench {
  return bench;
}

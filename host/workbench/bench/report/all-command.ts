/** `herald bench all --report DIR`. */
import { resolve } from "node:path";
import { type Command, parseFlags, suggest, UsageError } from "../../../cli/command.ts";
import type { Bench } from "../harness/bench.ts";
import { type Flags, readOptions } from "../harness/flags.ts";
import { formatDuration } from "../harness/words.ts";
import { type Planned, runAll } from "./all.ts";

const help = `
Usage: herald bench all --report DIR [flags]

Runs benches briefly, one after the other, and writes one page for people, DIR/index.html, and one file for "herald bench compare",
DIR/report.json. DIR is made; one that is there must be empty. A bench that fails, or lacks something on this machine (an API server,
a compiler, root), is told in the report with its reason, and the others run on. Ctrl-C ends it, and still writes what there is.

Flags:
  --report DIR        where the report is written; its folder must be there
  --only A,B          those benches only
  --rounds N          rounds of every bench that has some, instead of its brief number
  --help, -h          this text

Exit code: 0 also where a target is missed; 3 where a bench was measured in part or not at all; 130 when interrupted.

Example:
  herald bench all --report before
`;

const flags = { report: { type: "string" }, only: { type: "string" }, rounds: { type: "string" } } as const;

export interface NamedBench {
  readonly name: string;
  load(): Promise<Bench>;
}

/** `version`: which Herald this is. */
export function allCommandFor(benches: readonly NamedBench[], version: string): Command {
  return {
    name: "bench all",
    summary: "All of these briefly, with a report as one page",
    help,
    async run(args, io) {
      const { values, positionals } = parseFlags(args, flags);
      if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
      if (values.report === undefined) throw new UsageError("Flag --report is missing: expected the folder of the report");
      const planned = choose(await planAll(benches, values.rounds), values.only?.split(","));
      const seconds = planned.reduce((sum, { estimateSeconds }) => sum + estimateSeconds, 0);
      io.stderr.write(`Measuring ${planned.map(({ name }) => name).join(", ")}: about ${formatDuration(seconds)}\n`);
      const herald = [process.execPath, ...process.execArgv, process.argv[1] ?? ""];
      return runAll({ version, herald, args: ["bench", "all", ...args], folder: resolve(values.report), planned }, io);
    },
  };
}

/** Those that have a brief way. Throws UsageError where `rounds` is none. */
async function planAll(benches: readonly NamedBench[], rounds: string | undefined): Promise<Planned[]> {
  const loaded = await Promise.all(benches.map(async ({ name, load }) => ({ name, bench: await load() })));
  return loaded.flatMap(({ name, bench }) => {
    const { brief, summary } = bench;
    const own: Flags = bench.flags;
    if (brief === undefined) return [];
    const hasRounds = rounds !== undefined && Object.values(own).some((flag) => flag.name === "rounds");
    const texts: Readonly<Record<string, string>> = { ...brief, ...(hasRounds ? { rounds } : {}) };
    const estimateSeconds = bench.estimateSeconds(readOptions(own, texts));
    return [{ name, summary, flags: Object.entries(texts).map(([flag, text]) => `--${flag}=${text}`), estimateSeconds }];
  });
}

function choose(planned: readonly Planned[], only: readonly string[] | undefined): readonly Planned[] {
  const known = planned.map(({ name }) => name);
  for (const name of only ?? []) if (!known.includes(name)) throw new UsageError(`Unknown bench ${name}${suggest(name, known)}`);
  return only === undefined ? planned : planned.filter(({ name }) => only.includes(name));
}

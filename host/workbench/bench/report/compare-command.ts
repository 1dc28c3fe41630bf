/** `herald bench compare A.json B.json`. */
import { type Command, parseFlags, UsageError } from "../../../cli/command.ts";
import { safeJson, visible } from "../../../observe/log.ts";
import { compareRuns, worseThan } from "./compare.ts";
import { formatComparison } from "./compare-text.ts";
import { readRun } from "./read-run.ts";

const help = `
Usage: herald bench compare A.json B.json [flags]

Compares two runs of benches figure by figure: B over A, how sure that is, and whether it may be noise. Each file is the report.json of
"herald bench all", or what "herald bench NAME --json" printed. It says, too, what of the machines and settings was not the same.

A ratio is the median of those of every round of B to every round of A, its interval the one of the rank test of Mann and Whitney, which
holds the true ratio in 9 of 10 runs. It is noise where that interval holds 1. Below 3 rounds in each file nothing can be told.

Flags:
  --fail-on-worse P   exit code 1 where any figure is surely worse, by more than P percent
  --json              the comparison as one JSON object
  --help, -h          this text

Exit code: 0 whatever it finds, unless --fail-on-worse is given; 2 where a file cannot be read.

Example:
  herald bench compare before/report.json after/report.json --fail-on-worse 5
`;

const flags = { "fail-on-worse": { type: "string" }, json: { type: "boolean" } } as const;
const MOST_PERCENT = 10_000;

export const compareCommand: Command = {
  name: "bench compare",
  summary: "Ratios of two runs, and which of them may be noise",
  help,
  async run(args, io) {
    const { values, positionals } = parseFlags(args, flags);
    const [a, b, ...rest] = positionals;
    if (a === undefined || b === undefined) throw new UsageError(`Found ${positionals.length} files, expected two: A.json B.json`);
    if (rest.length > 0) throw new UsageError(`Unknown argument "${rest[0]}": expected two files`);
    const percent = readPercent(values["fail-on-worse"]);
    const comparison = compareRuns(readRun(a), readRun(b));
    if (comparison.figures.length === 0)
      throw new UsageError(`Cannot compare ${visible(a)} with ${visible(b)}: they have no figure in common`);
    io.stdout.write(values.json ? `${safeJson(comparison)}\n` : formatComparison(comparison));
    const worse = percent === undefined ? [] : worseThan(comparison, percent);
    if (worse.length > 0) io.stderr.write(`herald bench compare: ${worse.length} figures are worse by more than ${percent} %\n`);
    return worse.length > 0 ? 1 : 0;
  },
};

function readPercent(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const found = Number(value);
  if (!(found >= 0 && found <= MOST_PERCENT))
    throw new UsageError(`Flag --fail-on-worse is ${value}: expected a percentage from 0 to ${MOST_PERCENT}`);
  return found;
}

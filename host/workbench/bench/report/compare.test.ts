import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runHere } from "../../testing/run-command.ts";
import { compareRuns, worseThan } from "./compare.ts";
import { compareCommand } from "./compare-command.ts";
import type { ReportOfRun, RunFile } from "./read-run.ts";

const compare = suite("compare");

const figure = { what: "CPU per reply", of: "Herald", unit: "ns", better: "less" as const, values: [100, 101, 99] as (number | null)[] };
const report = (more: Partial<ReportOfRun> = {}): ReportOfRun => ({
  ...{ bench: "arp", machine: { cpu: "A53", cores: 4 }, options: { rounds: 3 }, figures: [figure] },
  ...more,
});
const run = (...reports: ReportOfRun[]): RunFile => ({ file: "run.json", herald: null, reports });
const withValues = (values: (number | null)[], more: Partial<typeof figure> = {}): RunFile =>
  run(report({ figures: [{ ...figure, ...more, values }] }));
const verdictOf = (a: RunFile, b: RunFile) => compareRuns(a, b).figures.map(({ verdict }) => verdict);

compare("compareRuns() calls only that better or worse which the rounds can tell", () => {
  const before = withValues([100, 101, 99]);
  assert.equal(verdictOf(before, withValues([80, 81, 79])), ["better"]);
  assert.equal(verdictOf(before, withValues([120, 121, 119])), ["worse"]);
  assert.equal(verdictOf(before, withValues([97, 110, 120])), ["noise"]);
  assert.equal(verdictOf(before, before), ["noise"]);
  assert.equal(verdictOf(before, withValues([120, null, 121])), ["few rounds"]);
  assert.equal(verdictOf(withValues([5]), withValues([5])), ["noise"]);
});

compare("compareRuns() knows of what more is better", () => {
  const before = withValues([100, 101, 99], { better: "more" as never });
  assert.equal(verdictOf(before, withValues([120, 121, 119], { better: "more" as never })), ["better"]);
});

compare("compareRuns() takes differences where a value is 0", () => {
  const [found] = compareRuns(withValues([0, 0, 0]), withValues([4, 5, 6])).figures;
  assert.is(found?.by, "difference");
  assert.is(found?.change.median, 5);
  assert.is(found?.verdict, "worse");
});

compare("compareRuns() says what differs of machines and settings, each once, and what is in one only", () => {
  const other = { cpu: "A76", cores: 4, memoryBytes: 8e9 };
  const bgp = report({ bench: "bgp" });
  const { differences, missing } = compareRuns(
    run(report({ figures: [figure, { ...figure, of: "kernel" }] }), bgp),
    run(report({ machine: other, options: { rounds: 9 } }), { ...bgp, machine: other }),
  );
  assert.equal(differences, [
    "machine, cpu: A53 and A76",
    "machine, memoryBytes: not said and 8000000000",
    "settings of arp, rounds: 3 and 9",
  ]);
  assert.equal(missing, [{ bench: "arp", what: "CPU per reply", of: "kernel", missingIn: "B" }]);
});

compare("compareRuns() does not compare nanoseconds with milliseconds", () => {
  const { figures, missing } = compareRuns(run(report()), withValues([1, 1, 1], { unit: "ms" }));
  assert.equal([figures.length, missing.length], [0, 2]);
});

compare("worseThan() leaves out what is worse by less, and what may be noise", () => {
  const by = (percent: number, values: number[]) => worseThan(compareRuns(withValues([100, 101, 99]), withValues(values)), percent).length;
  assert.equal([by(5, [110, 111, 112]), by(20, [110, 111, 112]), by(5, [90, 111, 150]), by(5, [50, 50, 50])], [1, 0, 0, 0]);
});

const folder = mkdtempSync(join(tmpdir(), "herald-compare-"));
compare.after(() => rmSync(folder, { recursive: true }));
let files = 0;
function fileOf(content: unknown): string {
  const file = join(folder, `${files++}.json`);
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
}

const good = fileOf(report());

compare("herald bench compare reads a bench and a whole run alike", async () => {
  const whole = fileOf({
    herald: "9.9.9",
    parts: [
      { bench: "bgp", report: null },
      { bench: "arp", report: report({ figures: [{ ...figure, values: [150, 151, 152] }] }) },
    ],
  });
  const { code, out, err } = await runHere(compareCommand, good, whole);
  assert.equal([code, err], [0, ""]);
  assert.match(out, /^A: .*0\.json\nB: .*, Herald 9\.9\.9\n/);
  assert.match(out, /CPU per reply +Herald +ns +100 +151 +1\.510 +1\.485 to 1\.535 +WORSE/);
  assert.match(out, /Of 1 figures 0 are better, 1 worse, 0 within noise\./);
  const failed = await runHere(compareCommand, good, whole, "--fail-on-worse", "5", "--json");
  assert.is(failed.code, 1);
  assert.is(JSON.parse(failed.out).figures[0].verdict, "worse");
  assert.is((await runHere(compareCommand, good, whole, "--fail-on-worse=60")).code, 0);
});

compare("herald bench compare shows texts of a file so that no terminal obeys them", async () => {
  const evil = fileOf(report({ machine: { cpu: "\u001b[2Jx" }, figures: [{ ...figure, of: "\u001b]0;y\u0007" }, figure] }));
  const { out } = await runHere(compareCommand, good, evil);
  assert.not.ok(out.includes("\u001b") || out.includes("\u0007"));
  assert.match(out, /\\x1b\[2Jx/);
});

const refused: Readonly<Record<string, readonly [unknown, RegExp]>> = {
  "what is not JSON": ["<html>", /it is not JSON/],
  NaN: ['{"figures": [NaN]}', /it is not JSON/],
  nothing: ["", /it is not JSON/],
  "a list": [[], /the file is \[\], expected an object/],
  "a report without figures": [{ bench: "arp", machine: {}, options: {} }, /figures is nothing, expected a list/],
  "a value that is a text": [
    report({ figures: [{ ...figure, values: ["9" as never] }] }),
    /figures\[0\]\.values\[0\] is "9", expected a finite number or null/,
  ],
  "a value beyond all numbers": [JSON.stringify(report()).replace("101", "1e999"), /values\[1\] is Infinity, expected a finite number/],
  "a figure that is better neither way": [
    report({ figures: [{ ...figure, better: "both" as never }] }),
    /better is "both", expected "less" or "more"/,
  ],
  "parts that are a text": [{ parts: "all" }, /parts is "all", expected a list/],
  "a part that is null": [{ parts: [null] }, /parts\[0\] is null, expected an object/],
  "more figures than anyone draws": [report({ figures: new Array(10_001).fill(figure) }), /figures has 10001 entries/],
  "another bench": [report({ bench: "bgp" }), /they have no figure in common/],
};

for (const [what, [content, message]] of Object.entries(refused)) {
  compare(`herald bench compare refuses ${what} in one line`, async () => {
    const { code, out, err } = await runHere(compareCommand, good, fileOf(content));
    assert.equal([code, out], [2, ""]);
    assert.match(err, message);
    assert.match(err, /^[^\n]*\n$/);
  });
}

compare("herald bench compare refuses what is no file, or far too large, before it reads it", async () => {
  const large = fileOf("");
  truncateSync(large, 2 ** 34);
  const found = await Promise.all(
    [large, folder, "/dev/zero", join(folder, "none.json")].map((file) => runHere(compareCommand, good, file)),
  );
  assert.equal(
    found.map(({ code }) => code),
    [2, 2, 2, 2],
  );
  assert.match(
    found.map(({ err }) => err).join(""),
    /has 16384 MiB, expected at most 256 MiB.*is not a file.*is not a file.*it is not there/s,
  );
});

compare("herald bench compare wants two files and a percentage", async () => {
  assert.match((await runHere(compareCommand, good)).err, /Found 1 files, expected two/);
  assert.match((await runHere(compareCommand, good, good, good)).err, /Unknown argument/);
  assert.match((await runHere(compareCommand, good, good, "--fail-on-worse", "x")).err, /expected a percentage/);
});

compare.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Costs } from "./costs.ts";
import type { ManifestsOptions } from "./manifests.ts";
import { createReport, type EditRun, type OnWire } from "./report.ts";
import { formatReport } from "./text.ts";

const report = suite("manifests report");

const options: ManifestsOptions = { rounds: 3, services: 10_000, edits: 4, directory: undefined };
const costs: Costs = {
  parse: { documents: 300, parsedAgain: 1, tookMs: [0.5] },
  reconcile: { firstMs: 300, serviceMs: [0.1], nodeMs: [100] },
};
const start = (round: number, contender: string, firstMs: number) => ({
  ...{ round, contender, firstMs, endsMs: firstMs + 1, allMs: firstMs + 2, wrong: 0, residentBytes: 80e6 },
});
const edits = (place: EditRun["place"], tookMs: readonly (number | null)[], waitNs = 0): EditRun => ({
  ...{ place, runNs: 1e9, waitNs, residentBytes: 80e6 },
  edits: tookMs.flatMap((took) => (["in place", "by rename"] as const).map((way) => ({ way, tookMs: took }))),
});
const wire = (parts: Partial<OnWire> = {}): OnWire => ({
  emptyNodeBytes: 45e6,
  starts: [900, 800, 3500].flatMap((firstMs, round) => [start(round, "cold", firstMs), start(round, "warm", firstMs / 2)]),
  rests: [
    { services: 1000, residentBytes: 79e6 },
    { services: 10_000, residentBytes: 140e6 },
  ],
  edits: [edits("alone", [1, 2, 3]), edits("all", [9, 11, 12])],
  ...parts,
});

const met = (onWire: OnWire) => createReport(options, costs, onWire).targets.map(({ isMet }) => isMet);

report("medians are held against the targets", () => {
  assert.equal(met(wire()), [true, true, true, true, false, false, true, true]);
  assert.is(met(wire({ rests: [{ services: 1000, residentBytes: 81e6 }] })).at(-2), false);
  const slow = wire({ starts: [3001, 3001].flatMap((firstMs, round) => [start(round, "cold", firstMs), start(round, "warm", firstMs)]) });
  assert.equal(met(slow).slice(0, 2), [false, false]);
  const parse = { ...costs.parse, parsedAgain: 300 };
  assert.is(createReport(options, { ...costs, parse }, null).targets.at(-1)?.isMet, false);
});

report("an edit that was never announced is the slowest of all, and said", () => {
  const { edits: summaries, notes, targets } = createReport(options, costs, wire({ edits: [edits("alone", [1, null, null])] }));
  assert.is(summaries[0]?.lost, 2);
  assert.is(summaries[0]?.p50, Number.POSITIVE_INFINITY);
  assert.is(targets[2]?.isMet, false);
  assert.equal(notes, ["Lost: 4 edits were never announced"]);
});

report("wrong frames and a busy machine are said", () => {
  const starts = [{ ...start(0, "cold", 1), wrong: 3 }, start(0, "warm", 1)];
  const { notes } = createReport(options, costs, wire({ starts, edits: [edits("alone", [1], 1e9)] }));
  assert.is(notes.length, 2);
  assert.match(notes[0] ?? "", "up to 50 %");
  assert.match(notes[1] ?? "", "Wrong: 3 frames");
});

report("the text shows every figure, and what there is without a network", () => {
  const text = formatReport(createReport(options, costs, wire()));
  for (const part of ["cold", "warm", "beside all Services", "35.0", "34.0", "10,000", "MISSED", "1 of 300"]) assert.match(text, part);
  const without = formatReport(createReport(options, costs, null));
  assert.match(without, "1 of 300");
  assert.not.match(without, "cold");
});

report.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Measured } from "../harness/interleave.ts";
import type { Footprint } from "./measure.ts";
import { judge } from "./report.ts";
import { BGP } from "./settings.ts";

const report = suite("footprint report");

const one = (contender: string, round: number, more: Partial<Footprint>): Measured<Footprint> => ({
  ...{ contender, round, processes: 1, residentBytes: 79e6, proportionalBytes: 30e6, emptyNodeBytes: 40e6, files: 33, threads: 12 },
  ...{ wakeupsPerSecond: 4, cpuShare: 0.001, waitShare: 0, bfdPerSecond: 0 },
  ...more,
});
const verdicts = (measured: readonly Measured<Footprint>[]) => judge(measured).map(({ isMet }) => isMet);

report("judge() takes medians, and the wake-ups of a BFD session inside each round", () => {
  const measured = [
    ...[one(BGP, 0, {}), one(BGP, 1, { wakeupsPerSecond: 14 }), one(BGP, 2, {})],
    one(`${BGP}, 1 BFD session`, 1, { wakeupsPerSecond: 38 }),
    one(`${BGP}, 2 BFD sessions`, 0, { wakeupsPerSecond: 54 }),
  ];
  assert.equal(verdicts(measured), [true, true, true, true]);
  assert.equal(verdicts([...measured, one(`${BGP}, 1 BFD session`, 0, { wakeupsPerSecond: 34 })]), [true, true, true, false]);
});

report("judge() tells a speaker that is too fat, too restless or too busy", () => {
  assert.equal(verdicts([one(BGP, 0, { residentBytes: 80.1e6 })]), [false, true, true, null]);
  assert.equal(verdicts([one(BGP, 0, { wakeupsPerSecond: 5 })]), [true, false, true, null]);
  assert.equal(verdicts([one(BGP, 0, { cpuShare: 0.0031 })]), [true, true, false, null]);
  assert.equal(verdicts([]), [null, null, null, null]);
});

report.run();

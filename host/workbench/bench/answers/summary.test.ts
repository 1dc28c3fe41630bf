import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Measured } from "../harness/interleave.ts";
import { names } from "./contenders.ts";
import type { LoadResult } from "./generator.ts";
import { createReport, type OnWire } from "./report.ts";
import { type AnswersRun, sendCostNs, summarizeRuns, waitShare } from "./summary.ts";
import { formatReport } from "./text.ts";

const summary = suite("summary of neighbor answers");

const second = 1e9;
const result: LoadResult = {
  requests: 1000,
  replies: 1000,
  unsent: 0,
  checked: 10,
  wrong: 0,
  elapsedNs: second,
  runNs: second,
  waitNs: 0,
  sendNs: second / 2,
  latencyMicros: null,
};

/** `cpuNs` a reply; null: no process of its own. */
function run(contender: string, round: number, cpuNs: number | null, more: Partial<LoadResult> & { load?: number; waitNs?: number } = {}) {
  const { load = "flood", waitNs = 0, ...changes } = more;
  const found = { ...result, ...changes };
  const responder = cpuNs === null ? null : { runNs: cpuNs * found.replies, waitNs, residentBytes: 70e6 };
  return { contender, round, load, result: found, responder } satisfies Measured<AnswersRun>;
}

const herald = names["event-loop"];
const order = Object.values(names);

summary("summarizeRuns() gives CPU per reply and its ratio to both responders in C, inside each round", () => {
  const runs = [
    ...[run(herald, 0, 2200), run(names.batched, 0, 2000), run(names.single, 0, 3300)],
    ...[run(herald, 1, 4400), run(names.batched, 1, 4000), run(names.single, 1, 6600)],
  ];
  const [found] = summarizeRuns(runs, order);
  assert.is(found?.responder, herald);
  assert.equal([found?.cpuNs?.median, found?.cpuNs?.min], [3300, 2200]);
  assert.is(found?.ofBatchedC?.median.toFixed(3), "0.909");
  assert.is(found?.ofSingleC?.median, 1.5);
  assert.equal([found?.repliesPerSecond.median, found?.residentBytes], [1000, 70e6]);
});

summary("summarizeRuns() keeps loads apart, in the order of responders, and leaves out who did not run", () => {
  const runs = [
    run(names.batched, 0, 1),
    run(herald, 0, 1),
    run(herald, 0, 1, { load: 10_000 }),
    run(names.batched, 0, 1, { load: 10_000 }),
  ];
  assert.equal(
    summarizeRuns(runs, order).map(({ responder, load }) => [responder, load]),
    [
      [herald, "flood"],
      [names.batched, "flood"],
      [herald, 10_000],
      [names.batched, 10_000],
    ],
  );
});

summary("summarizeRuns() prices the kernel by what a flooding send costs more than with nobody there, and paced loads not at all", () => {
  const runs = [
    run(names.kernel, 0, null, { sendNs: 2_600_000 }),
    run(names.nobody, 0, null, { sendNs: 1_200_000, replies: 0 }),
    run(names.kernel, 0, null, { load: 10_000 }),
  ];
  const [kernel, nobody, paced] = summarizeRuns(runs, order);
  assert.equal([kernel?.cpuNs?.median, nobody?.cpuNs, paced?.cpuNs], [1400, null, null]);
});

summary("sendCostNs() leaves out the share in which the generator had no CPU", () => {
  assert.is(sendCostNs({ ...result, sendNs: 1_000_000, waitNs: second / 4 }), 750);
  assert.is(sendCostNs({ ...result, requests: 0, sendNs: 0 }), 0);
});

summary("summarizeRuns() counts loss apart in rounds that nobody disturbed", () => {
  const load = 100_000;
  const runs = [
    run(herald, 0, 10, { load, replies: 990 }),
    run(herald, 1, 10, { load, replies: 900, waitNs: second }), // the responder had no CPU
    run(herald, 2, 10, { load, replies: 940, elapsedNs: second, waitNs: 0 }),
  ];
  const [found] = summarizeRuns(runs, order);
  assert.equal([found?.lost, found?.quietRounds, found?.lostInQuietRounds], [170, 2, 70]);
  assert.ok(waitShare(runs[1] as AnswersRun) > 0.9);
  assert.is(waitShare(run(herald, 0, null, { load, elapsedNs: second })), 0);
});

const latency = (p50: number, p90: number) => ({ latencyMicros: { p50, p90, p99: p90 * 2 } });

summary("summarizeRuns() gives latency, and its ratio to batched C inside each round", () => {
  const load = 10_000;
  const runs = [
    ...[run(herald, 0, 2, { load, ...latency(60, 90) }), run(names.batched, 0, 1, { load, ...latency(50, 60) })],
    ...[run(herald, 1, 2, { load, ...latency(600, 800) }), run(names.batched, 1, 1, { load, ...latency(500, 400) })],
  ];
  const [found] = summarizeRuns(runs, order);
  assert.equal(found?.latencyMicros, { p50: 330, p90: 445, p99: 890 });
  assert.equal([found?.timesBatchedC?.p50.median, found?.timesBatchedC?.p90.median], [1.2, 1.75]);
  assert.is(summarizeRuns(runs.slice(0, 1), order)[0]?.timesBatchedC, null);
});

const options = { rounds: 1, seconds: 1, vips: 10, drivers: ["event-loop", "poll"] } as const;
const wireOf = (runs: OnWire["runs"]): OnWire => ({
  ...{ runs, notRun: [{ name: "farpd", reason: "not installed" }], notes: ["farpd answers to everybody"] },
  ...{ emptyNodeBytes: 40e6, pinning: { ok: false, reason: "one CPU" } },
});
const met = (report: ReturnType<typeof createReport>) => report.targets.map(({ isMet }) => isMet);

summary("createReport() checks the targets against the medians, and says what it could not measure", () => {
  const [paced, load] = [10_000, 100_000];
  const runs = [
    ...[run(herald, 0, 2200), run(names.poll, 0, 2500), run(names.batched, 0, 2000)],
    ...[run(herald, 0, 1600, { load: paced, ...latency(70, 100) }), run(names.batched, 0, 1000, { load: paced, ...latency(50, 60) })],
    ...[run(herald, 0, 4000, { load }), run(names.poll, 0, 4000, { load, replies: 999 })],
  ];
  const report = createReport("arp", options, [9, 11, 9.5], wireOf(runs));
  // By the driver: flooded, CPU, p50 and p90 at 10,000/s, loss at 100,000/s.
  assert.equal(met(report), [true, ...[true, true, true, false, true], ...[false, null, null, null, false]]);
  assert.equal(met(createReport("arp", options, [12], null)), [false, ...Array.from({ length: 10 }, () => null)]);
  assert.is(met(createReport("ndp", options, [12], null)).length, 10);
  const kept = run(names.poll, 0, 4000, { load, replies: 900, waitNs: second });
  const disturbed = createReport("arp", options, [9], wireOf([...runs.slice(0, -1), kept]));
  assert.is(disturbed.targets.at(-1)?.isMet, null); // it lost, but had no CPU
  assert.ok(disturbed.notes[0]?.startsWith("Noise: in 1 of 7 measurements"), disturbed.notes[0]);
  assert.ok(disturbed.notes[0]?.includes("in rounds 1"), disturbed.notes[0]);
  const text = formatReport(report);
  for (const part of [
    "Flooded",
    "At 10,000 requests/s",
    "90.9 %",
    "MISSED",
    "Not pinned to CPUs: one CPU",
    "Not run: farpd: not installed",
  ])
    assert.ok(text.includes(part), part);
  assert.not(text.includes("undefined") || text.includes("NaN"), text);
  assert.ok(formatReport(createReport("arp", options, [12], null)).includes("not measured"));
});

summary("createReport() gives figures, a value a round, and none of nobody", () => {
  const load = 10_000;
  const runs = [
    ...[run(herald, 0, 2200), run(names.kernel, 0, null, { sendNs: 9e5 }), run(names.nobody, 0, null, { sendNs: 4e5, replies: 0 })],
    ...[run(herald, 1, 2400), run(herald, 1, 2000, { load, ...latency(70, 100) })],
  ];
  const { figures } = createReport("ndp", { ...options, rounds: 2 }, [50, 51], wireOf(runs));
  const read = (what: string, of: string) => figures.find((figure) => figure.what === what && figure.of === of);
  assert.equal(read("CPU per reply, flooded", herald), {
    ...{ what: "CPU per reply, flooded", of: herald, unit: "ns", better: "less" },
    values: [2200, 2400],
  });
  assert.equal(read("CPU per reply, flooded", names.kernel)?.values, [500]);
  assert.equal(read("CPU per reply, 10,000 requests/s", herald)?.values, [2000]);
  assert.equal(read("Latency p90, 10,000 requests/s", herald)?.values, [100]);
  assert.equal(read("Replies, flooded", herald)?.better, "more");
  assert.equal(read("Resident memory, flooded", herald)?.values, [70, 70]);
  assert.equal(read("Packet program alone, a frame", "Herald")?.values, [50, 51]);
  assert.equal(
    figures.filter(({ of }) => of === names.nobody),
    [],
  );
});

summary.run();

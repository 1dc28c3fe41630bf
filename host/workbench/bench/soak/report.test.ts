import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Child } from "../harness/child.ts";
import { estimateSlope, type Sample, type Slope } from "../harness/slope.ts";
import { Arrivals } from "./arrivals.ts";
import { judgeSlope } from "./report.ts";
import { readMemory } from "./samples.ts";

const report = suite("soak report");

const judge = (slope: Slope | null) => judgeSlope({ of: "RSS", firstMb: 80, lastMb: 81, mbPerHour: slope });
const between = (low: number, slope: number, high: number): Slope => ({ slope, low, high, autocorrelation: 0, blocks: 40 });

report("a slope is one where all of its interval is above nothing, and it may be more than 1 MB/h", () => {
  assert.is(judge(between(2, 4, 6)).isMet, false);
  assert.is(judge(between(0.5, 0.9, 1.4)).isMet, false);
  assert.is(judge(between(0.2, 0.5, 0.8)).isMet, true);
  assert.is(judge(between(-2, 1, 4)).isMet, true);
  assert.is(judge(between(-6, -4, -2)).isMet, true);
});

report("an interval that any slope fits in shows nothing", () => {
  assert.is(judge(between(Number.NEGATIVE_INFINITY, 0, Number.POSITIVE_INFINITY)).isMet, null);
  assert.is(judge(between(-50, 0, 50)).isMet, null);
  assert.is(judge(null).isMet, null);
});

/** Of a process that has said that it is ready, MB/h. */
async function slopeOf(...command: readonly string[]): Promise<Slope | null> {
  const child = new Child("a process", command);
  try {
    await child.next(10_000);
    await sleep(500);
    const samples: Sample[] = [];
    const sinceMs = performance.now();
    for (let at = 0; at < 60; at++) {
      await sleep(50);
      const memory = readMemory(child.pid);
      if (memory !== undefined) samples.push([(performance.now() - sinceMs) / 3_600_000, memory.residentBytes / 1e6]);
    }
    return estimateSlope(samples) ?? null;
  } finally {
    await child.stop();
  }
}

report("a process that leaks is told from one that does not", async () => {
  const leaking = judge(
    await slopeOf(
      process.execPath,
      "-e",
      `const kept = [], since = Date.now();
       setInterval(() => { while (kept.length < (Date.now() - since) / 20) kept.push(Buffer.alloc(200_000, 1)); }, 20);
       process.stdout.write("ready\\n")`,
    ),
  );
  assert.is(leaking.isMet, false, leaking.found ?? "");
  const idle = judge(await slopeOf("sh", "-c", "echo ready; exec sleep 60"));
  assert.is.not(idle.isMet, false, idle.found ?? "");
});

report("Arrivals counts what came once, says what never came, and takes nothing twice", () => {
  const arrivals = new Arrivals();
  arrivals.expect("learned", "10.64.0.1", 1000);
  arrivals.expect("announced", "10.64.0.1", 1000);
  arrivals.expect("withdrawn", "10.64.0.2", 2000);
  arrivals.hear("learned", "10.64.0.1", 1040);
  arrivals.hear("learned", "10.64.0.1", 1050);
  arrivals.hear("learned", "10.64.0.9", 1050);
  assert.equal(arrivals.counts.learned, { expected: 1, arrived: 1 });
  assert.equal([...arrivals.waitsMs], [40]);
  arrivals.forget(31_500);
  assert.equal([arrivals.open, [...arrivals.lost]], [1, ["announced 10.64.0.1", "withdrawn 10.64.0.2"]]);
  arrivals.hear("withdrawn", "10.64.0.2", 31_600);
  assert.equal([...arrivals.lost], ["announced 10.64.0.1"]);
});

report("a VIP that goes before anybody heard of it is overtaken, and not lost", () => {
  const arrivals = new Arrivals();
  for (const place of ["learned", "announced"] as const) arrivals.expect(place, "10.64.0.1", 1000);
  arrivals.expect("withdrawn", "10.64.0.1", 5000);
  assert.equal([arrivals.overtaken, arrivals.open, arrivals.counts.withdrawn.expected, arrivals.counts.announced.expected], [1, 0, 0, 0]);
  arrivals.expect("learned", "10.64.0.2", 6000);
  arrivals.hear("learned", "10.64.0.2", 6100);
  arrivals.expect("withdrawn", "10.64.0.2", 9000);
  assert.equal([arrivals.overtaken, arrivals.open], [1, 1]);
});

report.run();

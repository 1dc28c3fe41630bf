import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ColdWindow } from "./asker.ts";
import type { WarmWindow } from "./client.ts";
import type { FailoverOptions } from "./failover.ts";
import { createReport, STRAY_MS } from "./report.ts";
import type { Window } from "./samples.ts";
import { formatReport } from "./text.ts";
import type { Trial, VipTrial } from "./trial.ts";

const report = suite("failover report");

const options: FailoverOptions = { cases: [], trials: 3, nodeCounts: [3], families: ["4"], minutes: 1, logs: undefined };
const quiet: Window = { sent: 100, lost: 0, outageMs: 5, pauseMs: 5, slowestMs: 1, answeredBy: {} };
const mended = 10_000;
const heardAt = (...names: readonly (readonly [string, number])[]) =>
  Object.fromEntries(names.map(([name, atMs]) => [name, { count: 1, firstMs: atMs, lastMs: atMs }]));
const warm = (window: Partial<WarmWindow> = {}): WarmWindow => ({ ...quiet, connections: { ...quiet, sent: 0 }, failures: {}, ...window });
const cold = (window: Partial<ColdWindow> = {}): ColdWindow => ({ ...quiet, announcedBy: {}, ...window });

function trial(name: string, vip: Partial<VipTrial>, nodes = 3): Trial {
  return {
    ...{
      case: name,
      nodes,
      victim: "a",
      at: "",
      tookOver: "b",
      waitedMs: 1,
      struckMs: 9000,
      mendedMs: mended,
      backMs: 16_000,
      loadAverage: 1,
    },
    vips: [{ family: 4, warm: warm(), cold: cold(), warmAfter: warm(), coldAfter: cold(), ...vip }],
  };
}

/** `what: found`, with a sign of whether it is met. */
function verdicts(...trials: readonly Trial[]): string[] {
  const { targets } = createReport(options, { trials: [...trials], calms: [], failures: [] });
  return targets.map(({ what, found, isMet }) => `${what.replace("3 nodes, IPv4, ", "")}: ${found} ${isMet ? "met" : "missed"}`);
}

report("outages of a dead node count by their median and their longest", () => {
  const dead = (...outages: readonly number[]) => outages.map((outageMs) => trial("death", { warm: warm({ outageMs, lost: 60 }) }));
  assert.equal(verdicts(...dead(300, 310, 900)), ["death: outage: 310, 900 ms met"]);
  assert.equal(verdicts(...dead(300, 360, 900)), ["death: outage: 360, 900 ms missed"]);
  assert.equal(verdicts(...dead(300, 310, 901)), ["death: outage: 310, 901 ms missed"]);
});

report("a killed speaker may cost no probe, and the cold client is what counts", () => {
  assert.equal(verdicts(trial("kill", { cold: cold({ outageMs: 320 }) })), [
    "kill: probes lost: 0 met",
    "kill: cold client: 320, 320 ms met",
  ]);
  assert.equal(verdicts(trial("kill", { warm: warm({ lost: 1 }), cold: cold({ outageMs: 1000 }) })), [
    "kill: probes lost: 1 missed",
    "kill: cold client: 1,000, 1,000 ms missed",
  ]);
});

report("a connection that is lost while the owner comes back counts too", () => {
  const connections = { ...quiet, lost: 2 };
  assert.equal(verdicts(trial("leave", { warmAfter: warm({ connections, failures: { ECONNRESET: 2 } }) })), [
    "leave: new connections lost: 2 missed",
  ]);
});

report("a node that stood still may not speak for its VIP at once", () => {
  const speaks = (atMs: number) => verdicts(trial("freeze", { coldAfter: cold({ announcedBy: heardAt(["a", atMs]) }) }))[1];
  assert.is(speaks(mended + STRAY_MS - 1), "freeze: stray answers: 1 missed");
  assert.is(speaks(mended + STRAY_MS + 1), "freeze: stray answers: 0 met");
});

report("a partition has two owners, and one soon after", () => {
  const parted = (lastMs: number) => ({
    cold: cold({ answeredBy: heardAt(["b", 9500]) }),
    far: cold({ answeredBy: heardAt(["a", 9500]) }),
    coldAfter: cold({ answeredBy: heardAt(["b", lastMs], ["a", mended + 3000]) }),
  });
  assert.equal(verdicts(trial("partition", parted(mended + 40))), [
    "partition: two owners while parted: 1 met",
    "partition: one owner again: 40.0 ms met",
  ]);
  assert.is(verdicts(trial("partition", parted(mended + 2001)))[1], "partition: one owner again: 2,001 ms missed");
  assert.is(verdicts(trial("partition", { coldAfter: cold() }))[0], "partition: two owners while parted: 0 missed");
});

report("nobody may speak for an owner that was never away", () => {
  assert.equal(verdicts(trial("isolated", {})), ["isolated: false take-overs: 0 met", "isolated: probes lost: 0 met"]);
  const heard = { coldAfter: cold({ announcedBy: heardAt(["b", mended + 10]) }) };
  assert.is(verdicts(trial("isolated", heard))[0], "isolated: false take-overs: 1 missed");
});

report("the text has a row for each case, number of nodes and family, and says why connections were lost", () => {
  const trials = [trial("death", {}), trial("death", {}, 8), trial("leave", { warm: warm({ failures: { ECONNRESET: 2 } }) })];
  const text = formatReport(createReport(options, { trials, calms: [], failures: [] }));
  assert.match(text, /^ {4}3 {2}death +4 .*b 1/m);
  assert.match(text, /^ {4}8 {2}death /m);
  assert.match(text, /3 nodes, leave, IPv4: connections lost: ECONNRESET 2/);
  assert.not.match(text, /Infinity|NaN|undefined/);
});

report.run();

/** The whole bench with small numbers: what a user starts, so it runs the built program. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { PlanReport } from "./report.ts";

const bench = suite("bench plan");
const program = fileURLToPath(new URL("../../../../dist/herald.mjs", import.meta.url));

function start(...flags: string[]) {
  return spawnSync(process.execPath, [program, "bench", "plan", ...flags], { encoding: "utf8", timeout: 60_000 });
}

bench("reports sessions, moves and costs in JSON", () => {
  const run = start("--nodes", "3,60", "--vips", "300", "--rounds", "2", "--json");
  assert.is(run.status, 0, run.stderr);
  const {
    clusters,
    figures,
    options: { vips },
  } = JSON.parse(run.stdout) as PlanReport;
  assert.is(vips, 300);
  assert.equal(figures.find(({ what, of }) => what === "CPU after a node joined" && of === "60 nodes, balanced")?.values.length, 2);
  assert.equal(
    clusters.flatMap(({ nodes, policies }) => policies.map(({ policy }) => `${nodes} ${policy}`)),
    ["3 revertive", "3 balanced", "60 revertive", "60 balanced"],
  );
  for (const { nodes, policies } of clusters) {
    for (const { sessions, join, leave, start: first } of policies) {
      if (nodes === 3) assert.equal(sessions, { min: 2, median: 2, max: 2 }, "a full mesh");
      else assert.ok(sessions.min > 2 && sessions.max < 59, `${sessions.min} to ${sessions.max}`);
      assert.ok(leave.moves >= leave.least && leave.moves < 300, `${leave.moves} moves, at least ${leave.least}`);
      assert.ok(join.moves > 0 && join.moves < 150, `${join.moves} moves`);
      assert.ok(first.digests >= nodes * 300, `${first.digests} digests`);
      if (nodes === 60) assert.ok(join.digests < 600, `${join.digests} digests, one a VIP`);
    }
    assert.is(policies[0]?.leave.moves, policies[0]?.leave.least, "revertive moves what has to move");
  }
});

bench("is a table for people, and says which numbers of nodes it takes", () => {
  const run = start("--nodes", "4", "--vips", "20", "--rounds", "1");
  assert.is(run.status, 0, run.stderr);
  assert.match(run.stdout, /nodes {2}policy +sessions a node, min/);
  const refused = start("--nodes", "4,6000");
  assert.is.not(refused.status, 0);
  assert.match(refused.stderr, /Flag --nodes is 6000: expected a whole number from 2 to 5000/);
});

bench.run();

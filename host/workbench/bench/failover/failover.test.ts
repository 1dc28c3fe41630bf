/** A trial of the bench with two nodes: what a user starts, so it runs the built program. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { namespaces, testWith, tool } from "../../testing/requirements.ts";
import type { FailoverReport } from "./report.ts";

const bench = suite("bench failover");
/** The bench has narrower targets; a test must bear whatever else runs. */
const BUSY_MACHINE_MS = 3500;
const program = fileURLToPath(new URL("../../../../dist/herald.mjs", import.meta.url));

function herald(...flags: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, "bench", "failover", ...flags], { encoding: "utf8", timeout: 120_000 });
}

testWith(
  bench,
  [namespaces, tool("nsenter", "util-linux"), tool("bridge", "iproute2")],
  "hits the owner, and sees what both clients lose",
  () => {
    const { status, stdout, stderr } = herald("--json", "--nodes", "2", "--trials", "1", "--cases", "death,kill,leave");
    assert.is(status, 0, stderr);
    const { summaries, failures } = JSON.parse(stdout) as FailoverReport;
    assert.equal(failures, [], stderr);
    assert.equal(
      summaries.map((summary) => `${summary.case} ${summary.family} ${summary.trials}`),
      ["death", "kill", "leave"].flatMap((name) => [`${name} 4 1`, `${name} 6 1`]),
    );
    for (const { case: name, family, warmMs, coldMs, lost, connections, lostConnections, tookOver } of summaries) {
      const what = `${name} IPv${family}: ${warmMs.max} ms, ${coldMs.max} ms, ${lost} lost`;
      assert.is(tookOver["nobody"], undefined, what);
      assert.is(lost > 0, name === "death", what);
      if (name === "death") assert.ok(warmMs.max > 50 && warmMs.max < BUSY_MACHINE_MS, what);
      if (name === "kill") assert.ok(coldMs.max > 50 && coldMs.max < BUSY_MACHINE_MS, what);
      assert.is(connections > 50, name === "leave", what);
      assert.is(lostConnections, 0, what);
    }
  },
);

const mistakes: Readonly<Record<string, string>> = {
  "--cases deaht": "Unknown case deaht: did you mean death?",
  "--nodes 1": "Flag --nodes is 1: expected a whole number from 2 to 16",
  "--families 5": "Unknown family 5",
  "--trials 0": "Flag --trials is 0: expected a whole number from 1 to 10000",
};

for (const [flags, says] of Object.entries(mistakes)) {
  bench(`refuses ${flags}`, () => {
    const { status, stderr } = herald(...flags.split(" "));
    assert.is(status, 2);
    assert.ok(stderr.includes(says), stderr);
  });
}

bench.run();

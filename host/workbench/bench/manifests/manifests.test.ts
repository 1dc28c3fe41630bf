/** The whole bench with tiny numbers: what a user starts, so it runs the built program. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { namespaces, testWith, tool } from "../../testing/requirements.ts";
import type { ManifestsReport } from "./report.ts";

const bench = suite("bench manifests");
const program = fileURLToPath(new URL("../../../../dist/herald.mjs", import.meta.url));

testWith(bench, [namespaces, tool("nsenter", "util-linux")], "starts speakers, edits, and reports in JSON", () => {
  const flags = ["--services", "20", "--edits", "4", "--rounds", "1", "--json"];
  const run = spawnSync(process.execPath, [program, "bench", "manifests", ...flags], { encoding: "utf8", timeout: 60_000 });
  assert.is(run.status, 0, `${run.stderr}${run.stdout}`);
  const { wire, edits, costs } = JSON.parse(run.stdout) as ManifestsReport;
  assert.equal(
    wire?.starts.map(({ contender }) => contender),
    ["cold", "warm"],
  );
  for (const { firstMs, endsMs, allMs, wrong, residentBytes } of wire?.starts ?? []) {
    assert.ok(firstMs > 10 && firstMs <= endsMs && endsMs <= allMs, `${firstMs} ${endsMs} ${allMs}`);
    assert.is(wrong, 0);
    assert.ok(residentBytes > 10e6);
  }
  assert.equal(
    edits.map(({ place, way, edits: count, lost }) => `${place} ${way} ${count} ${lost}`),
    ["alone in place 2 0", "alone by rename 2 0", "all in place 2 0", "all by rename 2 0"],
  );
  assert.is(costs.parse.parsedAgain, 1);
});

bench.run();

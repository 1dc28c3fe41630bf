/** The bench with tiny numbers: what a user starts, so it runs the built program. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { namespaces, testWith, tool } from "../../testing/requirements.ts";
import { PROGRAM } from "../../testing/running-lab.ts";
import type { FootprintReport } from "./report.ts";
import { BGP } from "./settings.ts";

const bench = suite("bench footprint");
const needs = [namespaces, tool("nsenter", "util-linux")];

function run(settings: string): FootprintReport {
  const flags = ["--rounds", "1", "--settings", settings, "--settle", "3", "--idle", "3", "--json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, "bench", "footprint", ...flags], {
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.is(status, 0, `${stderr}${stdout}`);
  return JSON.parse(stdout) as FootprintReport;
}

testWith(bench, needs, "measures a speaker with a session of BGP, and with one of BFD more", () => {
  const { measured, figures, targets } = run("bgp,bfd-1");
  assert.equal(
    measured.map(({ contender, processes }) => [contender, processes]),
    [
      [BGP, 1],
      [`${BGP}, 1 BFD session`, 1],
    ],
  );
  for (const one of measured) {
    assert.ok(one.residentBytes > one.emptyNodeBytes && one.emptyNodeBytes > 20e6 && one.proportionalBytes > 10e6, JSON.stringify(one));
    assert.ok(one.files > 10 && one.threads > 5 && one.wakeupsPerSecond > 1 && one.cpuShare > 0, JSON.stringify(one));
  }
  assert.ok((measured[0]?.bfdPerSecond ?? 1) === 0 && (measured[1]?.bfdPerSecond ?? 0) > 4, JSON.stringify(measured));
  assert.equal(
    figures.filter(({ what }) => what === "Wake-ups at rest").map(({ of, values }) => [of, values]),
    measured.map(({ contender, wakeupsPerSecond }) => [contender, [wakeupsPerSecond]]),
  );
  assert.is(targets.length, 4);
  assert.ok(targets.every(({ isMet }) => isMet !== null));
});

testWith(bench, needs, "counts the process of a third-party plugin", () => {
  const { measured, targets } = run("plugin");
  assert.is(measured[0]?.processes, 2, JSON.stringify(measured));
  assert.ok(targets.every(({ isMet }) => isMet === null));
});

bench.run();

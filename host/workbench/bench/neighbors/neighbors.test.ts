/** The whole bench for some seconds: what a user starts, so it runs the built program. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { namespaces, testWith, tool } from "../../testing/requirements.ts";
import { PROGRAM } from "../../testing/running-lab.ts";
import type { NeighborsReport } from "./neighbors.ts";

const bench = suite("bench neighbors");

testWith(bench, [namespaces, tool("nsenter", "util-linux")], "looks at an entry of each family, and finds no gap", () => {
  const flags = ["bench", "neighbors", "--minutes", "0.05", "--json"];
  const run = spawnSync(process.execPath, [PROGRAM, ...flags], { encoding: "utf8", timeout: 60_000 });
  assert.is(run.status, 0, `${run.stderr}${run.stdout}`);
  const { options, vips } = JSON.parse(run.stdout) as NeighborsReport;
  assert.equal([options.minutes, vips.map(({ vip }) => vip)], [0.05, ["192.0.2.240", "2001:db8::f0"]]);
  for (const { vip, looks, gaps, macs, sent, echoed } of vips) {
    assert.ok(looks > 3 && sent > 5, `${looks} looks and ${sent} datagrams at ${vip}`);
    assert.equal([gaps, macs.length, echoed], [0, 1, sent], vip);
  }
});

bench.run();

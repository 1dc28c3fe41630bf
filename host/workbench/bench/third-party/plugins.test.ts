/** The whole bench with tiny numbers, by the built program. No timing is judged. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { namespaces, testWith, tool } from "../../testing/requirements.ts";
import { besideNames } from "./beside.ts";
import type { PluginsReport } from "./report.ts";

const bench = suite("bench plugins");
const program = fileURLToPath(new URL("../../../../dist/herald.mjs", import.meta.url));
const tiny = ["--rounds", "1", "--plugins", "1,2", "--seconds", "0.2", "--vips", "100"];
const needed = [namespaces, tool("nsenter", "util-linux"), tool("ip", "iproute2")];

testWith(bench, needed, "plugins start, hold memory and answer, and arp answers beside hostile ones", () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, "bench", "plugins", "--json", ...tiny], {
    encoding: "utf8",
    timeout: 150_000,
  });
  assert.is(status, 0, stderr);
  const { costs, beside, targets, hostile } = JSON.parse(stdout) as PluginsReport;
  assert.equal(
    costs.map(({ contender }) => contender),
    ["process 1", "process 2", "cell 1", "cell 2"],
  );
  for (const { contender, plugins, startMs, memoryBytes, callMicros } of costs) {
    assert.is(startMs.length, plugins, contender);
    assert.ok(memoryBytes > 4e6, `${contender}: ${memoryBytes} bytes`);
    assert.ok(callMicros.p50 > 0 && callMicros.p99 >= callMicros.p50, contender);
  }
  const [, processes, , cell] = costs.map(({ memoryBytes }) => memoryBytes);
  assert.ok((processes ?? 0) > (cell ?? 0), "two processes hold more than one with two plugins");
  assert.is(hostile, 2);
  assert.equal([...new Set((beside ?? []).map(({ contender }) => contender))].sort(), Object.values(besideNames).sort());
  for (const { contender, load, result } of beside ?? []) {
    assert.ok(result.replies > 0, `${contender}, ${load}`);
    assert.is(result.wrong, 0, `${contender}, ${load}`);
  }
  assert.is(targets.filter(({ isMet }) => isMet === null).length, 0);
});

bench.run();

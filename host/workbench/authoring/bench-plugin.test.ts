/** `herald plugin bench`: it measures what it says, of a plugin with a packet program. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { bench } from "../../cli/plugin/bench.ts";
import { runHere } from "../testing/run-command.ts";
import type { PluginCost } from "./bench-plugin.ts";
import { writeNewPlugin } from "./new-plugin.ts";

const BENCH = suite("herald plugin bench");
const root = mkdtempSync(join(tmpdir(), "herald-bench-"));

BENCH.after(() => rmSync(root, { recursive: true }));

BENCH("measures start, rows, calls, memory, and a frame", async () => {
  const folder = join(root, "hot");
  writeNewPlugin({ name: "hot", folder, hasProgram: true });
  const { code, out, err } = await runHere(bench, folder, "--json");
  assert.is(code, 0, err);
  const { openMs, startMs, applyMs, callMicros, memoryMb, program } = JSON.parse(out) as PluginCost;
  assert.equal(Object.keys(applyMs), ["1", "100", "10000"]);
  for (const value of [openMs, startMs, ...Object.values(applyMs), callMicros.p50, memoryMb?.pss ?? 0, program?.frameNs ?? 0]) {
    assert.ok(value > 0);
  }
  assert.ok(callMicros.p99 >= callMicros.p50);
  assert.ok((program?.fuelPerFrame ?? 0) > 10);
});

BENCH.run();

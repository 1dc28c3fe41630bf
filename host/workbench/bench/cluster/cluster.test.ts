/** The whole bench with small numbers: what a user starts, so it runs the built program. No timing is judged. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { apiServer, namespaces, testWith, tool } from "../../testing/requirements.ts";
import type { ClusterReport } from "./report.ts";

const bench = suite("bench cluster");
const program = fileURLToPath(new URL("../../../../dist/herald.mjs", import.meta.url));
const needed = [namespaces, tool("nsenter", "util-linux")];
const SERVICES = 120;
const LIMIT_MS = 180_000;

function run(flags: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  return spawnSync(process.execPath, [program, "bench", "cluster", ...flags], { encoding: "utf8", timeout: LIMIT_MS, env });
}

testWith(bench, [...needed, apiServer], "measures a controller and a speaker on an API server, and reports in JSON", () => {
  const flags = ["--services", `${SERVICES}`, "--nodes", "10", "--writes", "5", "--seconds", "1", "--rest", "0.1", "--json"];
  const { status, stdout, stderr } = run(flags);
  assert.is(status, 0, `${stderr}${stdout}`);
  const { setUp, controllers, speaker, updates, latency, targets } = JSON.parse(stdout) as ClusterReport;
  assert.ok(setUp.objects > 2 * SERVICES + 10);
  const [cold, warm] = controllers;
  assert.equal([cold?.start, cold?.changes, warm?.start, warm?.changes], ["cold", SERVICES, "warm", 0]);
  assert.ok(cold !== undefined && cold.leadingMs < (cold.allocatedMs ?? 0), JSON.stringify(cold));
  for (const { cpuSeconds, restCpuSeconds, peakBytes, residentBytes } of controllers) {
    assert.ok(cpuSeconds.controller > 0 && cpuSeconds.controller <= restCpuSeconds && cpuSeconds.apiServer > 0, JSON.stringify(cpuSeconds));
    assert.ok(residentBytes > 10e6 && peakBytes >= residentBytes);
  }
  assert.ok(speaker.readyMs > 10 && speaker.readyCpuSeconds <= speaker.restCpuSeconds && speaker.residentBytes > 10e6);
  assert.equal(
    updates.map(({ from }) => from),
    ["API server", "replay"],
  );
  for (const { updates: sent, seconds, cpuSeconds } of updates)
    assert.ok(sent > 0 && seconds >= 1 && cpuSeconds > 0, `${sent} ${seconds} ${cpuSeconds}`);
  assert.ok((updates[1]?.announcements ?? 0) > 0, "a Local Service of this node was announced again");
  assert.is(latency.length, 5);
  for (const { writtenMs, statusMs, announcedMs } of latency) {
    assert.ok(writtenMs > 0 && statusMs > 0 && announcedMs > 0 && announcedMs < 30_000, `${writtenMs} ${statusMs} ${announcedMs}`);
  }
  assert.is(targets.filter(({ isMet }) => isMet === null).length, 0);
});

testWith(bench, needed, "says what it needs where there is no API server", () => {
  const { KUBEBUILDER_ASSETS: _, ...env } = process.env;
  const { status, stdout, stderr } = run([], env);
  assert.equal([status, stdout], [3, ""]);
  assert.match(stderr, /nothing is measured, since it needs kube-apiserver and etcd \(.*KUBEBUILDER_ASSETS.*\)/);
});

bench.run();

/** Tests of a whole bench of neighbor answers with tiny numbers: what a user starts, so they run the built program. No timing is judged. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Test } from "uvu";
import * as assert from "uvu/assert";
import { findTool, namespaces, testWith, tool } from "../../testing/requirements.ts";
import { processTree } from "../harness/process-tree.ts";
import { names } from "./contenders.ts";
import type { Family } from "./family.ts";
import type { AnswersReport } from "./report.ts";

const program = fileURLToPath(new URL("../../../../dist/herald.mjs", import.meta.url));
const tiny = ["--rounds", "1", "--seconds", "0.05", "--vips", "100"];
const needed = [namespaces, tool("nsenter", "util-linux"), tool("ip", "iproute2")];

export function runBench(
  flags: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, "bench", ...flags], { encoding: "utf8", timeout: 100_000, env });
}

/** An environment whose path holds these tools and nothing else but what the system's folders have. */
function withTools(tools: readonly string[], run: (env: NodeJS.ProcessEnv) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "herald-bench-"));
  try {
    for (const name of tools) symlinkSync(findTool(name) ?? "", join(folder, name));
    run({ ...process.env, PATH: folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** For the bench of one family, which has one peer. */
export function testAnswersBench(suite: Test, family: Family["name"], peer: "farpd" | "ndppd"): void {
  testWith(
    suite,
    [...needed, tool("cc", "gcc libc6-dev"), tool(peer)],
    "measures every responder, and each of them answers rightly",
    () => {
      const { status, stdout, stderr } = runBench([family, "--json", "--driver", "poll,event-loop,guarded", ...tiny]);
      assert.is(status, 0, stderr);
      checkReport(JSON.parse(stdout) as AnswersReport, family, peer);
    },
  );

  testWith(suite, needed, "says what it did not run where there is no C compiler, for people", () => {
    withTools(["ip", "mount", "nsenter", "sh", "unshare"], (env) => {
      const { status, stdout, stderr } = runBench([family, "--driver", "event-loop", ...tiny], env);
      assert.is(status, 0, stderr);
      assert.match(stdout, /^Not run: C, batched: no C compiler \(apt-get install gcc libc6-dev\)$/m);
      assert.match(stdout, /At 100,000 requests\/s\nresponder/);
      assert.match(stdout, /Not pinned to CPUs: no taskset/);
      assert.match(stdout, /Herald, event loop: CPU flooded, of C, batched +at least 90 % +– +not measured/);
      assert.not.match(stdout, /NaN|undefined|Herald {2}/);
    });
  });

  suite("without namespaces measures the packet program alone, says why in one line, and exits 3", () => {
    withTools([], (env) => {
      const { status, stdout, stderr } = runBench([family, ...tiny], env);
      assert.is(status, 3, stderr);
      assert.match(stderr, new RegExp(`^herald bench ${family}: only the packet program .*unshare.*\\n$`, "m"));
      assert.match(stdout, /Packet program alone: [\d.,]+ ns a frame/);
      assert.match(stdout, /not measured/);
    });
  });

  testWith(suite, needed, "leaves no process behind when it is interrupted", async () => {
    const child = spawn(process.execPath, [program, "bench", family, "--vips", "100"], { stdio: ["ignore", "ignore", "pipe"] });
    await new Promise((resolve) => child.stderr.once("data", resolve));
    await new Promise((resolve) => setTimeout(resolve, 500)); // somewhere inside its first measurement
    const inside = processTree(child.pid ?? 0).slice(1);
    assert.ok(inside.length > 0);
    child.kill("SIGINT");
    const code = await new Promise((resolve) => child.once("exit", resolve));
    assert.is(code, 130);
    assert.equal(inside.filter(isAlive), []);
  });
}

const LOADS = ["flood", 10_000, 100_000] as const;

function checkReport({ bench, summaries, figures, programNs, wire, targets }: AnswersReport, family: string, peer: string): void {
  assert.is(bench, family);
  const answering = [names.poll, names["event-loop"], names.guarded, names.batched, names.single, names.kernel, peer];
  const expected = LOADS.flatMap((load) => [...answering, ...(load === "flood" ? [names.nobody] : [])].map((name) => `${name} ${load}`));
  assert.equal(
    summaries.map(({ responder, load }) => `${responder} ${load}`),
    expected,
  );
  for (const summary of summaries) checkSummary(summary);
  assert.is(programNs.length, 1);
  assert.is(wire?.runs.length, expected.length);
  assert.ok((wire?.emptyNodeBytes ?? 0) > 10e6);
  assert.is(targets.length, (family === "arp" ? 1 : 0) + 2 * 5);
  const cpu = figures.filter(({ what }) => what === "CPU per reply, 10,000 requests/s");
  assert.equal(
    cpu.map(({ of, values }) => [of, values.length]),
    answering.filter((name) => name !== names.kernel).map((name) => [name, 1]),
  );
}

function checkSummary(summary: AnswersReport["summaries"][number]): void {
  const { responder, load, requests, lost, checked, wrong, cpuNs, ofBatchedC, latencyMicros, timesBatchedC, residentBytes } = summary;
  const what = `${responder} ${load}`;
  assert.ok(requests > 0, what);
  assert.is(wrong, 0, what);
  if (responder === names.nobody) {
    assert.equal([lost, checked], [requests, 0], what);
    return;
  }
  assert.ok(requests > lost, what);
  // Paced, every reply is looked at but those that the generator was too slow to read.
  assert.ok(load === "flood" ? checked > 0 : checked > (requests - lost) / 2, `${what}: ${checked} of ${requests}`);
  assert.is(latencyMicros === null || timesBatchedC === null, load === "flood", what);
  assert.is(residentBytes === null, responder === names.kernel, what);
  assert.is(cpuNs === null || ofBatchedC === null, responder === names.kernel && load !== "flood", what);
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

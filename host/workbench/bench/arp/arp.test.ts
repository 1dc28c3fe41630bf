/** The whole bench with tiny numbers: what a user starts, so it runs the built program. No timing is judged. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { findTool, namespaces, testWith, tool } from "../../testing/requirements.ts";
import type { ArpReport } from "./report.ts";
import { names } from "./responders.ts";

const bench = suite("bench arp");
const program = fileURLToPath(new URL("../../../../dist/herald.mjs", import.meta.url));
const tiny = ["--rounds", "1", "--seconds", "0.05", "--vips", "100"];
const needed = [namespaces, tool("nsenter", "util-linux"), tool("ip", "iproute2")];

function herald(flags: readonly string[], env: NodeJS.ProcessEnv = process.env): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [program, "bench", ...flags], { encoding: "utf8", timeout: 60_000, env });
}

/** An environment whose path holds these tools and nothing else. */
function withTools(tools: readonly string[], run: (env: NodeJS.ProcessEnv) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "herald-bench-"));
  try {
    for (const name of tools) symlinkSync(findTool(name) ?? "", join(folder, name));
    run({ ...process.env, PATH: folder });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

testWith(bench, [...needed, tool("cc", "gcc libc6-dev")], "measures every responder, and each of them answers rightly", () => {
  const { status, stdout, stderr } = herald(["arp", "--json", ...tiny]);
  assert.is(status, 0, stderr);
  const { summaries, programNs, wire, targets } = JSON.parse(stdout) as ArpReport;
  const answering = [names.poll, names.batched, names.single, names.kernel];
  const expected = ["flood", 10_000, 100_000].flatMap((load) =>
    [...answering, ...(load === "flood" ? [names.nobody] : [])].map((name) => `${name} ${load}`),
  );
  assert.equal(
    summaries.map(({ responder, load }) => `${responder} ${load}`),
    expected,
  );
  for (const { responder, load, requests, lost, checked, wrong, cpuNs, ofBatchedC, latencyMicros, residentBytes } of summaries) {
    const what = `${responder} ${load}`;
    assert.ok(requests > 0, what);
    assert.is(wrong, 0, what);
    if (responder === names.nobody) {
      assert.equal([lost, checked], [requests, 0], what);
      continue;
    }
    assert.ok(requests > lost, what);
    // Paced, every reply is looked at but those that the generator was too slow to read.
    assert.ok(load === "flood" ? checked > 0 : checked > (requests - lost) / 2, `${what}: ${checked} of ${requests}`);
    assert.is(latencyMicros === null, load === "flood", what);
    assert.is(residentBytes === null, responder === names.kernel, what);
    assert.is(cpuNs === null || ofBatchedC === null, responder === names.kernel && load !== "flood", what);
  }
  assert.is(programNs.length, 1);
  assert.is(wire?.runs.length, expected.length);
  assert.ok((wire?.emptyNodeBytes ?? 0) > 10e6);
  assert.is(targets.length, 4);
});

testWith(bench, needed, "says what it did not run where there is no C compiler, for people", () => {
  withTools(["ip", "mount", "nsenter", "sh", "unshare"], (env) => {
    const { status, stdout, stderr } = herald(["arp", "--driver", "event-loop", ...tiny], env);
    assert.is(status, 0, stderr);
    assert.match(stdout, /C, batched: not run: no C compiler \(apt-get install gcc libc6-dev\)/);
    assert.match(stdout, /At 100,000 requests\/s\nresponder/);
    assert.match(stdout, /Not pinned to CPUs: no taskset/);
    assert.not.match(stdout, /NaN|undefined|Herald {2}/);
  });
});

bench("without namespaces measures the packet program alone, says why in one line, and exits 3", () => {
  withTools([], (env) => {
    const { status, stdout, stderr } = herald(["arp", ...tiny], env);
    assert.is(status, 3, stderr);
    assert.match(stderr, /^herald bench arp: only the packet program .*unshare.*\n$/);
    assert.match(stdout, /Packet program alone: [\d.,]+ ns a frame/);
    assert.match(stdout, /not measured/);
  });
});

testWith(bench, needed, "leaves no process behind when it is interrupted", async () => {
  const child = spawn(process.execPath, [program, "bench", "arp", "--vips", "100"], { stdio: ["ignore", "ignore", "pipe"] });
  await new Promise((resolve) => child.stderr.once("data", resolve));
  await new Promise((resolve) => setTimeout(resolve, 500)); // somewhere inside its first measurement
  const inside = descendants(child.pid ?? 0);
  assert.ok(inside.length > 0);
  child.kill("SIGINT");
  const code = await new Promise((resolve) => child.once("exit", resolve));
  assert.is(code, 130);
  assert.equal(inside.filter(isAlive), []);
});

function descendants(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

const mistakes: Readonly<Record<string, readonly [flags: string[], says: string]>> = {
  "a misspelled bench": [["apr"], "Unknown bench apr: did you mean arp?"],
  "no rounds": [["arp", "--rounds", "0"], "Flag --rounds is 0: expected a whole number from 1 to 1000"],
  "too many VIPs": [["arp", "--vips", "65537"], "Flag --vips is 65537: expected a whole number from 1 to 65536"],
  "a length that is none": [["arp", "--seconds", "soon"], "Flag --seconds is soon: expected a number from 0.01 to 60"],
  "an unknown driver": [["arp", "--driver", "event-lop"], "Unknown driver event-lop: did you mean event-loop?"],
};

for (const [what, [flags, says]] of Object.entries(mistakes)) {
  bench(`refuses ${what} in one line`, () => {
    const { status, stdout, stderr } = herald(flags);
    assert.equal([status, stdout], [2, ""]);
    const command = flags.length > 1 ? "herald bench arp" : "herald bench";
    assert.is(stderr, `${command}: ${says} (see ${command} --help)\n`);
  });
}

bench("lists the benches", () => {
  const { status, stdout } = herald([]);
  assert.is(status, 0);
  assert.match(stdout, /^arp +CPU per ARP reply/m);
});

bench.run();

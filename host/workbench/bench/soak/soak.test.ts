/** The whole bench for some seconds: what a user starts, so it runs the built program. */
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { namespaces, testWith, tool } from "../../testing/requirements.ts";
import { PROGRAM } from "../../testing/running-lab.ts";
import { processTree, read } from "../harness/process-tree.ts";
import type { SoakReport } from "./report.ts";

const bench = suite("bench soak");
const needs = [namespaces, tool("nsenter", "util-linux")];

/** Runs it, and `meanwhile`, which is given the number of its process, once it has taken samples. */
async function run(flags: readonly string[], meanwhile: (pid: number) => Promise<void> = async () => {}) {
  const child = spawn(process.execPath, [PROGRAM, "bench", "soak", ...flags, "--json"], { stdio: ["ignore", "pipe", "pipe"] });
  let out = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const isUnderWay = () => /[1-9]\d* samples/.test(errors);
  while (!isUnderWay() && child.exitCode === null) await sleep(100);
  await meanwhile(child.pid ?? 0).catch((error: Error) => {
    child.kill("SIGTERM");
    throw error;
  });
  const code = await ended;
  assert.ok(out !== "", errors);
  return { code, report: JSON.parse(out) as SoakReport };
}

testWith(bench, needs, "makes changes of every kind, finds all of them at the router and on the wire, and reads memory", async () => {
  const { report } = await run(["--minutes", "0.2", "--changes-per-second", "40"]);
  const { run: done, figures, series, targets } = report;
  for (const kind of ["added", "moved", "edited", "removed"] as const) assert.ok(done.changes[kind] > 1, JSON.stringify(done.changes));
  for (const { expected, arrived } of Object.values(done.arrivals))
    assert.ok(expected > 5 && arrived === expected, `${arrived} of ${expected}`);
  assert.equal(
    targets.slice(1).map(({ what, isMet }) => `${what} ${isMet}`),
    ["Changes that arrived true", "Clean end true"],
  );
  assert.ok(done.samples.length > 10 && done.samples.every(({ residentBytes }) => residentBytes > 30e6), `${done.samples.length} samples`);
  assert.ok(done.samples.some(({ heapUsedBytes, proportionalBytes }) => (heapUsedBytes ?? 0) > 5e6 && (proportionalBytes ?? 0) > 10e6));
  assert.equal([figures.length, series?.length, series?.[0]?.points.length], [10, 5, done.samples.length]);
});

testWith(bench, needs, "says that the speaker ended, and ends then", async () => {
  const { code, report } = await run(["--minutes", "5", "--changes-per-second", "20"], async (pid) => {
    const speaker = processTree(pid).find(
      (one) => /\0run\0.*\0--controller\0/.test(read(`/proc/${one}/cmdline`)) && read(`/proc/${one}/comm`) === "node\n",
    );
    assert.ok(speaker, "a speaker runs");
    process.kill(speaker, "SIGKILL");
  });
  assert.is(code, 1);
  assert.ok(report.run.seconds < 60, `after ${report.run.seconds} s`);
  assert.match(report.notes.join("\n"), /Not clean: The speaker ended during the soak: SIGKILL/);
  assert.is(report.targets.find(({ what }) => what === "Clean end")?.isMet, false);
});

bench.run();

import { spawn } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { longestWaitMs, parseCpuList, readCpuTime, readResidentBytes, since } from "./machine.ts";

const machine = suite("machine");

machine("parseCpuList() reads ranges and single CPUs", () => {
  assert.equal(parseCpuList("0-2,5"), [0, 1, 2, 5]);
  assert.equal(parseCpuList("7"), [7]);
  assert.equal(parseCpuList(""), []);
});

machine("since() adds up what all threads ran, and takes the wait of the busiest", () => {
  const at = (run: number, wait: number) => ({ runNs: run, waitNs: wait });
  const before = new Map([
    ["1", at(900, 900)],
    ["2", at(10, 5)],
  ]);
  const after = new Map([
    ["1", at(901, 990)],
    ["2", at(110, 7)],
    ["3", at(20, 60)], // new
  ]);
  assert.equal(since(before, after), { runNs: 121, waitNs: 2 });
});

machine("longestWaitMs() is of the thread that waited longest, not of one that is gone", () => {
  const at = (wait: number) => ({ runNs: 0, waitNs: wait * 1e6 });
  const before = new Map(Object.entries({ 1: at(900), 2: at(10), 3: at(500) }));
  assert.is(longestWaitMs(before, new Map(Object.entries({ 1: at(905), 2: at(40) }))), 30);
  assert.is(longestWaitMs(before, new Map()), 0);
});

if (process.platform === "linux") {
  machine("readCpuTime() counts what a process spent, all its threads", () => {
    const before = readCpuTime(process.pid);
    const startedMs = process.cpuUsage();
    let spentMicros = 0;
    while (spentMicros < 30_000) spentMicros = process.cpuUsage(startedMs).user + process.cpuUsage(startedMs).system;
    const { runNs, waitNs } = since(before, readCpuTime(process.pid));
    assert.ok(runNs > 20e6 && runNs < 30e9, `${runNs}`);
    assert.ok(waitNs >= 0);
  });

  machine("readCpuTime() says so of a process that is gone, readResidentBytes() gives 0", async () => {
    const child = spawn(process.execPath, ["-e", ""]);
    await new Promise((resolve) => child.once("exit", resolve));
    assert.throws(() => readCpuTime(child.pid ?? 0), /ENOENT/);
    assert.is(readResidentBytes(child.pid ?? 0), 0);
  });

  machine("readResidentBytes() is about what Node says of itself", () => {
    const share = readResidentBytes(process.pid) / process.memoryUsage.rss();
    assert.ok(share > 0.8 && share < 1.25, `${share}`);
  });
}

machine.run();

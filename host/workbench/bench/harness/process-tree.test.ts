import { spawn } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { readResidentBytes, since } from "./machine.ts";
import { processTree, readTreeCpuTime, sumOverTree } from "./process-tree.ts";

const tree = suite("process tree");

tree("children count with their parent, and what has ended counts nothing", async () => {
  // The shell works for itself, and starts one that waits.
  const child = spawn("sh", ["-c", "sleep 30 & echo started; wait"], { stdio: ["ignore", "pipe", "inherit"] });
  const pid = child.pid ?? 0;
  try {
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const pids = processTree(pid);
    assert.is(pids.length, 2);
    assert.is(pids[0], pid);
    const before = readTreeCpuTime(pid);
    assert.equal([...before.keys()].map(Number).sort(), [...pids].sort(), "each has one thread");
    assert.ok(since(before, readTreeCpuTime(pid)).runNs >= 0);
    assert.ok(sumOverTree(pid, readResidentBytes) > readResidentBytes(pid));
    process.kill(pids[1] as number);
    await new Promise((resolve) => child.once("exit", resolve));
    assert.equal(processTree(pid), [pid]);
    assert.is(sumOverTree(pid, readResidentBytes), 0);
    assert.throws(() => readTreeCpuTime(pid), /ENOENT/);
  } finally {
    child.kill("SIGKILL");
  }
});

tree.run();

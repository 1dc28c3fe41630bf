import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement } from "../announcer.ts";
import { NeedsChange } from "../sandbox/needs-change.ts";
import { FakeClock, settled } from "../workbench/testing/fake-clock.ts";
import { FakePlugin } from "../workbench/testing/fake-plugin.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { PluginRun } from "./plugin-run.ts";

const SUPERVISION = suite("PluginRun of a plugin in a process of its own");

const MINUTE_MS = 60_000;
const row = (vip: string): Announcement => ({ vip, family: 4, links: null, services: ["a/b"], attributes: {} });

async function open(prepare: (first: FakePlugin) => void = () => {}) {
  const calls: string[] = [];
  const versions = new Map<string, FakePlugin>();
  const version = (name: string): FakePlugin => {
    const made = new FakePlugin(name, calls);
    versions.set(name, made);
    return made;
  };
  const first = version("v1");
  prepare(first);
  const clock = new FakeClock();
  const { log, lines } = recordedLog();
  const run = new PluginRun({
    ...{ supply: first.supply, config: {}, clock, log, random: () => 0.5 },
    start: async (hosted, config, program) => (versions.get(hosted.foreign?.specifier ?? "") as FakePlugin).start(config, program),
  });
  run.lane.desire("192.0.2.1", row("192.0.2.1"));
  await run.start();
  const take = async () => {
    for (let turn = 0; turn < 5; turn++) await settled();
    return calls.splice(0);
  };
  const end = async () => {
    await run.halt();
    const stopped = run.lane.stop("replace").catch(() => {});
    await clock.advance(5000);
    await stopped;
    await run.close();
    assert.is([...versions.values()].flatMap(({ processes }) => processes).length, 0, "processes that are left");
    assert.is(clock.pending, 0);
  };
  return { run, first, version, clock, lines, take, end };
}

SUPERVISION("one that ends is started again after a second, and its rows are told again", async () => {
  const { run, first, clock, take, end, lines } = await open();
  assert.equal(await take(), ["v1 start as toy", "v1 +1"]);
  first.processes[0]?.lose("ended by signal SIGKILL");
  assert.equal(await take(), []);
  assert.equal([run.state, run.trouble, run.lane.rows()[0]?.state], ["waiting", "ended by signal SIGKILL", "unsure"]);
  assert.equal(lines.at(-1)?.message, "ended by signal SIGKILL");
  await clock.advance(999);
  assert.equal(await take(), []);
  await clock.advance(1);
  assert.equal(await take(), ["v1 start as toy", "v1 +1"]);
  assert.equal([run.state, run.trouble, run.restarts, run.lane.rows()[0]?.state], ["running", undefined, 1, "told"]);
  await end();
});

SUPERVISION("one that keeps ending is parked, tried every five minutes, and well again after five good ones", async () => {
  const { run, first, clock, take, end } = await open();
  for (const delayMs of [1000, 2000, 4000, 8000]) {
    await take();
    first.processes[0]?.lose("heap limit");
    await take();
    assert.is(run.state, "waiting");
    await clock.advance(delayMs);
  }
  await take();
  first.processes[0]?.lose("heap limit");
  await take();
  assert.equal([run.state, run.restarts], ["parked", 4]);
  await clock.advance(5 * MINUTE_MS);
  assert.equal([await take(), run.state], [["v1 start as toy", "v1 +1"], "running"]);
  await clock.advance(6 * MINUTE_MS);
  first.processes[0]?.lose("heap limit");
  await take();
  assert.is(run.state, "waiting");
  await end();
});

SUPERVISION("what only a change can mend is not tried again before one", async () => {
  const { run, clock, take, end, version } = await open((first) => {
    first.onStart = () => {
      throw new NeedsChange("it needs permission udp *:53");
    };
  });
  assert.equal([await take(), run.state, run.trouble, clock.pending], [["v1 start as toy"], "refused", "it needs permission udp *:53", 0]);
  run.replace(version("v2").supply);
  assert.equal([await take(), run.state], [["v2 start as toy", "v2 +1"], "running"]);
  await end();
});

SUPERVISION("another one is started beside it, told everything, and only then it is stopped", async () => {
  const { run, first, version, take, end } = await open();
  await take();
  const second = version("v2");
  run.replace(second.supply);
  assert.equal(await take(), ["v2 start as toy~next", "v2 +1", "v1 stop replace"]);
  assert.equal([first.processes.length, second.processes.length, run.supply.origin.specifier], [0, 1, "v2"]);
  run.replace(version("v3").supply);
  assert.equal(await take(), ["v3 start as toy", "v3 +1", "v2 stop replace"]);
  await end();
});

SUPERVISION("another one that does not start, or fails to take over, leaves it alone, and is tried again", async () => {
  const { run, first, version, take, clock, end } = await open();
  await take();
  const second = version("v2");
  second.onStart = () => {
    throw new Error("no such device");
  };
  run.replace(second.supply);
  assert.equal(await take(), ["v2 start as toy~next"]);
  assert.equal([run.state, run.trouble, run.supply.origin.specifier], ["running", "no such device", "v1"]);
  second.onStart = () => {};
  second.onApply = () => {
    throw new Error("table is full");
  };
  await clock.advance(1000);
  assert.equal(await take(), ["v2 start as toy~next"]);
  assert.equal([run.trouble, first.processes.length, second.processes.length], ["table is full", 1, 0]);
  run.lane.desire("192.0.2.2", row("192.0.2.2"));
  run.lane.run();
  assert.equal(await take(), ["v1 +2"]);
  second.onApply = () => {};
  await clock.advance(2000);
  assert.equal(await take(), ["v2 start as toy~next", "v2 +1 +2", "v1 stop replace"]);
  assert.equal([run.state, run.trouble], ["running", undefined]);
  await end();
});

SUPERVISION("where both need the same port they follow each other, and it is back where the other cannot start", async () => {
  const port = { taken: false };
  const { run, version, take, end } = await open((first) => {
    first.port = port;
  });
  await take();
  const second = version("v2");
  second.port = port;
  run.replace(second.supply);
  assert.equal(await take(), ["v2 start as toy~next", "v1 stop replace", "v2 start as toy", "v2 +1"]);
  const third = version("v3");
  third.port = port;
  third.onStart = () => {
    if (!port.taken) throw new Error("no such device");
  };
  run.replace(third.supply);
  assert.equal(await take(), ["v3 start as toy~next", "v2 stop replace", "v3 start as toy", "v2 start as toy", "v2 +1"]);
  assert.equal([run.state, run.trouble, run.supply.origin.specifier], ["running", "no such device", "v2"]);
  await end();
});

SUPERVISION("one that ends while another takes over is not missed", async () => {
  const { run, first, version, take, end } = await open();
  await take();
  const second = version("v2");
  second.onStart = () => first.processes[0]?.lose("ended by signal SIGSEGV");
  run.replace(second.supply);
  assert.equal(await take(), ["v2 start as toy~next", "v2 +1", "v1 stop replace"]);
  assert.is(run.state, "running");
  const third = version("v3");
  third.onApply = () => {
    second.processes[0]?.lose("ended by signal SIGSEGV");
    throw new Error("table is full");
  };
  run.replace(third.supply);
  await take();
  assert.equal([run.state, run.lane.rows()[0]?.state], ["waiting", "unsure"]);
  await end();
});

SUPERVISION("one whose upgrade was refused is started again when it ends", async () => {
  const { run, first, version, take, clock, end } = await open();
  await take();
  const second = version("v2");
  second.onStart = () => {
    throw new NeedsChange("it needs permission udp *:53");
  };
  run.replace(second.supply);
  assert.equal([await take(), run.state, run.trouble], [["v2 start as toy~next"], "running", "it needs permission udp *:53"]);
  first.processes[0]?.lose("heap limit");
  await take();
  assert.equal([run.state, run.trouble], ["waiting", "heap limit"]);
  await clock.advance(1000);
  assert.equal(await take(), ["v1 start as toy", "v1 +1"]);
  assert.equal([run.state, run.trouble, clock.pending], ["running", "it needs permission udp *:53", 0]);
  second.onStart = () => {
    throw new Error("no such device");
  };
  run.replace(second.supply);
  assert.equal(await take(), ["v2 start as toy~next"]);
  first.processes[0]?.lose("heap limit");
  await take();
  await clock.advance(4000);
  assert.equal((await take()).slice(0, 2), ["v1 start as toy", "v1 +1"]);
  assert.is(run.state, "running");
  await end();
});

SUPERVISION("a config that does not fit is not shown to it, and it goes on", async () => {
  const { run, take, end } = await open();
  await take();
  run.configure("text");
  assert.equal(await take(), []);
  assert.equal([run.state, run.trouble], ["running", 'Cannot configure plugin toy: config: found "text", expected an object']);
  run.configure({});
  await take();
  assert.equal([run.state, run.trouble], ["running", undefined]);
  await end();
});

SUPERVISION("one that ends before it has started at all counts as one that has ended", async () => {
  const { run, take, clock, end } = await open((first) => {
    first.onStart = () => first.processes[0]?.lose("ended with code 1");
  });
  assert.equal([await take(), run.state, run.trouble], [["v1 start as toy"], "waiting", "ended with code 1"]);
  await clock.advance(1000);
  assert.equal([await take(), run.state], [["v1 start as toy"], "waiting"]);
  await end();
});

SUPERVISION.run();

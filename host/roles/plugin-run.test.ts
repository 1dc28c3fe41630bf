import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Announcer, definePlugin } from "../announcer.ts";
import { createMetrics } from "../observe/metrics.ts";
import { memoryWire } from "../packets/memory-wire.ts";
import { openMemoryNetwork } from "../packets/network.ts";
import { startPlugin } from "../sandbox/start-plugin.ts";
import { FakeClock, settled } from "../workbench/testing/fake-clock.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { PluginRun } from "./plugin-run.ts";

const RUN = suite("PluginRun");

interface Behavior {
  /** Of `configure`; may throw. */
  takes(config: unknown): boolean | Promise<boolean>;
  /** May throw. */
  starts(config: unknown): void;
}

async function open(parts: Partial<Behavior> = {}) {
  const behavior: Behavior = { takes: () => true, starts: () => {}, ...parts };
  const calls: string[] = [];
  const announcer: Announcer = {
    async apply() {
      calls.push("apply");
      return [];
    },
    configure: async (config) => {
      calls.push(`configure ${config}`);
      return behavior.takes(config);
    },
    stop: async (why) => void calls.push(`stop ${why}`),
  };
  const definition = definePlugin<unknown>({
    ...{ name: "toy", api: 1, from: "every-node", serves: { kind: "Route", families: [4] }, config: {}, example: "a" },
    permissions: () => [],
    async start(context, config) {
      calls.push(`start ${config}`);
      behavior.starts(config);
      context.clock.after(1_000_000, () => {});
      return announcer;
    },
  });
  const clock = new FakeClock();
  const { log, lines } = recordedLog();
  const host = { node: "n", ...openMemoryNetwork(memoryWire(), "n", "02:00:00:00:00:01"), log, metrics: createMetrics() };
  const run = new PluginRun({
    ...{
      supply: { manifest: definition, origin: { kind: "built-in" }, open: async () => definition },
      config: "a",
      clock,
      log,
      random: () => 0.5,
    },
    start: (_, config) => startPlugin(definition, config, host),
  });
  await run.prepare();
  const take = async () => {
    // A start has a time limit of its own, by the real clock.
    for (let turn = 0; turn < 20; turn++) await settled();
    return calls.splice(0);
  };
  return { run, behavior, clock, lines, take };
}

RUN("announces once it is told to, and takes a config live", async () => {
  const { run, take } = await open();
  assert.equal(await take(), ["start a"]);
  await run.start();
  assert.equal(await take(), ["apply"]);
  run.configure("a");
  assert.equal(await take(), [], "it has that one");
  run.configure("b");
  assert.equal(await take(), ["configure b"]);
  await run.halt();
  await run.close();
});

RUN("a config that cannot be taken live makes it start anew, and the lane with it", async () => {
  const { run, take } = await open({ takes: () => false });
  await run.start();
  const { plugin } = run;
  await take();
  run.configure("b");
  assert.equal(await take(), ["configure b", "stop replace", "start b", "apply"]);
  assert.is.not(run.plugin, plugin);
  assert.equal([plugin?.open, run.plugin?.open, run.lane.state().isStarted], [0, 1, true]);
  run.configure("c");
  assert.equal(await take(), ["configure c", "stop replace", "start c", "apply"]);
  await run.halt();
  await run.close();
});

RUN("a config that it fails to take makes it start anew, and that is said", async () => {
  const { run, take, lines } = await open({
    takes: () => {
      throw new Error("what is b");
    },
  });
  await run.start();
  await take();
  run.configure("b");
  assert.equal(await take(), ["configure b", "stop replace", "start b", "apply"]);
  assert.equal(
    lines.map(({ level, fields }) => [level, fields["error"]]),
    [["warn", "what is b"]],
  );
  await run.halt();
  await run.close();
});

RUN("of configs that come while one is being taken, the last counts", async () => {
  let answer: (isTaken: boolean) => void = () => {};
  const { run, take } = await open({ takes: () => new Promise<boolean>((resolve) => (answer = resolve)) });
  await run.start();
  await take();
  run.configure("b");
  run.configure("c");
  run.configure("d");
  assert.equal(await take(), ["configure b"]);
  answer(true);
  assert.equal(await take(), ["configure d"]);
  answer(true);
  assert.equal(await take(), []);
  await run.halt();
  await run.close();
});

RUN("a config that comes before the announcements begin is taken then", async () => {
  const { run, take } = await open();
  run.configure("b");
  assert.equal(await take(), ["start a"]);
  await run.start();
  assert.equal(await take(), ["apply", "configure b"]);
  await run.halt();
  await run.close();
});

RUN("a start that fails is tried again, with the config of then", async () => {
  const { run, behavior, clock, take, lines } = await open({ takes: () => false });
  await run.start();
  await take();
  behavior.starts = () => {
    throw new Error("port in use");
  };
  run.configure("b");
  assert.equal(await take(), ["configure b", "stop replace", "start b"]);
  assert.is(run.lane.state().isStarted, false);
  assert.match(lines.at(-1)?.message ?? "", /^Cannot start plugin "toy": port in use$/);
  behavior.starts = () => {};
  run.configure("c");
  assert.equal(await take(), ["start c", "apply"]);
  assert.equal([run.state, run.trouble, clock.pending], ["running", undefined, 0]);
  await run.halt();
  await run.close();
});

RUN("halt() waits for a start under way, and not for a pause", async () => {
  const { run, behavior, take, clock } = await open({ takes: () => false });
  await run.start();
  await take();
  run.configure("b");
  await run.halt();
  assert.equal(await take(), ["configure b", "stop replace", "start b", "apply"]);
  run.configure("c");
  assert.equal(await take(), []);
  await run.close();

  const other = await open({ takes: () => false });
  await other.run.start();
  other.behavior.starts = () => {
    throw new Error("port in use");
  };
  other.run.configure("b");
  await other.take();
  await other.run.halt();
  assert.equal([other.clock.pending, clock.pending, behavior.takes("x")], [0, 0, false]);
  await other.run.close();
});

RUN("onRows() calls after rows have come further, and after a config was taken", async () => {
  const { run, take } = await open();
  const heard: unknown[] = [];
  const row = { vip: "192.0.2.1", family: 4, links: null, services: ["a/b"], attributes: {} } as const;
  const close = run.onRows(() => heard.push(run.lane.rows().map(({ state }) => state)));
  run.lane.desire(row.vip, row);
  assert.equal(heard, []);
  await run.start();
  await take();
  assert.equal(heard, [["told"]]);
  run.configure("b");
  await take();
  assert.is(heard.length, 2);
  close();
  run.lane.desire(row.vip, undefined);
  run.lane.run();
  await take();
  assert.is(heard.length, 2);
  await run.halt();
  await run.close();
});

RUN.run();

import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Log } from "../../announcer.ts";
import { bundleOf } from "../../workbench/testing/cells/bundle-of.ts";
import { callPlugin, pluginOf } from "../../workbench/testing/cells/plugin-of.ts";
import { type Cell, type CellOptions, openCell } from "./cell.ts";
import type { CellEnd } from "./cell-end.ts";

const cells = suite("cell");

const said: string[] = [];
const say = (message: string): void => void said.push(message);
const log: Log = { debug: say, info: say, warn: say, error: say };
const opened: Cell[] = [];

async function open(options: Partial<CellOptions> = {}): Promise<Cell> {
  const cell = await openCell({ log, uid: 52_000, ...options });
  opened.push(cell);
  return cell;
}
const answerOf = (...call: Parameters<typeof callPlugin>) => callPlugin(...call).catch((error: Error) => error.message);
const endOf = (cell: Cell) => new Promise<CellEnd>((resolve) => cell.onEnd(resolve));
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

cells.after.each(async () => {
  for (const cell of opened.splice(0)) await cell.close();
});

cells("a cell evaluates bundles, several too, and each has a channel of its own", async () => {
  const cell = await open();
  const one = await cell.load("one", pluginOf(`add: (a, b) => { console.log("hello", { a }); return a + b; }`));
  const two = await cell.load("two", pluginOf("add: (a, b) => a * b"));
  assert.is(await callPlugin(one, "add", 1, 2), 3);
  assert.is(await callPlugin(two, "add", 3, 2), 6);
  assert.ok(said.includes('hello {"a":1}'));
  cell.unload(one);
  assert.is(await answerOf(one, "add", 1, 2), "The plugin was unloaded");
  assert.is(await callPlugin(two, "add", 1, 2), 2);
});

cells("signals that a whole group is sent are for the host, and a cell ends by its pipe", async () => {
  const cell = await open();
  const channel = await cell.load("one", pluginOf("add: (a, b) => a + b"));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.kill(cell.pid, signal);
  assert.is(await callPlugin(channel, "add", 1, 2), 3);
  const end = endOf(cell);
  await cell.close();
  assert.is((await end).kind, "closed");
  assert.not(isAlive(cell.pid));
});

cells("code that cannot be evaluated is refused with the author's file and line, and the cell lives on", async () => {
  const cell = await open();
  const load = (code: string) =>
    cell.load("bad", bundleOf(code)).then(
      () => "loaded",
      (error: Error) => error.message,
    );
  assert.is(
    await load("1;\n2;\nnull.x"),
    `Cannot load plugin "bad": TypeError: Cannot read properties of null (reading 'x') (at plugin.ts:3:1)`,
  );
  assert.match(await load("({"), /^Cannot load plugin "bad": SyntaxError: /);
  assert.is(await load("({})"), 'Cannot load plugin "bad": TypeError: it has no default export');
  assert.is(await load("({ default: { name: 'x' } })"), "loaded");
});

cells("an error that nobody caught ends the process, with its place", async () => {
  const late = "late() {\n throw new RangeError('too \\x1b late'); }";
  for (const go of ["queueMicrotask(methods.late)", "Promise.resolve().then(methods.late)"]) {
    const cell = await open();
    const channel = await cell.load("x", pluginOf(`go: () => { ${go}; }, ${late}`));
    const lost = new Promise<Error>((resolve) => channel.onEnd(resolve));
    void answerOf(channel, "go");
    const { kind, error } = await endOf(cell);
    assert.equal([kind, error.message], ["uncaught error", "uncaught error: RangeError: too \\x1b late (at plugin.ts:2:1)"]);
    assert.is((await lost).message, error.message);
  }
});

cells("close ends it whatever it does, and it is gone then", async () => {
  const idle = await open();
  const looping = await open();
  void answerOf(await looping.load("x", pluginOf("loop: () => { for (;;) ; }")), "loop");
  for (const cell of [idle, looping]) {
    await cell.close();
    await cell.close();
    assert.is((await endOf(cell)).kind, "closed");
    assert.not.ok(isAlive(cell.pid));
  }
});

cells("an end from outside is told as such", async () => {
  const cell = await open();
  process.kill(cell.pid, "SIGKILL");
  const end = await endOf(cell);
  assert.equal([end.kind, end.error.message], ["killed from outside", "killed from outside: it was ended by SIGKILL"]);
});

/** How a cell ends in which this is called. */
async function endBy(method: string, limits: CellOptions["limits"]): Promise<CellEnd> {
  const cell = await open({ limits: { silenceMs: 20_000, ...limits } });
  const channel = await cell.load("x", pluginOf(method));
  channel.serve({});
  await channel.call("start", ["node", {}]);
  void answerOf(channel, "go");
  return endOf(cell);
}

cells("an endless loop is ended by the watchdog, microtasks too", async () => {
  for (const loop of ["for (;;) ;", "const again = () => Promise.resolve().then(again); again();"]) {
    const { kind, error } = await endBy(`go: () => { ${loop} }`, { beatMs: 50, silenceMs: 200 });
    assert.is(kind, "watchdog");
    assert.match(error.message, /^watchdog: it did not answer for [\d.]+ s$/);
  }
});

cells("a bomb in the heap ends the process alone", async () => {
  const { error } = await endBy("go: () => { const all = []; for (;;) all.push({ at: all.length, text: 'row ' + all.length }); }", {
    heapMb: 24,
  });
  assert.is(error.message, "heap limit: it used more than the 24 MB of its heap");
});

cells("a bomb beside the heap meets the limit of data", async () => {
  const code = `bomb: (bytes, count) => {
    const all = [];
    try { for (; all.length < count; ) all.push(new Uint8Array(bytes).fill(1)); } catch (error) { return [all.length, error.name]; }
    return [all.length, "nothing"];
  }`;
  const bomb = async (bytes: number, count: number) => {
    const cell = await open({ limits: { dataMb: 64, silenceMs: 20_000, hardRssMb: 2000 } });
    return answerOf(await cell.load("x", pluginOf(code)), "bomb", bytes, count);
  };
  const [large, name] = (await bomb(16 << 20, 16)) as [number, string];
  assert.ok(large <= 4 && name === "RangeError", `${large} times 16 MB, then ${name}`);
  assert.is(await bomb(1 << 18, 1024), "data limit: it used more than the 64 MB that it may have");
});

cells("too much resident memory, and too much computing, are said and then ended", async () => {
  const fat = await endOf(await open({ limits: { beatMs: 20, softRssMb: 1, hardRssMb: 2 } }));
  assert.match(fat.error.message, /^memory limit: it held \d+ MB, at most 2 are allowed$/);
  const busy = await endBy("go: () => { for (;;) ; }", { beatMs: 100, cpuShare: 0.02, cpuWarnMs: 300, cpuKillMs: 700 });
  assert.match(busy.error.message, /^cpu limit: it used more than 2 % of a core for \d+ s$/);
  assert.ok(said.includes("A plugin's process computes all the time"));
});

cells("a plugin that floods is ended with that reason", async () => {
  const { error } = await endBy("go: () => { for (let at = 0; ; at++) methods.context.report('key ' + at, 'x'.repeat(60000)); }", {});
  assert.is(error.message, "protocol fault: more than 16 MB of messages wait to be taken");
});

cells("an own user is demanded, or it is not", async () => {
  const refused = await openCell({ log, demandOwnUid: true }).then(
    () => "opened",
    (error: Error) => error.message,
  );
  assert.is(refused, "Cannot give a plugin's process a user of its own: none was given");
  const cell = await openCell({ log });
  opened.push(cell);
  assert.is(cell.isolation.split(",")[0], "same uid");
});

cells("fifty starts leave no process and no descriptor", async () => {
  await (await open()).close();
  const descriptors = () => readdirSync("/proc/self/fd").length;
  const before = descriptors();
  const pids: number[] = [];
  for (let batch = 0; batch < 10; batch++) {
    const five = await Promise.all(Array.from({ length: 5 }, (_, at) => openCell({ log, uid: 52_000 + at })));
    pids.push(...five.map(({ pid }) => pid));
    await Promise.all(five.map((cell) => cell.close()));
  }
  assert.is(new Set(pids).size, 50);
  assert.equal(pids.filter(isAlive), []);
  assert.ok(descriptors() <= before, `${descriptors()} descriptors, ${before} before`);
});

cells("a process ends with its host, also while it loops and the host is killed", async () => {
  const host = spawn(
    process.execPath,
    ["--import", "tsx", new URL("../../workbench/testing/cells/dying-host.ts", import.meta.url).pathname],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const pids = await new Promise<number[]>((resolve) =>
    host.stdout.on("data", (text: Buffer) => resolve(JSON.parse(text.toString()) as number[])),
  );
  assert.equal(pids.map(isAlive), [true, true]);
  host.kill("SIGKILL");
  for (let at = 0; at < 100 && pids.some(isRunning); at++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(pids.map(isRunning), [false, false]);
});

/** Its new parent may take its time to bury it. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

cells.run();

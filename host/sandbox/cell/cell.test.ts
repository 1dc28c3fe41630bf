import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Log } from "../../announcer.ts";
import { type Cell, type CellOptions, openCell } from "./cell.ts";
import type { CellEnd } from "./cell-end.ts";
import { bundleOf } from "./testing/bundle-of.ts";

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
  const one = await cell.load(
    "one",
    bundleOf(`console.log("hello", { a: 1 }); ({ default: { serve: () => ({ add: (a, b) => a + b }) } })`),
  );
  const two = await cell.load("two", bundleOf("({ default: { serve: (channel) => ({ ask: () => channel.call('name', []) }) } })"));
  two.serve({ name: () => "the host" });
  assert.is(await one.call("add", [1, 2]), 3);
  assert.is(await two.call("ask", []), "the host");
  assert.ok(said.includes('hello {"a":1}'));
  cell.unload(one);
  await one.call("add", [1, 2]).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, "The plugin was unloaded"),
  );
  assert.is(await two.call("ask", []), "the host");
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
  assert.is(await load("({ default: {} })"), "loaded");
});

cells("an error that nobody caught ends the process, with its place", async () => {
  for (const thrower of ["() => void time.clock.after(1, late)", "() => void Promise.reject(late())"]) {
    const cell = await open();
    const code = `({ default: { serve: (channel, time) => ({ go: ${thrower} }) } });\nfunction late() {\n throw new RangeError("too \\x1b late"); }`;
    const channel = await cell.load("x", bundleOf(thrower.includes("reject") ? code.replace("throw", "return") : code));
    const end = endOf(cell);
    const lost = new Promise<Error>((resolve) => channel.onEnd(resolve));
    channel.tell("go", []);
    assert.is((await end).kind, "uncaught error");
    assert.is((await end).error.message, "uncaught error: RangeError: too \\x1b late (at plugin.ts:3:1)");
    assert.is((await lost).message, (await end).error.message);
  }
});

cells("close ends it whatever it does, and it is gone then", async () => {
  const idle = await open();
  const looping = await open();
  const channel = await looping.load("x", bundleOf("({ default: { serve: () => ({ loop: () => { for (;;) ; } }) } })"));
  channel.tell("loop", []);
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

cells("an endless loop is ended by the watchdog, microtasks too", async () => {
  for (const loop of ["for (;;) ;", "const again = () => Promise.resolve().then(again); again();"]) {
    const cell = await open({ limits: { beatMs: 50, silenceMs: 200 } });
    const channel = await cell.load("x", bundleOf(`({ default: { serve: () => ({ loop: () => { ${loop} } }) } })`));
    channel.tell("loop", []);
    const end = await endOf(cell);
    assert.is(end.kind, "watchdog");
    assert.match(end.error.message, /^watchdog: it did not answer for [\d.]+ s$/);
  }
});

cells("a bomb in the heap ends the process alone", async () => {
  const cell = await open({ limits: { heapMb: 24, silenceMs: 20_000 } });
  const code =
    "({ default: { serve: () => ({ bomb: () => { const all = []; for (;;) all.push({ at: all.length, text: 'row ' + all.length }); } }) } })";
  (await cell.load("x", bundleOf(code))).tell("bomb", []);
  assert.is((await endOf(cell)).error.message, "heap limit: it used more than the 24 MB of its heap");
});

cells("a bomb beside the heap meets the limit of data", async () => {
  const code = `({ default: { serve: () => ({ bomb: (bytes, count) => {
    const all = [];
    try { for (; all.length < count; ) all.push(new Uint8Array(bytes).fill(1)); } catch (error) { return [all.length, error.name]; }
    return [all.length, "nothing"];
  } }) } })`;
  const bomb = async (bytes: number, count: number) => {
    const cell = await open({ limits: { dataMb: 64, silenceMs: 20_000, hardRssMb: 2000 } });
    const channel = await cell.load("x", bundleOf(code));
    return channel.call("bomb", [bytes, count]).catch((error: Error) => error.message);
  };
  const [large, name] = (await bomb(16 << 20, 16)) as [number, string];
  assert.ok(large <= 4 && name === "RangeError", `${large} times 16 MB, then ${name}`);
  assert.is(await bomb(1 << 18, 1024), "data limit: it used more than the 64 MB that it may have");
});

cells("too much resident memory, and too much computing, are said and then ended", async () => {
  const fat = await open({ limits: { beatMs: 20, softRssMb: 1, hardRssMb: 2 } });
  const fatEnd = await endOf(fat);
  assert.match(fatEnd.error.message, /^memory limit: it held \d+ MB, at most 2 are allowed$/);

  const busy = await open({ limits: { beatMs: 100, cpuShare: 0.02, cpuWarnMs: 300, cpuKillMs: 700, silenceMs: 20_000 } });
  const code = "({ default: { serve: () => ({ loop: () => { for (;;) ; } }) } })";
  (await busy.load("x", bundleOf(code))).tell("loop", []);
  assert.match((await endOf(busy)).error.message, /^cpu limit: it used more than 2 % of a core for \d+ s$/);
  assert.ok(said.includes("A plugin's process computes all the time"));
});

cells("a plugin that floods is ended with that reason", async () => {
  const cell = await open({ limits: { silenceMs: 20_000 } });
  const code =
    "({ default: { serve: (channel) => ({ flood: () => { const text = 'x'.repeat(60000); for (;;) channel.tell('word', [text]); } }) } })";
  (await cell.load("x", bundleOf(code))).tell("flood", []);
  assert.is((await endOf(cell)).error.message, "protocol fault: more than 16 MB of messages wait to be taken");
});

cells("an own user is demanded, or it is not", async () => {
  const refused = await openCell({ log, demandOwnUid: true }).then(
    () => "opened",
    (error: Error) => error.message,
  );
  assert.is(refused, "Cannot give a plugin's process a user of its own: none was given");
  const cell = await openCell({ log });
  opened.push(cell);
  assert.is(cell.isolation, "same uid");
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
  const host = spawn(process.execPath, ["--import", "tsx", new URL("./testing/dying-host.ts", import.meta.url).pathname], {
    stdio: ["ignore", "pipe", "inherit"],
  });
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

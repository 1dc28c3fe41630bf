/** A plugin's process in which nothing of ours is left: what it writes to the pipe and to standard error is its own. The host bears it, and says so. */

import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Log } from "../../announcer.ts";
import { bundleOf } from "../../workbench/testing/cells/bundle-of.ts";
import { rawNode } from "../../workbench/testing/cells/raw-end.ts";
import { type Cell, openCell } from "./cell.ts";

const raw = suite("taken over");

const said: string[] = [];
const note = (text: string): unknown => said.push(text);
const log: Log = { debug: note, info: note, warn: note, error: note };
const opened: (() => unknown)[] = [];

async function open(program: string): Promise<Cell> {
  const nodePath = rawNode(program);
  opened.push(() => rmSync(dirname(nodePath), { recursive: true }));
  const cell = await openCell({ log, uid: 52_150, nodePath });
  opened.push(() => cell.close());
  return cell;
}

const endOf = (cell: Cell): Promise<string> => new Promise((resolve) => cell.onEnd(({ error }) => resolve(error.message)));

raw.after.each(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

for (const words of ["null", "7", "[]", '{"kind":"fault","what":{"toString":1}}', '{"kind":"uncaught","what":{"message":{}}}']) {
  raw(`last words ${words} end that process alone`, async () => {
    const cell = await open(`onLoad = () => { writeSync(2, ${JSON.stringify(`\nherald-guard: ${words}\n`)}); process.exit(1); };`);
    await cell.load("x", bundleOf("1"));
    assert.match(await endOf(cell), /^(exit|protocol fault|uncaught error): /);
  });
}

raw("its lines of the log are few and short, also in the name of a plugin that is not there", async () => {
  said.length = 0;
  const flood = `for (let at = 0; at < 3000; at++) say(4, 0, ["say", [at % 2 ? 1 : 9, "info", "flood " + "x".repeat(10_000)]]);`;
  const cell = await open(`onLoad = () => { ${flood} pipe.end(); };`);
  await cell.load("x", bundleOf("1"));
  await endOf(cell);
  const lines = said.filter((line) => line.startsWith("flood"));
  assert.ok(lines.length >= 1 && lines.length < 300, `${lines.length} lines`);
  assert.ok(lines.every((line) => line.length <= 4096));
});

raw.run();

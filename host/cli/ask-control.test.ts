import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { AskTarget } from "../announcer.ts";
import { type Answer, serveControl } from "../observe/control.ts";
import { askControl } from "./ask-control.ts";

const asking = suite("ask-control");

let root = "";
let directories: string[] = [];
const closes: (() => unknown)[] = [];
asking.before.each(() => {
  root = mkdtempSync(join(tmpdir(), "herald-ask-"));
  directories = ["system", "session"].map((name) => join(root, name));
  for (const directory of directories) mkdirSync(directory, { mode: 0o700 });
});
asking.after.each(async () => {
  for (const close of closes.splice(0)) await close();
  rmSync(root, { recursive: true });
});

async function herald(node: string, answer: Answer = () => node, directory = directories[0] ?? ""): Promise<string> {
  const path = join(directory, `${node}.sock`);
  closes.push(await serveControl(path, answer));
  return path;
}

async function rowsOf(target: AskTarget, request = { ask: "status" }): Promise<unknown[]> {
  const rows: unknown[] = [];
  for await (const row of askControl(target, request, directories)) rows.push(row);
  return rows;
}

async function refusal(target: AskTarget, request?: { ask: string }): Promise<string> {
  try {
    return `answered: ${JSON.stringify(await rowsOf(target, request))}`;
  } catch (error) {
    assert.is((error as Error).name, "NoAnswer", String(error));
    return (error as Error).message;
  }
}

/** Something else at a path. */
async function impostor(text: string): Promise<string> {
  const path = join(root, "impostor.sock");
  const server = createServer((socket) => socket.on("error", () => {}).once("data", () => socket.end(text)));
  await new Promise<void>((done) => server.listen(path, done));
  closes.push(() => server.close());
  return path;
}

asking("askControl() asks the only Herald that runs, wherever it is, and the one that is named", async () => {
  await herald("node-a", () => "a", directories[1]);
  assert.equal(await rowsOf({}), ["a"]);
  const control = await herald("node-b");
  assert.equal(await rowsOf({ node: "node-a" }), ["a"]);
  assert.equal(await rowsOf({ node: "node-b" }), ["node-b"]);
  assert.equal(await rowsOf({ control }), ["node-b"]);
  assert.is(await refusal({}), "Several Heralds run here: name one with --node, of node-a, node-b");
  assert.is(await refusal({ node: "node-c" }), "No running Herald of node node-c: found node-a, node-b");
});

asking("askControl() says where it looked, and how one is started", async () => {
  const [system, session] = directories;
  const remedy = "start one with herald run --manifests DIR";
  assert.is(await refusal({}), `No running Herald: looked for ${system}/*.sock and ${session}/*.sock; ${remedy}`);
  assert.is(await refusal({ node: "n" }), `No running Herald: looked for ${system}/n.sock and ${session}/n.sock; ${remedy}`);
  assert.is(await refusal({ control: "/nowhere/n.sock" }), "No running Herald answers at /nowhere/n.sock: ENOENT");
  assert.match(await refusal({ node: "../../n" }), /^No node has the name "..\/..\/n"/);
});

asking("askControl() passes over what is no running Herald", async () => {
  writeFileSync(join(directories[0] ?? "", "file.sock"), "");
  const stale = createServer();
  const path = join(directories[0] ?? "", "stale.sock");
  await new Promise<void>((done) => stale.listen(join(root, "first.sock"), done));
  // What a killed process leaves: a socket that nobody listens on.
  linkSync(join(root, "first.sock"), path);
  await new Promise((done) => stale.close(done));
  await herald("node-a");
  assert.equal(await rowsOf({}), ["node-a"]);
  assert.match(await refusal({ control: path }), "ECONNREFUSED; it has ended");
});

asking("askControl() gives rows as they come, and ends the answer when it is left", async () => {
  let made = 0;
  const endless = function* () {
    for (;;) yield { at: made++, text: "é".repeat(50) };
  };
  const control = await herald("n", endless);
  let at = 0;
  for await (const row of askControl({ control }, { ask: "rows" })) {
    assert.equal(row, { at, text: "é".repeat(50) });
    if (++at === 3000) break;
  }
  const stopped = made;
  await new Promise((done) => setTimeout(done, 50));
  assert.ok(made - stopped < 5000, `${made - stopped} rows more`);
});

asking("askControl() throws what Herald answers instead, with nothing that a terminal obeys", async () => {
  const control = await herald("n", () => {
    throw new Error("not \u001b[2J this");
  });
  assert.is(await refusal({ control }), "not \\x1b[2J this");
});

asking("askControl() tells an answer that was cut off, and one of something else", async () => {
  assert.match(await refusal({ control: await impostor('{"row":1}\n{"row":2}\n') }), "stopped before its answer was complete");
});

for (const text of ["HTTP/1.1 400 Bad Request\r\n\r\n", "null\n", "7\n", "{}\n", "\n"]) {
  asking(`askControl() knows ${JSON.stringify(text)} for no answer of a Herald`, async () => {
    assert.match(await refusal({ control: await impostor(text) }), "What answers there is no Herald");
  });
}

asking("askControl() sends no request that no Herald takes", async () => {
  assert.is(await refusal({ control: await herald("n") }, { ask: "x".repeat(70_000) }), "The request is too long");
});

asking.run();

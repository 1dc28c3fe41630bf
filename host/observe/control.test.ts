/** With real sockets, and askers of every kind. */

import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Answer, type Limits, serveControl } from "./control.ts";

const control = suite("control");

let directory = "";
let path = "";
let close: () => Promise<void> = async () => {};
control.before.each(() => {
  directory = mkdtempSync(join(tmpdir(), "herald-control-"));
  path = join(directory, "n.sock");
});
control.after.each(async () => {
  await close();
  close = async () => {};
  rmSync(directory, { recursive: true });
});

async function serve(answer: Answer, limits: Partial<Limits> = {}): Promise<void> {
  close = await serveControl(path, answer, limits);
}

/** What comes back, up to the end of the connection; `end`: what is sent is all. */
function ask(text: string | Uint8Array, end = false): Promise<string> {
  return new Promise((done) => {
    let answer = "";
    const socket = connect(path, () => (end ? socket.end(text) : socket.write(text)));
    socket.on("error", () => done(answer));
    socket.setEncoding("utf8").on("data", (piece) => (answer += piece));
    socket.on("close", () => done(answer));
  });
}

const status = '{"ask":"status"}\n';
const errorOf = (answer: string): string => JSON.parse(answer).error;
const refusal = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => "",
    (error: Error) => error.message,
  );

control("serveControl() answers something as one row, and what can be iterated row by row", async () => {
  const answers: Record<string, unknown> = {
    one: { a: 1 },
    text: "abc",
    nothing: undefined,
    list: [1, null, "x"],
    empty: [],
    later: Promise.resolve([2]),
    stream: (async function* () {
      yield { vip: "192.0.2.1" };
      yield { vip: "192.0.2.2" };
    })(),
  };
  await serve(({ ask }) => answers[ask]);
  const rows = async (name: string) =>
    (await ask(`{"ask":"${name}"}\n`))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
  assert.equal(await rows("one"), [{ row: { a: 1 } }, { end: 1 }]);
  assert.equal(await rows("text"), [{ row: "abc" }, { end: 1 }]);
  assert.equal(await rows("nothing"), [{ row: null }, { end: 1 }]);
  assert.equal(await rows("list"), [{ row: 1 }, { row: null }, { row: "x" }, { end: 3 }]);
  assert.equal(await rows("empty"), [{ end: 0 }]);
  assert.equal(await rows("later"), [{ row: 2 }, { end: 1 }]);
  assert.equal(await rows("stream"), [{ row: { vip: "192.0.2.1" } }, { row: { vip: "192.0.2.2" } }, { end: 2 }]);
});

control("serveControl() tells the asker why there is no answer, or not all of it", async () => {
  await serve(({ ask }) => {
    if (ask === "rows") {
      return (function* () {
        for (let at = 0; at < 5000; at++) yield { at };
        throw new Error("the table is gone");
      })();
    }
    throw new Error(`not ${ask}`);
  });
  assert.is(errorOf(await ask(status)), "not status");
  const lines = (await ask('{"ask":"rows"}\n')).trimEnd().split("\n");
  assert.equal(JSON.parse(lines[0] ?? ""), { row: { at: 0 } });
  assert.is(errorOf(lines.at(-1) ?? ""), "the table is gone");
});

const garbage: Readonly<Record<string, readonly [text: string | Uint8Array, says: RegExp]>> = {
  "no JSON": ["status\n", /^The request is not JSON: expected one line such as/],
  "an empty line": ["\n", /not JSON/],
  "bytes that are no text": [Uint8Array.of(0xff, 0x00, 0xfe, 0x0a), /not JSON/],
  "JSON that is no object": ["[]\n", /^The request asks nothing: expected an object with a text "ask"/],
  "an object without ask": ['{"what":"status"}\n', /asks nothing/],
  "an ask that is no text": ['{"ask":{"toString":1}}\n', /asks nothing/],
  null: ["null\n", /asks nothing/],
  "arrays in arrays": [`${"[".repeat(60_000)}\n`, /not JSON/],
};
for (const [what, [text, says]] of Object.entries(garbage)) {
  control(`serveControl() answers ${what} with what it expects, and goes on`, async () => {
    await serve(() => 1);
    assert.match(errorOf(await ask(text)), says);
    assert.is(await ask(status), '{"row":1}\n{"end":1}\n');
  });
}

control("serveControl() takes a request in pieces, and one that ends without a line's end", async () => {
  await serve(({ ask }) => ask);
  const socket = connect(path);
  for (const piece of ['{"a', 'sk":"x', '"}\n']) {
    socket.write(piece);
    await sleep(5);
  }
  assert.is(await text(socket), '{"row":"x"}\n{"end":1}\n');
  assert.is(await ask('{"ask":"y"}', true), '{"row":"y"}\n{"end":1}\n');
  assert.match(errorOf(await ask("", true)), "not JSON");
});

control("serveControl() reads no request beyond its limit, and nothing behind one", async () => {
  await serve(({ ask }) => ask.length);
  const fill = (length: number): string => `{"ask":"${"x".repeat(length - 10)}"}`;
  assert.is(await ask(`${fill(65_536)}\n`), '{"row":65526}\n{"end":1}\n');
  const says = "The request is too long: expected one line of at most 65536 bytes";
  assert.is(errorOf(await ask(`${fill(65_537)}\n`)), says);
  const socket = connect(path);
  socket.on("error", () => {});
  let sent = 0;
  const flood = (): void => {
    while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 120))) sent += 65_536;
  };
  socket.on("drain", flood);
  flood();
  await new Promise((done) => socket.once("close", done));
  assert.ok(sent < 4 * 1024 * 1024, `${sent} bytes`);
});

control("serveControl() waits for a request no longer than its limit", async () => {
  await serve(() => 1, { requestMs: 30 });
  assert.is(errorOf(await ask('{"ask":')), "No request came within 30 ms");
});

control("serveControl() takes no more rows than a slow reader does, and lets one go who has stalled", async () => {
  let made = 0;
  let isEnded = false;
  const rows = function* () {
    try {
      for (; ; made++) yield { prefix: "2001:db8::/32", at: made };
    } finally {
      isEnded = true;
    }
  };
  await serve(rows, { stallMs: 200 });
  const socket = connect(path, () => socket.write(status));
  socket.on("error", () => {});
  socket.pause();
  for (let left = 500; !isEnded && left > 0; left--) await sleep(10);
  assert.ok(isEnded);
  assert.ok(made > 100 && made < 100_000, `${made} rows`); // the kernel's buffer of the socket, and a batch
  socket.destroy();
});

control("serveControl() stops where the asker leaves", async () => {
  let isEnded = false;
  await serve(function* () {
    try {
      for (;;) yield "row";
    } finally {
      isEnded = true;
    }
  });
  const socket = connect(path, () => socket.write(status));
  await new Promise((done) => socket.once("data", done));
  socket.destroy();
  for (let left = 100; !isEnded && left > 0; left--) await sleep(5);
  assert.ok(isEnded);
});

control("serveControl() leaves timers their turn during a long answer", async () => {
  await serve(() => Array.from({ length: 200_000 }, (_, at) => ({ at })));
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const answer = await ask(status);
  clearInterval(timer);
  assert.ok(answer.endsWith('{"end":200000}\n'));
  assert.ok(turns > 10, `${turns} turns`);
});

control("serveControl() refuses connections beyond its limit, and takes new ones when others have ended", async () => {
  await serve(() => 1, { connections: 3, requestMs: 1500 });
  const idle = Array.from({ length: 3 }, () => connect(path));
  const waiting = idle.map(text);
  await Promise.all(idle.map((socket) => new Promise((done) => socket.once("connect", done))));
  for (let time = 0; time < 20; time++) assert.is(errorOf(await ask(status)), "Too many connections: expected at most 3 at a time");
  const more = Array.from({ length: 50 }, () => text(connect(path)));
  assert.equal(await Promise.all(more.slice(3)), Array(47).fill(""), "most are let go without a word");
  const late = '{"error":"No request came within 1500 ms"}\n';
  assert.equal(await Promise.all([...waiting, ...more.slice(0, 3)]), Array(6).fill(late));
  assert.is(await ask(status), '{"row":1}\n{"end":1}\n');
});

control("close() ends what is being answered, and removes the socket", async () => {
  await serve(function* () {
    for (;;) yield 1;
  });
  const socket = connect(path, () => socket.write(status));
  socket.on("error", () => {});
  await new Promise((done) => socket.once("data", done));
  const ended = new Promise((done) => socket.once("close", done));
  socket.resume();
  await close();
  await ended;
  assert.not.ok(existsSync(path));
});

control("serveControl() makes a socket for this user only, in a directory for this user only", async () => {
  path = join(directory, "made", "n.sock");
  const before = process.umask(0);
  try {
    await serve(() => 1);
  } finally {
    process.umask(before);
  }
  assert.is(statSync(path).mode & 0o777, 0o600);
  assert.is(statSync(join(directory, "made")).mode & 0o777, 0o700);
});

control("serveControl() refuses a directory that others may write, and one that is a link", async () => {
  for (const mode of [0o777, 0o1777, 0o770]) {
    chmodSync(directory, mode);
    const says = `Cannot put the control socket into ${directory}: it has the mode 0${mode.toString(8)}, expected a directory that only its owner can write`;
    assert.is(await refusal(serve(() => 1)), says);
  }
  chmodSync(directory, 0o755);
  mkdirSync(join(directory, "real"), { mode: 0o700 });
  symlinkSync(join(directory, "real"), join(directory, "link"));
  path = join(directory, "link", "n.sock");
  assert.match(await refusal(serve(() => 1)), "it is a symbolic link");
  writeFileSync(join(directory, "file"), "");
  path = join(directory, "file", "n.sock");
  assert.match(await refusal(serve(() => 1)), "it is no directory");
});

control("serveControl() leaves alone what is no socket", async () => {
  const victim = join(directory, "victim");
  writeFileSync(victim, "text");
  for (const make of [() => symlinkSync(victim, path), () => writeFileSync(path, ""), () => mkdirSync(path)]) {
    make();
    assert.match(await refusal(serve(() => 1)), "something that is no socket is there");
    assert.ok(existsSync(path));
    rmSync(path, { recursive: true });
  }
  assert.ok(existsSync(victim));
});

control("serveControl() refuses a socket that somebody listens on, and leaves it as it is", async () => {
  await serve(() => 1);
  assert.match(await refusal(serveControl(path, () => 2)), `Cannot listen at ${path}: another Herald does; stop it, or give each one`);
  assert.is(await ask(status), '{"row":1}\n{"end":1}\n');
});

control("serveControl() takes over from a process that was killed", async () => {
  const server = new URL("./control.ts", import.meta.url);
  const code = `import(${JSON.stringify(server.href)}).then((m) => m.serveControl(${JSON.stringify(path)}, () => 0)).then(() => console.log("up"))`;
  const child = spawn(process.execPath, ["--import", "tsx", "-e", code], { stdio: ["ignore", "pipe", "inherit"] });
  await new Promise((done) => child.stdout.once("data", done));
  assert.match(await refusal(serve(() => 1)), "another Herald does");
  child.kill("SIGKILL");
  await new Promise((done) => child.once("close", done));
  assert.ok(existsSync(path));
  await serve(() => 1);
  assert.is(await ask(status), '{"row":1}\n{"end":1}\n');
  assert.is(statSync(path).mode & 0o777, 0o600);
});

control("serveControl() refuses a path that the kernel would cut", async () => {
  path = join(directory, `${"n".repeat(100)}.sock`);
  assert.match(await refusal(serve(() => 1)), "a socket's path has at most 107 bytes");
});

function text(socket: Socket): Promise<string> {
  let all = "";
  socket.on("error", () => {}).on("data", (piece) => (all += piece));
  return new Promise((done) => socket.once("close", () => done(all)));
}

control.run();

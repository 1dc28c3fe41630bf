import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createLog, type LogOptions, levels, visible, withFields } from "./log.ts";

const log = suite("log");

const noon = new Date("2026-03-04T12:05:06.789Z");

function record(options: Partial<LogOptions> = {}, fields = {}) {
  const lines: string[] = [];
  const made = createLog({ level: "debug", format: "json", now: () => noon, write: (line) => lines.push(line), ...options }, fields);
  return { log: made, lines };
}

log("a JSON line has time, level, message and fields, in this order", () => {
  const { log, lines } = record({}, { node: "a" });
  log.warn("Cannot attach link", { link: "eth0", links: ["x"] });
  assert.equal(lines, [
    '{"ts":"2026-03-04T12:05:06.789Z","level":"warn","msg":"Cannot attach link","node":"a","link":"eth0","links":["x"]}\n',
  ]);
});

log("a text line is for a person", () => {
  const { log, lines } = record({ format: "text" }, { node: "a" });
  log.info("Answering", { links: ["eth0"], why: "asked for", nothing: undefined, count: 2, quote: 'a"b' });
  const time = noon.toTimeString().slice(0, 8);
  assert.equal(lines, [`${time} info  Answering node=a links=["eth0"] why="asked for" nothing=undefined count=2 quote="a\\"b"\n`]);
});

log("level all lets everything through, none nothing", () => {
  for (const [level, expected] of [
    ["all", levels],
    ["none", []],
  ] as const) {
    const { log, lines } = record({ level });
    for (const each of levels) log[each](each);
    assert.equal(
      lines.map((line) => JSON.parse(line).msg),
      expected,
    );
  }
});

for (const [at, level] of levels.entries()) {
  log(`level ${level} lets through itself and what is more serious`, () => {
    const { log, lines } = record({ level });
    for (const each of levels) log[each](each);
    assert.equal(
      lines.map((line) => JSON.parse(line).msg),
      levels.slice(at),
    );
  });
}

log("withFields() puts its fields before those of the line, and after those of the log", () => {
  const { log, lines } = record({}, { node: "a" });
  const inner = withFields(log, { plugin: "arp", link: "eth0" });
  for (const level of levels) inner[level]("x", { link: "eth1" });
  assert.equal(
    lines.map((line) => line.slice(line.indexOf('"level"'))),
    levels.map((level) => `"level":"${level}","msg":"x","node":"a","plugin":"arp","link":"eth1"}\n`),
  );
});

const UNSEEN = /[^\P{Cc}\n]|[\p{Cf}\p{Zl}]/u;
const hostile = "a\nb\r\u001b[31mred\u0007\u009b0m\u202egnp.exe\u2028\u0000";

log("control characters are shown in text lines", () => {
  const { log, lines } = record({ format: "text" });
  log.info(hostile, { [hostile]: hostile, list: [hostile] });
  assert.is(lines.length, 1);
  assert.is(lines[0]?.indexOf("\n"), (lines[0]?.length ?? 0) - 1);
  assert.not.match(lines[0] ?? "", UNSEEN);
  assert.ok(lines[0]?.includes("a\\x0ab\\x0d\\x1b[31mred\\x07\\x9b0m\\u202egnp.exe"));
});

log("control characters are escaped in JSON lines, which still say the same", () => {
  const { log, lines } = record();
  log.info(hostile, { field: hostile });
  assert.is(lines[0]?.indexOf("\n"), (lines[0]?.length ?? 0) - 1);
  assert.not.match(lines[0] ?? "", UNSEEN);
  assert.is(JSON.parse(lines[0] ?? "").msg, hostile);
  assert.is(JSON.parse(lines[0] ?? "").field, hostile);
});

log("fields cannot pass for level, time or message", () => {
  const { log, lines } = record();
  log.error("Lost", { level: "debug", msg: "All is well", ts: "then" });
  assert.equal(lines, ['{"ts":"2026-03-04T12:05:06.789Z","level":"error","msg":"Lost"}\n']);
});

log("no field makes it throw", () => {
  const cyclic: Record<string, unknown> = {};
  cyclic["self"] = cyclic;
  const angry = {
    toJSON() {
      throw new Error("no");
    },
  };
  for (const format of ["json", "text"] as const) {
    const { log, lines } = record({ format });
    for (const value of [cyclic, angry, 10n, undefined, null, Symbol("s"), () => 1, new Error("broken")]) log.info("x", { value });
    assert.is(lines.length, 8);
    for (const line of lines) assert.match(line, /info\b.*\bx\b/);
    assert.match(lines[2] ?? "", "10");
    assert.match(lines[7] ?? "", "broken");
  }
});

log("visible() leaves ordinary text as it is", () => {
  assert.is(visible("Zürich – 東京 🐈"), "Zürich – 東京 🐈");
  assert.is(visible("tag \u{e0041}"), "tag \\udb40\\udc41");
});

log.run();

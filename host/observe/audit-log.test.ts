import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Permission } from "../announcer.ts";
import { FakeClock } from "../workbench/testing/fake-clock.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { openAuditLog } from "./audit-log.ts";

const audit = suite("audit log");

const PIN = `sha256-${"a".repeat(43)}=`;
const NET: Permission = { kind: "net", host: "192.0.2.1:179" };
const flag = { pin: PIN, via: "--allow-net" };

let folder = "";
let path = "";
audit.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "herald-audit-"));
  path = join(folder, "audit.jsonl");
});
audit.after.each(() => rmSync(folder, { recursive: true }));

function open(at = path) {
  const clock = new FakeClock();
  const { log, lines } = recordedLog();
  return { clock, said: lines, ...openAuditLog(at, log, clock) };
}

type Line = Record<string, unknown>;

function read(at = path): Line[] {
  return readFileSync(at, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Line);
}

/** Until it holds: writing takes its own time. */
async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !tryTo(holds); tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  assert.ok(holds());
}

function tryTo(holds: () => boolean): boolean {
  try {
    return holds();
  } catch {
    return false;
  }
}

audit("a use is a line with who, what, whether, and by whose leave; nobody else can read the file", async () => {
  const { note, close, said } = open();
  note("vrrp", NET, true, flag);
  note("vrrp", { kind: "secret", name: "router" }, false, { pin: PIN, via: "" });
  note("arp", { kind: "frame", link: "eth0", etherType: 0x0806 }, true, { via: "built-in" });
  await close();
  const head = { v: 1, datetime: "2026-01-01T00:00:00.000Z" };
  assert.equal(read(), [
    { ...head, plugin: "vrrp", pin: PIN, permission: "net", value: "192.0.2.1:179", result: "granted", via: "--allow-net" },
    { ...head, plugin: "vrrp", pin: PIN, permission: "secret", value: "router", result: "denied", via: null },
    { ...head, plugin: "arp", pin: null, permission: "frame", value: "eth0/0x0806", result: "granted", via: "built-in" },
  ]);
  assert.is(statSync(path).mode & 0o777, 0o600);
  assert.equal(said, []);
});

audit("repeats are counted, and written each minute and at the end", async () => {
  const { note, close, clock } = open();
  for (let uses = 0; uses < 1000; uses++) note("vrrp", NET, true, flag);
  await clock.advance(60_000);
  await clock.advance(60_000);
  note("vrrp", NET, true, flag);
  await close();
  assert.equal(
    read().map(({ datetime, repeats }) => [datetime, repeats]),
    [
      ["2026-01-01T00:00:00.000Z", undefined],
      ["2026-01-01T00:01:00.000Z", 999],
      ["2026-01-01T00:02:00.000Z", 1],
    ],
  );
});

audit("each denial is written, until they come faster than anybody reads; none is forgotten", async () => {
  const { note, close, clock } = open();
  const denied = { pin: PIN, via: "--deny-net" };
  for (let uses = 0; uses < 5000; uses++) note("vrrp", NET, false, denied);
  await clock.advance(3000);
  for (let uses = 0; uses < 5000; uses++) note("vrrp", NET, false, denied);
  await close();
  const lines = read();
  assert.is(lines.length, 1 + 20 + 3 + 1);
  assert.is(
    lines.reduce((sum, { repeats = 1 }) => sum + (repeats as number), 0),
    10_000,
  );
});

audit("a plugin that tries one scope after the other fills neither memory nor disk, and hides nobody else", async () => {
  const { note, close } = open();
  for (let at = 0; at < 20_000; at++) note("hostile", { kind: "net", host: `192.0.2.1:${at}` }, false, { pin: PIN, via: "" });
  note("vrrp", NET, true, flag);
  await close();
  const lines = read();
  assert.is(lines.length, 500 + 2 + 1);
  assert.equal(
    lines.filter(({ value }) => value === null).map(({ repeats = 1 }) => repeats),
    [1, 19_499],
  );
  assert.is(lines.filter(({ plugin }) => plugin === "vrrp").length, 1);
});

audit("hostile text ends no line, and is cut", async () => {
  const { note, close } = open();
  note("x", { kind: "sys", fact: `a\n{"v":1}\u202e\u001b[2K${"b".repeat(1e6)}` }, false, { via: "" });
  await close();
  assert.not.match(readFileSync(path, "utf8").trimEnd(), /[\p{Cc}\p{Cf}]/u);
  const [line] = read();
  assert.is(String(line?.["value"]).length, 300);
});

audit("it goes on after the file was truncated, renamed or removed", async () => {
  const { note, close } = open();
  note("one", NET, true, flag);
  await until(() => read().length === 1);
  truncateSync(path);
  note("two", NET, true, flag);
  await until(() => read().length === 1);
  renameSync(path, `${path}.1`);
  note("three", NET, true, flag);
  await until(() => read().length === 1);
  rmSync(path);
  note("four", NET, true, flag);
  await close();
  assert.equal(
    [read(`${path}.1`), read()].map((lines) => lines.map(({ plugin }) => plugin).join()),
    ["two", "four"],
  );
});

audit("a full disk is said once, and stops nobody", async () => {
  const { note, close, said, clock } = open("/dev/full");
  for (let uses = 0; uses < 3; uses++) {
    note(`x${uses}`, NET, true, flag);
    await until(() => said.length > 0);
    await clock.advance(10_000);
  }
  for (let at = 0; at < 20_000; at++) note(`y${at % 100}`, { kind: "net", host: `192.0.2.1:${at}` }, true, flag);
  await close();
  assert.equal(
    said.map(({ level, message }) => [level, message]),
    [["warn", "Cannot write the audit log; going on without"]],
  );
  assert.match(String(said[0]?.fields?.["error"]), /ENOSPC/);
});

audit("what waited is written once that is possible again, with how much was lost meanwhile", async () => {
  const elsewhere = join(folder, "later");
  const { note, close, said, clock } = open(join(elsewhere, "audit.jsonl"));
  for (let at = 0; at < 4000; at++) note(`y${at % 100}`, { kind: "net", host: `192.0.2.1:${at}` }, true, flag);
  await until(() => said.length === 1);
  mkdirSync(elsewhere);
  await clock.advance(5000);
  await until(() => said.length === 2);
  await close();
  assert.is(said[1]?.message, "Writing the audit log again");
  const lines = read(join(elsewhere, "audit.jsonl"));
  const { lost } = lines.find((line) => "lost" in line) ?? {};
  assert.is(lines.length - 1 + (lost as number), 4000);
});

audit.run();

/** What a service manager hears, on a real socket of its own, and what is said of one that cannot be told. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { listenForNotices, type Notified } from "../workbench/testing/notified.ts";
import { findServiceManager } from "./service-manager.ts";

const SERVICE = suite("service manager");
const folder = mkdtempSync(join(tmpdir(), "herald-notify-"));
const ABSTRACT = `@herald-test-${process.pid}`;

async function until(isTrue: () => boolean, limitMs = 10_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!isTrue() && performance.now() < deadline) await wait(20);
  assert.ok(isTrue());
}

const pings = ({ heard }: Notified): number => heard.filter((text) => text === "WATCHDOG=1").length;

for (const place of [join(folder, "notify"), ABSTRACT]) {
  SERVICE(
    `hears at ${place.startsWith("@") ? "an abstract name" : "a path"} that Herald is ready, what it does, and that it stops`,
    async () => {
      const manager = listenForNotices(place);
      const environment = { NOTIFY_SOCKET: place, OTHER: "stays" };
      const herald = findServiceManager(environment, assert.unreachable);
      assert.equal(environment, { OTHER: "stays" });
      herald.ready(() => ({ summary: "node-a: 1 of 1\nWATCHDOG=1" }));
      herald.stopping();
      await until(() => manager.heard.length === 2);
      assert.equal(manager.heard, ["READY=1\nSTATUS=node-a: 1 of 1\\x0aWATCHDOG=1", "STOPPING=1\nSTATUS=Hands over and stops"]);
      herald.close();
      manager.close();
    },
  );
}

SERVICE("the watchdog hears nothing while the packet worker's heart stands still, and again when it beats", async () => {
  const place = join(folder, "watchdog");
  const manager = listenForNotices(place);
  const warnings: string[] = [];
  // Looks every 100 ms; a shorter time than Herald can promise, so that this test is short.
  const environment = { NOTIFY_SOCKET: place, WATCHDOG_USEC: "400000", WATCHDOG_PID: String(process.pid) };
  const herald = findServiceManager(environment, (line) => warnings.push(line));
  assert.equal(warnings, ["WATCHDOG_USEC is 400000: Herald may miss it, expected at least 5000000"]);
  const watched = { beats: 7, summary: "" };
  herald.ready(() => watched);
  await wait(700);
  assert.is(pings(manager), 0);
  watched.beats++;
  await until(() => pings(manager) === 1);
  await wait(500);
  assert.is(pings(manager), 1);
  herald.stopping();
  watched.beats++;
  await wait(300);
  assert.is(pings(manager), 1);
  herald.close();
  manager.close();
});

SERVICE("without a packet worker it hears that the main thread turns", async () => {
  const place = join(folder, "controller");
  const manager = listenForNotices(place);
  const herald = findServiceManager({ NOTIFY_SOCKET: place, WATCHDOG_USEC: "400000" }, () => {});
  herald.ready(() => ({ summary: "" }));
  await until(() => pings(manager) >= 2);
  herald.close();
  manager.close();
});

SERVICE("a watchdog that is another process's hears nothing", async () => {
  const place = join(folder, "other");
  const manager = listenForNotices(place);
  const herald = findServiceManager({ NOTIFY_SOCKET: place, WATCHDOG_USEC: "400000", WATCHDOG_PID: "1" }, assert.unreachable);
  herald.ready(() => ({ summary: "" }));
  await wait(500);
  assert.is(pings(manager), 0);
  herald.close();
  manager.close();
});

const wrong: Readonly<Record<string, readonly [environment: Record<string, string>, warning: RegExp]>> = {
  "a relative path": [{ NOTIFY_SOCKET: "run/notify" }, /^NOTIFY_SOCKET is "run\/notify": expected an absolute path, or @ and a name/],
  "a place of another kind": [{ NOTIFY_SOCKET: "vsock:2:1" }, /^NOTIFY_SOCKET is "vsock:2:1": expected an absolute path/],
  "no name": [{ NOTIFY_SOCKET: "@" }, /^NOTIFY_SOCKET is "@": /],
  "control characters": [{ NOTIFY_SOCKET: "\u001b[2J" }, /^NOTIFY_SOCKET is "\\x1b\[2J": /],
  "a name that is too long": [{ NOTIFY_SOCKET: `/${"x".repeat(5000)}` }, /^NOTIFY_SOCKET is "\/x{119}": expected fewer than 108 bytes/],
  "a watchdog of words": [{ NOTIFY_SOCKET: "/x", WATCHDOG_USEC: "soon" }, /^WATCHDOG_USEC is "soon": expected microseconds/],
  "a watchdog of nothing": [{ NOTIFY_SOCKET: "/x", WATCHDOG_USEC: "0" }, /^WATCHDOG_USEC is "0": expected microseconds/],
  "a watchdog below zero": [{ NOTIFY_SOCKET: "/x", WATCHDOG_USEC: "-1" }, /^WATCHDOG_USEC is "-1": /],
};
for (const [name, [environment, warning]] of Object.entries(wrong)) {
  SERVICE(`${name} gives one warning`, () => {
    const warnings: string[] = [];
    findServiceManager({ ...environment }, (line) => warnings.push(line)).close();
    assert.is(warnings.length, 1, warnings.join());
    assert.match(warnings[0]!, warning);
  });
}

SERVICE("a manager that is not there is told of once, and never waited for", () => {
  const warnings: string[] = [];
  const herald = findServiceManager({ NOTIFY_SOCKET: join(folder, "absent") }, (line) => warnings.push(line));
  herald.ready(() => ({ summary: "" }));
  herald.stopping();
  herald.close();
  assert.equal(warnings, [`Cannot tell the service manager at ${join(folder, "absent")}: ENOENT`]);
});

SERVICE("one that does not read is not waited for", () => {
  const place = join(folder, "deaf");
  const manager = listenForNotices(place);
  const warnings: string[] = [];
  const herald = findServiceManager({ NOTIFY_SOCKET: place }, (line) => warnings.push(line));
  for (let count = 0; count < 2000; count++) herald.stopping();
  assert.equal(warnings, [`Cannot tell the service manager at ${place}: EAGAIN`]);
  herald.close();
  manager.close();
});

SERVICE("nobody is told where no manager is named", () => {
  const herald = findServiceManager({}, assert.unreachable);
  herald.ready(() => {
    throw new Error("Nobody asks");
  });
  herald.stopping();
  herald.close();
});

SERVICE.after(() => rmSync(folder, { recursive: true }));
SERVICE.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type SessionRow, sessionObject } from "./bgp-session-state.ts";

const STATE = suite("bgp session state");

const NOON = Date.parse("2026-01-01T12:00:00Z");
const at = (seconds: number) => new Date(NOON + seconds * 1000);
const UP: SessionRow = {
  ...{ name: "tor-a", state: "established", prefixes: 3, address: "192.0.2.1", port: 179, localAs: 64512, peerAs: 64513 },
  ...{ uptimeSeconds: 60, holdTimeSeconds: 90, keepaliveSeconds: 30, peerIdentifier: "192.0.2.1", capabilities: ["IPv4"], bfd: "up" },
};
const DOWN: SessionRow = {
  name: "tor-a",
  state: "active",
  prefixes: 0,
  peerAs: "external",
  lastError: "hold timer",
  lastErrorSecondsAgo: 5,
};

function statusAfter(row: SessionRow, seconds: number, before: Readonly<Record<string, unknown>>) {
  const { status, blend } = sessionObject(row, "node-1", at(seconds));
  return blend?.(status, before) ?? status;
}

STATE("a session that is up says since when, and all that was negotiated", () => {
  assert.equal(statusAfter(UP, 60, {}), {
    ...{ node: "node-1", peer: "tor-a", state: "Established", since: "2026-01-01T12:00:00Z", establishedAt: "2026-01-01T12:00:00Z" },
    ...{ address: "192.0.2.1", port: 179, localASN: 64512, peerASN: 64513, holdTimeSeconds: 90, keepaliveSeconds: 30 },
    ...{ peerIdentifier: "192.0.2.1", capabilities: ["IPv4"], prefixes: 3, bfd: "Up" },
  });
});

STATE("a session that is not up says no more of what was negotiated, and how it ended", () => {
  assert.equal(statusAfter(DOWN, 10, {}), {
    ...{ node: "node-1", peer: "tor-a", state: "Active", since: "2026-01-01T12:00:10Z", prefixes: 0 },
    ...{ lastError: "hold timer", lastErrorAt: "2026-01-01T12:00:05Z" },
  });
});

STATE("as long as nothing happens the status is the same, whatever second it is asked in", () => {
  const up = statusAfter(UP, 60, {});
  assert.equal(statusAfter({ ...UP, uptimeSeconds: 119 }, 120, up), up);
  const down = statusAfter(DOWN, 10, {});
  assert.equal(statusAfter({ ...DOWN, lastErrorSecondsAgo: 65 }, 71, down), down);
});

STATE("another state, and another session in the same state, begin at a time of their own", () => {
  const down = statusAfter(DOWN, 10, {});
  assert.is(statusAfter({ ...DOWN, state: "openSent" }, 30, down)["since"], "2026-01-01T12:00:30Z");
  const up = statusAfter(UP, 60, {});
  assert.is(statusAfter({ ...UP, uptimeSeconds: 1 }, 300, up)["since"], "2026-01-01T12:04:59Z");
});

STATE("names of the node and the peer may be as long as names get, and no two pairs have one name", () => {
  const long = `${"a".repeat(62)}.`.repeat(4).slice(0, 253);
  const { name, labels } = sessionObject({ ...UP, name: long }, long, at(0));
  assert.ok(name.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name), name);
  for (const value of Object.values(labels)) assert.ok(value.length <= 63, value);
  assert.is.not(sessionObject({ ...UP, name: "c" }, "a-b", at(0)).name, sessionObject({ ...UP, name: "b-c" }, "a", at(0)).name);
});

STATE.run();

/** Who is watched and where, and what several watches and diagnostics come to. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { HostLink } from "../packets/links.ts";
import type { KernelNeighbor } from "../packets/neighbors.ts";
import { findEcho } from "./echo.ts";
import { mergeProfiles } from "./profile.ts";
import { toReport } from "./report.ts";
import type { SessionState } from "./session-row.ts";
import { findPlace, readTarget } from "./target.ts";

const TARGET = suite("liveness target");

function link(name: string, more: Partial<HostLink> = {}): HostLink {
  const base = { id: 0, index: 1, mac: "02:00:00:00:00:01", up: true, mtu: 1500, broadcast: true, noArp: false, loopback: false };
  return { ...base, name, addresses: [], ...more };
}

const links = [
  link("br0", { index: 2 }),
  link("eth0", { index: 3, master: "red", addresses: [{ address: "192.0.2.1", prefixLength: 24 }] }),
  link("eth1", { index: 4, master: "br0" }),
  link("red", { index: 5, noArp: true }),
];

TARGET("watches share a session where neighbor, link, local address and kind are the same, however they are written", () => {
  const key = (address: string, more = {}) => readTarget({ address, ...more }).key;
  assert.is(key("2001:db8::1"), key("2001:0db8:0:0::1"));
  assert.is(key("fe80::1%eth0", { device: "eth0" }), key("fe80::1", { device: "eth0" }));
  const others = [
    key("192.0.2.1"),
    key("192.0.2.2"),
    key("192.0.2.1", { multihop: true }),
    key("192.0.2.1", { device: "eth0" }),
    key("192.0.2.1", { localAddress: "192.0.2.9" }),
    key("fe80::1%eth0"),
    key("fe80::1%eth1"),
  ];
  assert.is(new Set(others).size, others.length);
});

TARGET("findPlace() tells a VRF from a link and from a bridge", () => {
  const place = (address: string, device?: string) =>
    findPlace(readTarget({ address, ...(device === undefined ? {} : { device }) }), links);
  assert.equal(place("192.0.2.2"), { link: undefined, vrf: undefined });
  assert.is(place("192.0.2.2", "eth0").link, "eth0");
  assert.equal([place("192.0.2.2", "br0").link, place("192.0.2.2", "br0").vrf], ["br0", undefined]);
  assert.equal([place("192.0.2.2", "red").link, place("192.0.2.2", "red").vrf?.index], [undefined, 5]);
  assert.equal([place("fe80::2%eth0", "red").link, place("fe80::2%eth0", "red").vrf?.index], ["eth0", 5]);
  assert.throws(() => place("fe80::2%eth7"), /^There is no link eth7$/);
});

TARGET("findEcho() finds link, own address and MAC of a neighbor", () => {
  const known = (linkIndex: number, address: string, mac?: string): KernelNeighbor => ({
    ...{ linkIndex, address, family: 4, mac },
    state: mac === undefined ? "incomplete" : "stale",
  });
  const table = [known(4, "192.0.2.2", "02:00:00:00:00:77"), known(3, "192.0.2.2", "02:00:00:00:00:02"), known(3, "192.0.2.3")];
  const find = (address: string, more = {}) => {
    const neighbor = readTarget({ address, ...more });
    return findEcho(neighbor, findPlace(neighbor, links), links, () => table);
  };
  assert.equal(find("192.0.2.2"), { link: "eth0", ownAddress: "192.0.2.1", mac: "02:00:00:00:00:02" });
  assert.is(find("192.0.2.3"), "the neighbor's MAC is not known yet");
  assert.is(find("192.0.2.4"), "the neighbor's MAC is not known yet");
  assert.is(find("198.51.100.2"), "none of this machine's links has the neighbor's network");
  assert.is(find("192.0.2.2", { device: "red" }), "it is not for VRFs");
  assert.is(find("192.0.2.2", { multihop: true }), "it is for one hop of IPv4 only");
});

TARGET("mergeProfiles() takes the quickest of each, and is passive where all are", () => {
  const slow = { receiveIntervalMs: 300, transmitIntervalMs: 100, detectMultiplier: 5, passiveMode: true };
  const fast = { receiveIntervalMs: 50, transmitIntervalMs: 200, detectMultiplier: 3, passiveMode: true, echoMode: true };
  const expected = { receiveIntervalMs: 50, transmitIntervalMs: 100, detectMultiplier: 3, isPassive: true, minimumTtl: 254 };
  assert.equal(mergeProfiles([slow, fast]), { ...expected, echoIntervalMs: 50 });
  const third = { ...slow, passiveMode: false, minimumTtl: 250, echoMode: true, echoIntervalMs: 20 };
  assert.equal(mergeProfiles([slow, fast, third]), { ...expected, isPassive: false, minimumTtl: 250, echoIntervalMs: 20 });
});

const state = (more: Partial<SessionState>): SessionState => ({
  ...{ state: "down", diagnostic: 0, remoteState: "down", remoteDiagnostic: 0, isEchoing: false },
  ...more,
});

const reports: readonly (readonly [session: SessionState | undefined, problem: string | undefined, reason: string])[] = [
  [undefined, undefined, "no packet from the neighbor yet"],
  [undefined, "There is no link eth7", "There is no link eth7"],
  [state({}), undefined, "no packet from the neighbor yet"],
  [state({ state: "init" }), undefined, "the neighbor does not hear us yet"],
  [state({ diagnostic: 1 }), undefined, "control detection time expired"],
  [state({ diagnostic: 3, remoteDiagnostic: 1 }), undefined, "neighbor signaled session down: control detection time expired"],
  [state({ diagnostic: 3, remoteDiagnostic: 0 }), undefined, "neighbor signaled session down"],
  [state({ diagnostic: 5 }), "There is no link eth7", "There is no link eth7"],
  [state({ remoteState: "adminDown" }), undefined, "the neighbor is administratively down"],
  [state({ diagnostic: 31 }), undefined, "diagnostic 31"],
  [state({ state: "up" }), "There is no link eth7", ""],
];

for (const [session, problem, reason] of reports) {
  TARGET(`toReport() says "${reason}" of ${JSON.stringify(session ?? "nothing")}${problem === undefined ? "" : " with a problem"}`, () => {
    const report = toReport(session, problem, undefined);
    assert.equal(report, { state: session?.state ?? "down", isPeerAdminDown: session?.remoteState === "adminDown", reason });
  });
}

TARGET.run();

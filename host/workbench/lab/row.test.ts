import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Expected } from "./expectation.ts";
import type { Probe } from "./ground.ts";
import { complaintOf, resultOf, targetOf } from "./row.ts";

const ROW = suite("row");

const MACS = new Map([
  ["node-a", "02:00:00:00:00:0a"],
  ["node-b", "02:00:00:00:00:0b"],
]);
const macs = { of: (node: string) => MACS.get(node), owner: (mac: string) => [...MACS].find(([, known]) => known === mac)?.[0] };
const expected: Expected = {
  service: "default/web",
  vip: "192.0.2.240",
  pool: "home",
  owner: "node-a",
  ports: [{ protocol: "TCP", port: 80 }],
  isOnRecord: true,
};
const probe: Probe = { mac: "02:00:00:00:00:0a", answeredBy: ["02:00:00:00:00:0a"], reached: "node-a", requests: 1, firstReplyMicros: 80 };

function complaint(parts: { expected?: Partial<Expected>; probe?: Partial<Probe> }, isReachable = true): string | undefined {
  const row = {
    expected: { ...expected, ...parts.expected },
    probe: { ...probe, ...parts.probe },
    isGood: false,
    isFresh: true,
    sinceMs: 0,
  };
  return complaintOf(row, macs, isReachable);
}

ROW("complaintOf() has nothing to say of what is as expected", () => {
  assert.is(complaint({}), undefined);
  assert.is(complaint({ probe: { reached: null } }, false), undefined, "a wire without connections");
  assert.is(
    complaint({ expected: { ports: [{ protocol: "SCTP", port: 5000 }] }, probe: { reached: null } }),
    undefined,
    "no port that Node could ask",
  );
});

ROW("complaintOf() names what was found and what was wanted", () => {
  const name = "default/web 192.0.2.240";
  assert.is(complaint({ probe: { mac: null } }), `${name} does not resolve: no ARP reply reached the client`);
  assert.is(
    complaint({ probe: { mac: "02:00:00:00:00:0b" } }),
    `${name} resolves to node-b (02:00:00:00:00:0b), expected its owner node-a (02:00:00:00:00:0a)`,
  );
  assert.match(complaint({ probe: { mac: "02:00:00:00:00:ff" } }) ?? "", /resolves to a stranger \(02:00:00:00:00:ff\)/);
  assert.is(
    complaint({ probe: { answeredBy: [...MACS.values()] } }),
    `${name} is answered for by more than its owner: node-a (02:00:00:00:00:0a), node-b (02:00:00:00:00:0b)`,
  );
  assert.is(complaint({ probe: { reached: null } }), `${name} resolves, but TCP port 80 was answered by nobody, expected node-a`);
  assert.is(complaint({ probe: { reached: "node-b" } }), `${name} resolves, but TCP port 80 was answered by node-b, expected node-a`);
  assert.match(complaint({ expected: { isOnRecord: false } }) ?? "", /is not given out/);
  const six = complaint({ expected: { vip: "2001:db8::1" }, probe: { mac: null } });
  assert.is(six, "default/web 2001:db8::1 does not resolve: no Neighbor Advertisement reached the client");
});

ROW("resultOf() is resolved only with the owner's MAC", () => {
  const row = { expected, isGood: true, isFresh: true, sinceMs: 0 };
  assert.is(resultOf({ ...row, probe }, macs).resolved, true);
  assert.is(resultOf({ ...row, probe: { ...probe, mac: "02:00:00:00:00:0b" } }, macs).resolved, false);
  assert.is(resultOf(row, macs).resolved, false);
  assert.is(
    resultOf({ ...row, expected: { service: "default/web", ports: [], isOnRecord: true, reason: "none" } }, macs).resolved,
    false,
    "null is not null's MAC",
  );
});

ROW("targetOf() prefers TCP, then UDP, then no port", () => {
  const port = (ports: Expected["ports"]) => targetOf({ ...expected, ports }).port?.protocol;
  assert.is(
    port([
      { protocol: "UDP", port: 53 },
      { protocol: "TCP", port: 80 },
    ]),
    "TCP",
  );
  assert.is(
    port([
      { protocol: "SCTP", port: 5 },
      { protocol: "UDP", port: 53 },
    ]),
    "UDP",
  );
  assert.is(port([{ protocol: "SCTP", port: 5 }]), undefined);
});

ROW.run();

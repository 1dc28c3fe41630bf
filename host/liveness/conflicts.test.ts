/** What is told of other stations that use our VIPs, and what is kept. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createMetrics } from "../observe/metrics.ts";
import type { NodeFact } from "../rules/vocabulary.ts";
import { FakeClock } from "../workbench/testing/fake-clock.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { type Claim, Conflicts } from "./conflicts.ts";
import { speakerMacs } from "./speaker-macs.ts";

const CONFLICTS = suite("conflicts");

const VIP = "192.0.2.10";
const [OWN, OTHER_OWN, NODE_B, STRANGER] = ["02:00:00:00:00:0a", "02:00:00:00:00:1a", "02:00:00:00:00:0b", "02:00:00:00:00:99"];

function start() {
  const clock = new FakeClock();
  const { log, lines } = recordedLog();
  const warnings: string[] = [];
  const metrics = createMetrics();
  const conflicts = new Conflicts({
    speakers: { nodeOf: (mac) => ({ [OWN as string]: "node-a", [OTHER_OWN as string]: "node-a", [NODE_B as string]: "node-b" })[mac] },
    links: {
      all: () => [
        { name: "eth0", mac: OWN as string },
        { name: "eth1", mac: OTHER_OWN as string },
      ],
    },
    warn: (vip, reason, message) => void warnings.push(`${vip} ${reason}: ${message}`),
    ...{ log, clock, metrics },
  });
  const hear = (mac: string | undefined, more: Partial<Claim> = {}) =>
    conflicts.hear({ vip: VIP, link: "eth0", mac: mac as string, heldBack: 0, ...more });
  const counts = async () =>
    (await metrics.samples())
      .filter(({ name }) => name === "herald_address_claims_total")
      .map(({ labels, value }) => `${labels["ip"]} ${labels["kind"]} ${value}`);
  return { clock, lines, warnings, conflicts, hear, counts };
}

CONFLICTS("a stranger is told at once, with both MACs, and then once a minute", async () => {
  const { clock, lines, warnings, hear, counts } = start();
  hear(STRANGER);
  const told = `${VIP} addressConflict: Another station (MAC ${STRANGER}) uses ${VIP} on eth0, which is announced there with MAC ${OWN}`;
  assert.equal(warnings, [told]);
  assert.is(lines[0]?.level, "warn");
  assert.equal(lines[0]?.fields, { vip: VIP, link: "eth0", mac: STRANGER, ownMac: OWN, node: undefined, kind: "stranger", count: 1 });
  for (let second = 0; second < 59; second++) {
    await clock.advance(1000);
    hear(STRANGER, { heldBack: 4 });
  }
  assert.is(warnings.length, 1);
  await clock.advance(1000);
  hear(STRANGER);
  assert.equal(warnings, [told, told]);
  assert.equal(await counts(), [`${VIP} stranger ${1 + 59 * 5 + 1}`]);
});

CONFLICTS("each VIP has its own minute, but all together have a hundred tellings in one", async () => {
  const { clock, warnings, hear } = start();
  for (let at = 0; at < 150; at++) hear(STRANGER, { vip: `198.51.100.${at}` });
  assert.is(warnings.length, 100);
  await clock.advance(60_000);
  hear(STRANGER, { vip: "198.51.100.149" });
  assert.is(warnings.length, 101);
});

CONFLICTS("another speaker is told only where the two have not settled it in 10 s", async () => {
  const { clock, lines, warnings, conflicts, hear, counts } = start();
  hear(NODE_B);
  await clock.advance(40_000);
  for (let second = 0; second <= 10; second++) {
    assert.equal(warnings, [], `after ${second} s`);
    assert.ok(lines.every(({ level }) => level === "debug"));
    hear(NODE_B);
    await clock.advance(1000);
  }
  hear(NODE_B);
  assert.equal(warnings, [
    `${VIP} addressConflict: Node node-b (MAC ${NODE_B}) uses ${VIP} on eth0, which is announced there with MAC ${OWN}`,
  ]);
  assert.equal(await counts(), [`${VIP} speaker 13`]);
  assert.is(conflicts.of(VIP)[0]?.node, "node-b");
});

CONFLICTS("this node itself, heard by another link, is no conflict that anybody is told of", async () => {
  const { clock, warnings, hear } = start();
  for (let second = 0; second < 20; second++) {
    hear(OTHER_OWN);
    await clock.advance(1000);
  }
  assert.equal(warnings, []);
});

CONFLICTS("a stranger that answers for another node's VIP is told, and so are kernels, but those once", () => {
  const { lines, warnings, conflicts } = start();
  conflicts.hearAnswer({ vip: VIP, link: "eth0", mac: STRANGER as string, owner: "node-c", isKernel: false });
  assert.equal(warnings.splice(0), [
    `${VIP} addressConflict: Another station (MAC ${STRANGER}) answers for ${VIP} on eth0, which node node-c announces`,
  ]);
  lines.length = 0;
  for (const vip of [VIP, "192.0.2.11"])
    conflicts.hearAnswer({ vip, link: "eth0", mac: NODE_B as string, owner: "node-c", isKernel: true });
  assert.is(warnings.length, 1);
  assert.is(lines.length, 1);
  assert.match(warnings[0] ?? "", /kernel of node node-b .* answers for 192\.0\.2\.10 .* node node-c .*IPVS.* set ipvs\.strictARP to true/);
  assert.is(conflicts.of("192.0.2.11")[0]?.kind, "kernel");
});

CONFLICTS("of each VIP the 16 stations are kept that were heard last, and of all VIPs a bounded number", async () => {
  const { clock, conflicts, hear } = start();
  const mac = (at: number) => `02:00:00:00:01:${at.toString(16).padStart(2, "0")}`;
  for (let at = 0; at < 40; at++) {
    hear(mac(at));
    await clock.advance(1);
  }
  hear(mac(30));
  const kept = conflicts.of(VIP);
  assert.is(kept.length, 16);
  assert.equal([kept[0]?.mac, kept[0]?.count, kept[0]?.sinceMs, kept[0]?.lastMs], [mac(30), 2, 30, 40]);
  assert.is(kept.at(-1)?.mac, mac(24));
  for (let at = 0; at < 5000; at++) hear(STRANGER, { vip: `2001:db8::${at.toString(16)}` });
  assert.equal(conflicts.of(VIP), []);
  assert.is(conflicts.of("2001:db8::1387").length, 1);
});

CONFLICTS("close() tells no numbers any more", async () => {
  const { conflicts, hear, counts } = start();
  hear(STRANGER);
  conflicts.close();
  assert.equal(await counts(), []);
});

CONFLICTS("speakerMacs() names the node of a MAC, follows the nodes, and trusts no MAC that two have", () => {
  const node = (name: string, ...macs: readonly string[]): [string, NodeFact] => [
    name,
    { name, labels: {}, networkUnavailable: false, addresses: [], speaker: { links: [], macs, isLeaving: false, isSilent: false } },
  ];
  let nodes = new Map([node("node-b", NODE_B as string, STRANGER as string), node("node-c", STRANGER as string), node("node-d")]);
  const macs = speakerMacs(() => nodes);
  assert.equal(
    [macs.nodeOf(NODE_B as string), macs.nodeOf(STRANGER as string), macs.nodeOf(OWN as string)],
    ["node-b", undefined, undefined],
  );
  assert.equal([macs.knows("node-b"), macs.knows("node-d"), macs.knows("node-e")], [true, false, false]);
  nodes = new Map([node("node-c", STRANGER as string)]);
  assert.equal([macs.nodeOf(NODE_B as string), macs.nodeOf(STRANGER as string), macs.knows("node-b")], [undefined, "node-c", false]);
});

CONFLICTS.run();

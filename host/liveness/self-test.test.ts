/** The self-test with a clock, a network and speakers of the test's own. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FakeClock } from "../workbench/testing/fake-clock.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import type { ForeignAnswer } from "./conflicts.ts";
import { type Answer, SelfTest, type TestedVip } from "./self-test.ts";
import type { GroupState } from "./standing.ts";
import { testedVips } from "./tested-vips.ts";

const SELF_TEST = suite("self-test");

const MACS: Readonly<Record<string, string>> = {
  "02:00:00:00:00:0a": "node-a",
  "02:00:00:00:00:0b": "node-b",
  "02:00:00:00:00:0c": "node-c",
};
const macOf = (node: string) => Object.entries(MACS).find(([, name]) => name === node)?.[0] ?? node;

interface World {
  vips: readonly TestedVip[];
  dead: string[];
  /** Node, or MAC of a stranger, that answers. */
  answerOf: (vip: string, nth: number) => string | undefined;
  deposes: boolean;
}

function start(changes: Partial<World> = {}) {
  const world: World = { vips: [vip(1)], dead: [], answerOf: () => "node-a", deposes: false, ...changes };
  const clock = new FakeClock();
  const { log, lines } = recordedLog();
  const asked: { vip: string; atMs: number }[] = [];
  const seen = { warnings: [] as string[], foreign: [] as ForeignAnswer[], deposed: [] as string[], counts: {} as Record<string, number> };
  let seed = 0;
  const selfTest = new SelfTest({
    vips: () => world.vips,
    async ask(address): Promise<Answer | undefined> {
      asked.push({ vip: address, atMs: clock.now() });
      const answerer = world.answerOf(address, asked.filter(({ vip: other }) => other === address).length);
      return answerer === undefined ? undefined : { mac: macOf(answerer), link: "eth0" };
    },
    isAlive: (node) => !world.dead.includes(node),
    ...(world.deposes ? { depose: (group: string, owner: string) => void seen.deposed.push(`${group} ${owner}`) } : {}),
    speakers: { nodeOf: (mac) => MACS[mac], knows: (node) => node !== "node-z" },
    conflicts: { hearAnswer: (answer) => void seen.foreign.push(answer) },
    warn: (address, reason, message) => void seen.warnings.push(`${address} ${reason}: ${message}`),
    log,
    metrics: {
      count: (name, labels = {}) =>
        void (seen.counts[[name, ...Object.values(labels)].join(" ")] = (seen.counts[[name, ...Object.values(labels)].join(" ")] ?? 0) + 1),
    },
    clock,
    random: () => (seed = (seed * 7 + 3) % 11) / 11,
  });
  return { world, clock, lines, asked, selfTest, ...seen };
}

function vip(number: number, more: Partial<TestedVip> = {}): TestedVip {
  const address = `192.0.2.${number}`;
  return { vip: address, group: address, owner: "node-a", askers: 1, ...more };
}

const many = (count: number, askers: number) => Array.from({ length: count }, (_, at) => vip(at + 1, { askers }));

SELF_TEST("one VIP is asked for every 10 s, and all is well", async () => {
  const { clock, asked, warnings, lines, selfTest, counts } = start();
  await clock.advance(60_000);
  assert.ok(asked.length === 6 || asked.length === 5, `${asked.length}`);
  assert.equal([warnings, lines], [[], []]);
  assert.is(counts["herald_self_tests_total"], asked.length);
  selfTest.close();
  assert.is(clock.pending, 0);
});

SELF_TEST("of 100 VIPs with two askers each is asked for once in two minutes by one of them", async () => {
  const { clock, asked, selfTest } = start({ vips: many(100, 2) });
  await clock.advance(125_000);
  const times = new Map<string, number[]>();
  for (const { vip: address, atMs } of asked) times.set(address, [...(times.get(address) ?? []), atMs]);
  assert.is(times.size, 100);
  assert.ok([...times.values()].every((all) => all.length === 1 || (all[1] as number) - (all[0] as number) > 100_000));
  selfTest.close();
});

SELF_TEST("however many VIPs there are, no more than one a second is asked for", async () => {
  const { clock, asked, selfTest } = start({
    vips: many(200, 1).concat(many(200, 1).map((one) => ({ ...one, vip: `2001:db8::${one.vip.split(".")[3]}` }))),
  });
  await clock.advance(100_000);
  assert.ok(asked.length > 85 && asked.length <= 100, `${asked.length}`);
  assert.is(new Set(asked.map(({ vip: address }) => address)).size, asked.length, "none twice before all had their turn");
  selfTest.close();
});

SELF_TEST("an owner that is silent three times in a row is told of once, and again after it was well", async () => {
  let isSilent = true;
  const { clock, asked, warnings, lines, counts, deposed, selfTest } = start({ answerOf: () => (isSilent ? undefined : "node-a") });
  await clock.advance(14_000);
  assert.equal(warnings, ["192.0.2.1 ownerSilent: Node node-a owns 192.0.2.1 and is alive, but did not answer 3 requests for it in a row"]);
  const [first, second] = asked.map(({ atMs }) => atMs) as [number, number];
  assert.is(second - first, 1000);
  await clock.advance(60_000);
  assert.is(warnings.length, 1);
  assert.ok((counts["herald_self_test_failures_total 192.0.2.1 node-a"] ?? 0) > 3, "counted each time");
  isSilent = false;
  await clock.advance(11_000);
  assert.equal(lines.at(-1)?.message, "Owner answers again");
  isSilent = true;
  await clock.advance(14_000);
  assert.is(warnings.length, 2);
  assert.equal(deposed, []);
  selfTest.close();
});

SELF_TEST("two silences and an answer are nothing", async () => {
  const { clock, warnings, selfTest } = start({ answerOf: (_, nth) => (nth % 3 === 0 ? "node-a" : undefined) });
  await clock.advance(120_000);
  assert.equal(warnings, []);
  selfTest.close();
});

SELF_TEST("an owner that is silent is deposed where that is wanted, with its group", async () => {
  const { clock, deposed, selfTest } = start({ vips: [vip(1, { group: "192.0.2.9" })], answerOf: () => undefined, deposes: true });
  await clock.advance(14_000);
  assert.equal(deposed, ["192.0.2.9 node-a"]);
  selfTest.close();
});

SELF_TEST("the silence of an owner that is dead, or of one that is another by now, is no news", async () => {
  const { clock, asked, warnings, world, selfTest } = start({ answerOf: () => undefined, dead: ["node-a"] });
  await clock.advance(60_000);
  assert.equal([asked, warnings], [[], []]);
  world.dead = [];
  world.answerOf = () => {
    world.dead = ["node-a"];
    return undefined;
  };
  await clock.advance(60_000);
  assert.equal([asked.length, warnings], [1, []]);
  world.dead = [];
  world.answerOf = (_, nth) => {
    world.vips = [vip(1, { owner: nth % 2 === 0 ? "node-a" : "node-b" })];
    return undefined;
  };
  await clock.advance(60_000);
  assert.equal(warnings, []);
  assert.ok(asked.length > 5);
  selfTest.close();
});

SELF_TEST("a station that is no speaker is a conflict, but not where the owner's MACs are not known", async () => {
  const { clock, foreign, world, selfTest } = start({ answerOf: () => "02:00:00:00:00:99" });
  await clock.advance(11_000);
  assert.equal(foreign, [{ vip: "192.0.2.1", link: "eth0", mac: "02:00:00:00:00:99", owner: "node-a", isKernel: false }]);
  world.vips = [vip(2, { owner: "node-z" })];
  await clock.advance(60_000);
  assert.is(foreign.length, 1);
  selfTest.close();
});

SELF_TEST("where now this and now that speaker answers, those are kernels", async () => {
  const { clock, foreign, warnings, selfTest } = start({ answerOf: (_, nth) => (nth % 2 === 0 ? "node-a" : "node-b") });
  await clock.advance(60_000);
  assert.ok(foreign.length > 0);
  assert.equal(foreign[0], { vip: "192.0.2.1", link: "eth0", mac: macOf("node-b"), owner: "node-a", isKernel: true });
  assert.equal(warnings, []);
  selfTest.close();
});

SELF_TEST("one speaker that answers in place of the owner is none, and costs the others their turns for a moment only", async () => {
  const { clock, foreign, asked, selfTest } = start({
    vips: many(20, 1),
    answerOf: (address) => (address === "192.0.2.1" ? "node-b" : "node-a"),
  });
  await clock.advance(120_000);
  assert.equal(foreign, []);
  assert.is(new Set(asked.map(({ vip: address }) => address)).size, 20);
  assert.ok(asked.filter(({ vip: address }) => address === "192.0.2.1").length < 20);
  selfTest.close();
});

SELF_TEST("an ask that fails is told, and the next is tried", async () => {
  const { clock, lines, asked, selfTest } = start({
    answerOf: () => {
      throw new Error("no such row");
    },
  });
  await clock.advance(30_000);
  assert.equal(lines[0]?.fields, { error: "no such row" });
  assert.ok(asked.length > 1);
  selfTest.close();
});

const members = ["node-a", "node-b", "node-c"];
const row = (number: number, more = {}) => ({
  vip: `192.0.2.${number}`,
  succession: { group: "192.0.2.1", members, isSticky: false, ...more },
});

SELF_TEST("testedVips() gives what a node is an heir of, with the first in rank that lives or the one that was heard", () => {
  const states: Readonly<Record<string, Partial<GroupState>>> = {
    "192.0.2.1": { standing: "heir" },
    "192.0.2.2": { standing: "owner" },
    "192.0.2.3": { standing: "asking" },
    "192.0.2.4": { standing: "heir", heard: { mac: macOf("node-b"), node: "node-b", atMs: 0 } },
    "192.0.2.5": { standing: "heir", heard: { mac: "02:00:00:00:00:99", atMs: 0 } },
  };
  const standings = { ofVip: (address: string) => states[address] as GroupState | undefined };
  const rows = [row(1), row(2), row(3), row(4), row(4, { isSticky: true }), row(5, { isSticky: true }), row(6), { vip: "192.0.2.7" }];
  const tell = (isAlive: (node: string) => boolean) =>
    [...testedVips("node-c", rows, standings, isAlive)].map(
      ({ vip: address, group, owner, askers }) => `${address} of ${group}: ${owner}, ${askers}`,
    );
  assert.equal(
    tell(() => true),
    [
      "192.0.2.1 of 192.0.2.1: node-a, 2",
      "192.0.2.4 of 192.0.2.1: node-a, 2",
      "192.0.2.4 of 192.0.2.1: node-b, 2",
      "192.0.2.5 of 192.0.2.1: node-a, 2",
    ],
  );
  assert.equal(tell((node) => node === "node-b").slice(0, 1), ["192.0.2.1 of 192.0.2.1: node-b, 1"]);
  assert.equal(
    tell(() => false),
    [],
  );
});

SELF_TEST.run();

/** Ownership machines of several nodes on one segment: who answers for a VIP when nodes die, stop, part and come back. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { recordOf } from "../../workbench/testing/owner-record.ts";
import { randomFrom } from "../../workbench/testing/random.ts";
import { SegmentOfOwners, withGateway } from "../../workbench/testing/segment-of-owners.ts";

const owners = suite("ownership");
const VIP = "192.0.2.240";
const succession = (isSticky = false, members = ["a", "b", "c"]) => ({ group: VIP, members, isSticky });

function three(isSticky = false): SegmentOfOwners {
  const segment = withGateway(new SegmentOfOwners(["a", "b", "c"], [succession(isSticky)]));
  segment.run(8000);
  return segment;
}

owners("at a start of all nodes the first in rank answers at once, and nobody else ever does", () => {
  const segment = withGateway(new SegmentOfOwners(["a", "b", "c"], [succession()]));
  assert.ok(segment.longestGapMs(VIP, 1000) <= 250);
  segment.run(9000, () => assert.equal(segment.owners(VIP), ["a"]));
});

owners("a node that dies has its heir within 350 ms, and the heir of both when that dies too", () => {
  const segment = three();
  segment.kill("a");
  assert.ok(segment.longestGapMs(VIP, 2000) <= 350);
  assert.equal(segment.owners(VIP), ["b"]);
  segment.run(5000);
  segment.kill("b");
  assert.ok(segment.longestGapMs(VIP, 2000) <= 350);
  assert.equal(segment.owners(VIP), ["c"]);
});

owners("where two nodes die at once the third has it", () => {
  const segment = three();
  segment.kill("a");
  segment.kill("b");
  assert.ok(segment.longestGapMs(VIP, 2000) <= 400);
  assert.equal(segment.owners(VIP), ["c"]);
});

owners("a node that returns waits 5 s, and takes over without a gap", () => {
  const segment = three();
  segment.kill("a");
  segment.run(5000);
  segment.start("a");
  segment.run(4500, () => assert.equal(segment.owners(VIP), ["b"]));
  assert.is(segment.longestGapMs(VIP, 3000), 0);
  assert.equal(segment.owners(VIP), ["a"]);
});

owners("under sticky it does not take back, and has it when the keeper dies", () => {
  const segment = three(true);
  assert.equal(segment.owners(VIP), ["a"]);
  segment.kill("a");
  segment.run(2000);
  assert.equal(segment.owners(VIP), ["b"]);
  segment.start("a");
  segment.run(20_000, () => assert.equal(segment.owners(VIP), ["b"]));
  segment.kill("b");
  assert.ok(segment.longestGapMs(VIP, 3000) <= 700);
  assert.equal(segment.owners(VIP), ["a"]);
});

for (const isSticky of [false, true]) {
  owners(
    `a segment that is parted has two owners, and ${isSticky ? "the one that took over" : "the lower in rank"} yields within 2 s`,
    () => {
      const segment = three(isSticky);
      segment.station("a").part = 1;
      segment.run(10_000);
      assert.equal(segment.owners(VIP), ["a", "b"]);
      segment.station("a").part = 0;
      segment.run(2000);
      segment.run(10_000, () => assert.equal(segment.owners(VIP), ["a"]));
    },
  );
}

owners("a node that hears nobody takes nothing over; a heir beside a gateway does", () => {
  const segment = three();
  segment.station("b").part = 2;
  segment.run(5000, () => assert.equal(segment.owners(VIP), ["a"]));
  assert.is([...segment.station("b").machine.states()][0]?.standing, "isolated");
  segment.station("b").part = 0;
  segment.run(5000, () => assert.equal(segment.owners(VIP), ["a"]));
});

owners("a node that was stopped answers for nothing that it has lost, until it has waited", () => {
  const segment = three();
  segment.freeze("a");
  assert.ok(segment.longestGapMs(VIP, 3000) <= 350);
  segment.thaw("a");
  segment.run(4500, () => assert.equal(segment.owners(VIP), ["b"]));
  assert.is(segment.longestGapMs(VIP, 3000), 0);
  assert.equal(segment.owners(VIP), ["a"]);
});

owners("one that was stopped for a moment has it back within 300 ms", () => {
  const segment = three();
  segment.freeze("a");
  segment.run(200);
  segment.thaw("a");
  assert.ok(segment.longestGapMs(VIP, 3000) <= 300);
  assert.equal(segment.owners(VIP), ["a"]);
});

owners("a carrier that is lost and comes back", () => {
  const segment = three();
  segment.setCarrier("a", false);
  assert.ok(segment.longestGapMs(VIP, 3000) <= 350);
  assert.equal(segment.owners(VIP), ["b"]);
  segment.setCarrier("a", true);
  segment.run(4500, () => assert.equal(segment.owners(VIP), ["b"]));
  segment.run(3000);
  assert.equal(segment.owners(VIP), ["a"]);
});

owners("who leaves answers until the heir is heard", () => {
  const segment = three();
  segment.leave("a");
  assert.is(segment.longestGapMs(VIP, 5000), 0);
  assert.equal(segment.owners(VIP), ["b"]);
  assert.ok(segment.station("a").machine.hasLeft);
});

owners("all leave and return one after another, and no moment is without an answer", () => {
  const segment = three();
  for (const name of ["a", "b", "c"]) {
    segment.leave(name);
    assert.is(segment.longestGapMs(VIP, 2500), 0, name);
    segment.kill(name);
    assert.is(segment.longestGapMs(VIP, 500), 0, name);
    segment.start(name);
    assert.is(segment.longestGapMs(VIP, 8000), 0, name);
  }
  assert.equal(segment.owners(VIP), ["a"]);
});

owners("sessions that break while the owner still answers move nothing", () => {
  const segment = three();
  const a = segment.station("a");
  segment.run(5000, () => {
    for (const other of ["b", "c"]) {
      const session = segment.station(other).sessions.get("a");
      if (session !== undefined) session.heardMs = 1;
    }
    assert.equal(segment.owners(VIP), ["a"]);
  });
  assert.ok(a.isRunning);
});

owners("the last of three has it when the one before it leaves long after the first has died", () => {
  const segment = three();
  segment.kill("a");
  segment.run(5000);
  segment.leave("b");
  segment.run(1000);
  segment.kill("b");
  assert.ok(segment.longestGapMs(VIP, 3000) <= 0);
  assert.equal(segment.owners(VIP), ["c"]);
});

owners("under sticky a keeper that was stopped for a moment keeps it, though one ahead is back", () => {
  const segment = three(true);
  segment.kill("a");
  segment.run(2000);
  segment.start("a");
  segment.run(10_000);
  segment.freeze("b");
  segment.run(200);
  segment.thaw("b");
  assert.ok(segment.longestGapMs(VIP, 5000) <= 300);
  assert.equal(segment.owners(VIP), ["b"]);
});

owners("under sticky who has it again does not leave it to the one that had it before", () => {
  const segment = three(true);
  segment.kill("a");
  segment.run(2000);
  segment.start("a");
  segment.run(10_000);
  segment.kill("b");
  segment.run(2000);
  segment.start("b");
  segment.run(10_000);
  assert.equal(segment.owners(VIP), ["a"]);
  segment.freeze("a");
  segment.run(200);
  segment.thaw("a");
  assert.ok(segment.longestGapMs(VIP, 5000) <= 300);
  assert.equal(segment.owners(VIP), ["a"]);
});

owners("under sticky two that yield to each other leave nobody without an answer", () => {
  const segment = three(true);
  segment.setCarrier("a", false);
  segment.run(2000);
  segment.station("a").part = 1;
  segment.setCarrier("a", true);
  segment.run(10_000);
  assert.equal(segment.owners(VIP), ["a", "b"]);
  segment.station("a").part = 0;
  const address = recordOf(VIP).subarray(16, 32);
  const [a, b] = [segment.station("a"), segment.station("b")];
  a.machine.hear("arp", address, { mac: b.mac, isClaim: true }, segment.nowMs);
  b.machine.hear("arp", address, { mac: a.mac, isClaim: true }, segment.nowMs);
  assert.equal(segment.owners(VIP), []);
  assert.ok(segment.longestGapMs(VIP, 5000) <= 1500);
  assert.is(segment.owners(VIP).length, 1);
});

owners("a node that was stopped for a moment while one ahead waits to take back goes on", () => {
  const segment = three();
  segment.kill("a");
  segment.run(5000);
  segment.start("a");
  segment.run(2500);
  segment.freeze("b");
  segment.run(200);
  segment.thaw("b");
  assert.ok(segment.longestGapMs(VIP, 6000) <= 300);
  assert.equal(segment.owners(VIP), ["a"]);
});

owners("a node that BFD has lost but that answers is asked for, and costs no turns when nobody here is next any more", () => {
  const segment = three();
  segment.kill("b");
  segment.run(2000);
  segment.station("c").deaf.add("a");
  segment.run(3000);
  segment.start("b");
  segment.run(10_000);
  assert.equal(segment.owners(VIP), ["a"]);
});

owners("one that waits to take its VIP back has it soon when the heir stops to answer", () => {
  const segment = three();
  segment.kill("a");
  segment.run(5000);
  segment.start("a");
  segment.run(1000);
  assert.equal(segment.owners(VIP), ["b"]);
  for (const row of segment.station("b").rows.values()) row.isSilent = true;
  assert.ok(segment.longestGapMs(VIP, 3000) <= 1500);
  assert.equal(segment.owners(VIP), ["a"]);
});

owners("a stranger that speaks from the VIP is defended against once in 10 s, the kernel of a node is not", () => {
  const segment = three();
  const { machine, rows } = segment.station("a");
  const address = recordOf(VIP).subarray(16, 32);
  const announced = (): number => Math.max(...[...rows.values()].map(({ announcedMs }) => announcedMs));
  machine.hear("arp", address, { mac: segment.station("b").mac, isClaim: false }, segment.nowMs);
  assert.is.not(announced(), segment.nowMs);
  const saidMs: number[] = [];
  for (let round = 0; round < 25; round++) {
    segment.run(1000);
    machine.hear("arp", address, { mac: "02:00:00:00:00:99", isClaim: false }, segment.nowMs);
    if (announced() === segment.nowMs) saidMs.push(segment.nowMs);
  }
  assert.is(saidMs.length, 3);
  assert.equal(segment.owners(VIP), ["a"]);
});

owners("an owner that lives and does not answer is deposed, and not yielded to for a minute", () => {
  const segment = three();
  const { rows } = segment.station("a");
  for (const row of rows.values()) row.isSilent = true;
  segment.run(5000);
  assert.equal(segment.owners(VIP), [], "its sessions are up, so nobody knows");
  segment.station("b").machine.depose(VIP, "a", segment.nowMs);
  segment.run(1000);
  assert.equal(segment.owners(VIP), ["b"]);
  segment.run(5000, () => assert.ok(segment.owners(VIP).includes("b")));
});

const RANKS = ["abc", "bda", "cad", "dcb", "adb"].map((names) => [...names]);
type Act = (segment: SegmentOfOwners, name: string, random: (below: number) => number) => void;

/** What may happen to a node whose process runs. */
const TO_AWAKE: Readonly<Record<string, Act>> = {
  freeze: (segment, name) => segment.freeze(name),
  leave: (segment, name) => segment.leave(name),
  return: (segment, name) => segment.station(name).machine.leave(false, segment.nowMs),
  blink(segment, name, random) {
    segment.freeze(name);
    segment.run(100 + random(400));
    segment.thaw(name);
  },
  forget: (segment, name) => segment.tellPeers(name, false),
  know: (segment, name) => segment.tellPeers(name, true),
};

const TO_ANY: Readonly<Record<string, Act>> = {
  kill: (segment, name) => segment.kill(name),
  start: (segment, name) => void (segment.station(name).isRunning || segment.start(name)),
  thaw: (segment, name) => void (segment.station(name).isRunning && segment.station(name).isFrozen && segment.thaw(name)),
  part: (segment, name, random) => void (segment.station(name).part = random(2)),
  heal: (segment, name) => void (segment.station(name).part = 0),
  break: (segment, name) => segment.setCarrier(name, false),
  mend: (segment, name) => segment.setCarrier(name, true),
  deafen: (segment, name, random) => void segment.station(name).deaf.add("abcd"[random(4)] as string),
  rank: (segment, _, random) => segment.rank(`192.0.2.${240 + random(RANKS.length)}`, RANKS[random(RANKS.length)] as string[]),
};
const ACTS = [...Object.keys(TO_AWAKE), ...Object.keys(TO_ANY)];

function act(segment: SegmentOfOwners, what: string, name: string, random: (below: number) => number): void {
  const { isRunning, isFrozen } = segment.station(name);
  const found = TO_ANY[what] ?? (isRunning && !isFrozen ? TO_AWAKE[what] : undefined);
  found?.(segment, name, random);
}

function mendAll(segment: SegmentOfOwners): void {
  for (const station of segment.stations) {
    station.part = 0;
    station.deaf.clear();
    if (!station.isRunning) segment.start(station.name);
    else if (station.isFrozen) segment.thaw(station.name);
    segment.setCarrier(station.name, true);
    station.machine.leave(false, segment.nowMs);
    segment.tellPeers(station.name, true);
  }
}

for (const isSticky of [false, true]) {
  owners(
    `whatever happens to four nodes, each VIP has one owner soon after${isSticky ? "" : ", the first in rank"}: 40 random stories`,
    () => {
      for (let seed = 1; seed <= 40; seed++) {
        const random = randomFrom(seed);
        const pick = <Item>(items: readonly Item[]): Item => items[random(items.length)] as Item;
        const successions = RANKS.map((members, at) => ({ group: `192.0.2.${240 + at}`, members, isSticky }));
        const segment = withGateway(new SegmentOfOwners([..."abcd"], successions));
        if (seed % 2 === 0) segment.isLost = () => random(10) === 0;
        segment.run(4000 + random(6000));
        const story: string[] = [];
        for (let at = 0; at < 8; at++) {
          const [what, name] = [pick(ACTS), pick([..."abcd"])];
          story.push(`${what} ${name}`);
          act(segment, what, name, random);
          segment.run(random(4000));
        }
        mendAll(segment);
        segment.isLost = () => false;
        segment.run(15_000);
        assert.equal(segment.unsettled, [], `seed ${seed}: ${story.join(", ")}`);
        if (isSticky) continue;
        for (const { group, members } of segment.successions)
          assert.equal(segment.owners(group), members.slice(0, 1), `seed ${seed}: ${story.join(", ")}`);
      }
    },
  );
}

owners.run();

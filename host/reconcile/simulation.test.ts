/**
 * The loop under a seeded random order of events and faults. Whatever happened, once the faults end the outside world
 * is what a fresh start from the final state would make of it.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement, Announcer, Changes, Refusal } from "../announcer.ts";
import { Store } from "../cluster/store.ts";
import { createRank } from "../packets/rank.ts";
import { announceFrom, planAll } from "../rules/merge-claims.ts";
import { indexPlan } from "../rules/plan.ts";
import type { AnnouncerFact, OwnershipPolicy, Snapshot } from "../rules/vocabulary.ts";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { FakeClock } from "../workbench/testing/fake-clock.ts";
import { contentOf } from "./attribute-sets.ts";
import { Lane } from "./lane.ts";
import { Reconciler } from "./reconciler.ts";

const SIMULATION = suite("simulation");
const NODE = "node-a";
const RUNS = 60;
const EVENTS = 120;
/** Longer than the longest delay and the longest hang. */
const LONG_MS = 40_000;

const announcers: readonly AnnouncerFact[] = [
  { name: "l2", from: "owner", serves: { kind: "L2Advertisement", families: [4, 6] } },
  { name: "bgp", from: "every-node", serves: { kind: "BGPAdvertisement", families: [4] } },
];

type Random = (below: number) => number;

/** Mulberry32. */
function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** The outside world, which lives longer than the announcers that change it. */
class World {
  readonly rows = new Map<string, Announcement>();
  /** Rows that an announcer has confirmed since they were last in doubt. */
  readonly certain = new Map<string, string>();
  readonly violations: string[] = [];
  isFaulty = true;
  applies = 0;
}

/** Takes rows over in part, late, or not at all, and checks what it is asked against what it has confirmed. */
class FaultyAnnouncer implements Announcer {
  readonly #world: World;
  readonly #clock: FakeClock;
  readonly #random: Random;
  #isBusy = false;
  /** A crashed process changes nothing any more. */
  isDead = false;

  constructor(world: World, clock: FakeClock, random: Random) {
    this.#world = world;
    this.#clock = clock;
    this.#random = random;
  }

  async held(): Promise<readonly Announcement[]> {
    // What is there is certain for this life, and nothing else is.
    this.#world.certain.clear();
    for (const [vip, row] of this.#world.rows) this.#world.certain.set(vip, contentOf(row));
    return [...this.#world.rows.values()];
  }

  async apply(changes: Changes): Promise<readonly Refusal[]> {
    // The lane would take a failed assertion for a failed announcer.
    try {
      assert.not(this.#isBusy, "one call at a time");
      this.#check(changes);
    } catch (error) {
      this.#world.violations.push((error as Error).message);
    }
    this.#isBusy = true;
    this.#world.applies += 1;
    const fault = this.#world.isFaulty ? this.#random(6) : 5;
    if (fault === 0) await this.#pass(this.#random(3000));
    this.#isBusy = false;
    if (this.isDead) return [];
    const done = this.#inAnyOrder(changes).filter(
      ([row, isRemoval]) => (fault >= 3 || this.#random(2) === 0) && this.#change(row, isRemoval),
    );
    if (fault === 1) throw new Error("dice");
    for (const [row, isRemoval] of done) this.#world.certain.set(row.vip, isRemoval ? "" : contentOf(row));
    const vips = new Set(done.map(([{ vip }]) => vip));
    return this.#inAnyOrder(changes).flatMap(([{ vip }]) => (vips.has(vip) ? [] : { vip, reason: "coin" }));
  }

  async stop(): Promise<void> {}

  /** No row comes that was confirmed as it is; all that come are in doubt until confirmed. */
  #check({ added, changed, removed }: Changes): void {
    const { certain } = this.#world;
    const all = [...added, ...changed, ...removed];
    assert.is(new Set(all.map(({ vip }) => vip)).size, all.length, "no row twice in a call");
    for (const row of [...added, ...changed]) assert.is.not(certain.get(row.vip), contentOf(row), `${row.vip} was confirmed`);
    for (const row of added) assert.is(certain.get(row.vip) ?? "", "", `${row.vip} is there already`);
    for (const row of removed) assert.is.not(certain.get(row.vip), "", `${row.vip} is gone already`);
    for (const { vip } of all) certain.delete(vip);
  }

  #inAnyOrder({ added, changed, removed }: Changes): [row: Announcement, isRemoval: boolean][] {
    const rows = [...[...added, ...changed].map((row) => [row, false] as const), ...removed.map((row) => [row, true] as const)];
    return Array.from({ length: rows.length }, () => [...(rows.splice(this.#random(rows.length), 1)[0] as (typeof rows)[number])]);
  }

  #change(row: Announcement, isRemoval: boolean): true {
    if (isRemoval) this.#world.rows.delete(row.vip);
    else this.#world.rows.set(row.vip, row);
    return true;
  }

  #pass(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(delayMs, resolve));
  }
}

function happen(store: Store, random: Random): void {
  const name = `s${random(8)}`;
  const node = `node-${"abcdefg"[random(7)]}`;
  const vips = ["192.0.2.1", "192.0.2.2", "192.0.2.3", "198.51.100.1"].slice(random(4));
  const ingress = random(4) === 0 ? ["192.0.2.9", `2001:db8::${1 + random(3)}`] : vips.slice(0, 1);
  const ownership = (["revertive", "sticky", "balanced", "balanced"] as const)[random(4)] as OwnershipPolicy;
  const annotations = { "herald.dev/preferred-nodes": `node-x,${node}` };
  const events = [
    () => store.replace("services", `default/${name}`, serviceFact(name, { ingress })),
    () => store.replace("services", `default/${name}`, serviceFact(name, { ingress, annotations })),
    () =>
      store.replace(
        "services",
        `default/${name}`,
        serviceFact(name, { ingress, clusterIPs: ["10.0.0.1"], externalTrafficPolicy: "Local" }),
      ),
    () => store.replace("services", `default/${name}`, undefined),
    () => store.replace("endpoints", `default/${name}`, random(3) === 0 ? undefined : [{ nodeName: node, servable: random(2) === 0 }]),
    () =>
      store.replace("nodes", node, node === NODE || random(2) === 0 ? nodeFact(node, { networkUnavailable: random(3) === 0 }) : undefined),
    () =>
      store.replace("pools", "web", poolFact("web", random(3) === 0 ? ["192.0.2.0/30"] : ["192.0.2.0/24", "2001:db8::/64"], { ownership })),
    () => store.replace("advertisements", "l2", advertisementFact("l2", { interfaces: ["eth0", "eth1"].slice(random(3)) })),
    () =>
      store.replace("advertisements", "bgp", advertisementFact("bgp", { kind: "BGPAdvertisement", attributes: { localPref: random(2) } })),
  ];
  (events[random(events.length)] as () => void)();
}

/** What this node should announce, worked out from nothing. */
function expected(snapshot: Snapshot, via: string, hasHeirs: boolean): string[] {
  const { claims } = planAll(indexPlan(snapshot, announcers, createRank()), snapshot);
  const rows = claims.filter((claim) => claim.via === via).map((claim) => announceFrom(claim, NODE, hasHeirs));
  return rows
    .filter((row) => row !== undefined)
    .map(contentOf)
    .sort();
}

/** One announcer's side of a run. */
class Side {
  readonly name: string;
  readonly world = new World();
  readonly lane: Lane;
  readonly #clock: FakeClock;
  readonly #random: Random;
  #announcer: FaultyAnnouncer | undefined;

  constructor(name: string, clock: FakeClock, random: Random) {
    this.name = name;
    this.#clock = clock;
    this.#random = random;
    this.lane = new Lane({ name, clock, random: () => random(1000) / 1000 });
  }

  /** As after a crash, which may take the outside's memory along. */
  async start(): Promise<void> {
    if (this.#announcer !== undefined) this.#announcer.isDead = true;
    if (this.#random(2) === 0) this.world.rows.clear();
    this.#announcer = new FaultyAnnouncer(this.world, this.#clock, this.#random);
    await this.lane.start(this.#announcer);
  }

  async finish(snapshot: Snapshot, seed: number, hasHeirs: boolean): Promise<void> {
    const { lane, world } = this;
    assert.equal(world.violations, [], `${this.name}, seed ${seed}`);
    assert.equal([...world.rows.values()].map(contentOf).sort(), expected(snapshot, this.name, hasHeirs), `${this.name}, seed ${seed}`);
    assert.equal(
      lane.rows().filter(({ state, isDesired, refusal }) => state !== "told" || !isDesired || refusal !== undefined),
      [],
    );
    const before = world.applies;
    lane.run();
    await this.#clock.advance(LONG_MS);
    assert.is(world.applies, before, "all told: nothing is said again");
  }
}

async function simulate(seed: number): Promise<number> {
  const random = randomOf(seed);
  const clock = new FakeClock();
  const store = new Store();
  const hasHeirs = random(2) === 0;
  const withHeirs = announcers.map((announcer) => ({ ...announcer, hasHeirs: hasHeirs && announcer.from === "owner" }));
  const reconciler = new Reconciler({ node: NODE, store, announcers: withHeirs, rank: createRank(), now: () => clock.now() });
  const sides = announcers.map(({ name }) => new Side(name, clock, random));
  for (const { lane } of sides) reconciler.attach(lane);
  reconciler.start();
  for (let event = 0; event < EVENTS; event++) {
    for (let burst = random(4); burst > 0; burst--) happen(store, random);
    if (random(3) > 0) await clock.advance([0, 10, 500, 5000][random(4)] as number);
    if (random(25) === 0) await sides[random(2)]?.start();
  }
  for (const { world } of sides) world.isFaulty = false;
  for (const side of sides) if (!side.lane.state().isStarted) await side.start();
  await clock.advance(LONG_MS);
  for (const side of sides) await side.finish(store.snapshot(), seed, hasHeirs);
  assert.equal(await reconciler.stop("leave"), []);
  for (const { world } of sides) assert.is(world.rows.size, 0, "nothing is left behind");
  assert.is(clock.pending, 0);
  return sides.reduce((sum, { world }) => sum + world.applies, 0);
}

SIMULATION("the outside world ends as a fresh start from the final state would have it", async () => {
  const first = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 30));
  console.log(`  seeds from ${first} (SEED=n repeats)`);
  let applies = 0;
  for (let run = 0; run < RUNS; run++) applies += await simulate(first + run);
  assert.ok(applies > RUNS * 20, "the simulation does something");
});

SIMULATION.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { nodeFact } from "../workbench/testing/facts.ts";
import { FakeClock, settled } from "../workbench/testing/fake-clock.ts";
import { FakeStandings } from "../workbench/testing/fake-standings.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { NodeDrain } from "./node-drain.ts";

const DRAIN = suite("NodeDrain");

const here = nodeFact("node-a");

/** A node that owns 192.0.2.1 and stands by for 192.0.2.2, with an announcer that drains when it is told to. */
function node() {
  const standings = new FakeStandings();
  standings.set("192.0.2.1", "owner");
  standings.set("192.0.2.2", "heir");
  const calls: string[] = [];
  let drained = (): void => {};
  const announcer = {
    apply: async () => [],
    stop: async () => {},
    drain: () => {
      calls.push("drain");
      return new Promise<void>((resolve) => (drained = resolve));
    },
    undrain: async () => void calls.push("undrain"),
  };
  const clock = new FakeClock();
  const { log, lines } = recordedLog();
  const drain = new NodeDrain({
    ...{ node: "node-a", standings, clock, log, announcers: () => [announcer] },
    handOver: async (isLeaving) => void calls.push(`leave ${isLeaving}`),
    replan: () => void calls.push("replan"),
  });
  const take = async () => {
    for (let turn = 0; turn < 10; turn++) await settled();
    return calls.splice(0);
  };
  return { drain, standings, clock, lines, take, drained: () => drained() };
}

DRAIN("hands over, and then leaves the plan; says who was heard to take over", async () => {
  const { drain, standings, take, drained } = node();
  const outcome = drain.drain(true);
  assert.equal(await take(), ["leave true", "drain"]);
  assert.equal([drain.isOn, drain.isDrained(here)], [true, false]);
  standings.set("192.0.2.1", "leaving");
  drained();
  assert.equal(await take(), []);
  standings.set("192.0.2.1", "heir", { heard: { mac: "02:00:00:00:00:02", node: "node-b", atMs: performance.now() } });
  assert.equal(await take(), ["replan"]);
  assert.is(drain.isDrained(here), true);
  assert.equal(await outcome, {
    ...{ node: "node-a", isDraining: true, isByNode: false },
    ...{ handedOver: [{ group: "192.0.2.1", to: "node-b" }], kept: [] },
  });
  const back = drain.drain(false);
  assert.equal(await take(), ["leave false", "undrain", "replan"]);
  assert.equal([(await back).isDraining, drain.isDrained(here)], [false, false]);
});

DRAIN("waits for an announcer that asks for other paths, also where nothing is owned", async () => {
  const { drain, standings, take, drained } = node();
  standings.set("192.0.2.1", "heir");
  void drain.drain(true);
  assert.equal(await take(), ["leave true", "drain"]);
  drained();
  assert.equal(await take(), ["replan"]);
});

DRAIN("what nobody takes is told after ten seconds", async () => {
  const { drain, clock, take, drained } = node();
  const outcome = drain.drain(true);
  await take();
  drained();
  await clock.advance(10_000);
  const { kept, handedOver } = await outcome;
  assert.equal([kept, handedOver], [["192.0.2.1"], []]);
  assert.equal(await take(), ["replan"]);
});

DRAIN("taken back before it is done, it never leaves the plan", async () => {
  const { drain, take, drained, lines } = node();
  void drain.drain(true);
  await take();
  const back = drain.drain(false);
  drained();
  assert.equal(await take(), ["leave false", "undrain"]);
  assert.is((await back).isDraining, false);
  assert.equal(
    lines.map(({ message }) => message),
    ["Draining", "Draining no more"],
  );
});

DRAIN("a Node that says so drains it as long as it does, whatever is asked", async () => {
  const { drain, standings, take, drained } = node();
  standings.set("192.0.2.1", "heir");
  const changes: boolean[] = [];
  const close = drain.onChange(() => changes.push(drain.isOn));
  drain.note(false);
  assert.equal(await take(), []);
  drain.note(true);
  drain.note(true);
  assert.equal(await take(), ["leave true", "drain"]);
  drained();
  assert.equal(await take(), ["replan"]);
  const asked = drain.drain(false);
  await take();
  drained();
  const { isDraining, isByNode } = await asked;
  assert.equal([isDraining, isByNode, changes], [true, true, [true]]);
  drain.note(false);
  await take();
  assert.equal([drain.isOn, drain.isDrained(here), changes], [false, false, [true, false]]);
  close();
});

DRAIN("a node that is out of service from the start announces nothing first", async () => {
  const { drain, take } = node();
  drain.start(true);
  assert.equal([drain.isOn, drain.isDrained(here)], [true, true]);
  assert.equal(await take(), ["leave true"]);
});

DRAIN("of other nodes it knows what their Nodes say", () => {
  const { drain } = node();
  assert.equal([drain.isDrained(nodeFact("node-b")), drain.isDrained(nodeFact("node-b", { isDraining: true }))], [false, true]);
});

DRAIN.run();

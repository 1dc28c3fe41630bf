import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FakeStandings } from "../workbench/testing/fake-standings.ts";
import { countTakeovers } from "./count-takeovers.ts";
import { createMetrics } from "./metrics.ts";

const COUNT = suite("countTakeovers");

COUNT("counts each time that this node begins to answer for a group", async () => {
  const metrics = createMetrics();
  const standings = new FakeStandings();
  const total = async () => (await metrics.samples()).find(({ name }) => name === "herald_takeovers_total")?.value;
  const close = countTakeovers(metrics, standings);
  assert.is(await total(), 0);
  standings.set("192.0.2.1", "owner");
  standings.set("192.0.2.2", "heir");
  standings.set("192.0.2.1", "owner", { reason: "another" });
  assert.is(await total(), 1);
  standings.set("192.0.2.2", "asking");
  standings.set("192.0.2.2", "owner");
  standings.set("192.0.2.1", "leaving");
  standings.set("192.0.2.1", "heir");
  standings.set("192.0.2.1", "owner");
  assert.is(await total(), 3);
  close();
  standings.set("192.0.2.3", "owner");
  assert.is(await total(), 3);
});

COUNT.run();

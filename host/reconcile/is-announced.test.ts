import { suite } from "uvu";
import * as assert from "uvu/assert";
import { STANDINGS } from "../liveness/standing.ts";
import { FakeStandings } from "../workbench/testing/fake-standings.ts";
import { isAnnounced } from "./is-announced.ts";
import type { LaneRow } from "./lane-state.ts";

const ANNOUNCED = suite("isAnnounced");

const announcement = { vip: "192.0.2.1", family: 4, links: null, services: ["a/b"], attributes: {} } as const;
const told: LaneRow = { announcement, isDesired: true, state: "told" };
const succession = { group: "192.0.2.1", members: ["node-a", "node-b"], isSticky: false };
const shared: LaneRow = { ...told, announcement: { ...announcement, succession } };

ANNOUNCED("without a succession, or without standings, what was told is announced", () => {
  const standings = new FakeStandings();
  assert.equal([isAnnounced(told, standings), isAnnounced(shared, undefined)], [true, true]);
  assert.is(isAnnounced({ ...told, state: "unsure" }, undefined), false);
  assert.is(isAnnounced({ ...told, isDesired: false }, undefined), false);
});

ANNOUNCED("with a succession, where this node owns the group, or has not yet left it", () => {
  const standings = new FakeStandings();
  assert.is(isAnnounced(shared, standings), false, "no member of it yet");
  const found = STANDINGS.filter((standing) => {
    standings.set("192.0.2.1", standing);
    return isAnnounced(shared, standings);
  });
  assert.equal(found, ["owner", "leaving"]);
});

ANNOUNCED.run();

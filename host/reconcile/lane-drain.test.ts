import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcer } from "../announcer.ts";
import { FakeClock } from "../workbench/testing/fake-clock.ts";
import { Lane } from "./lane.ts";

const LANE = suite("lane drain");

const ROW = { vip: "192.0.2.1", family: 4, links: null, services: ["default/web"], attributes: {} } as const;

/** What the announcer hears from `stop` on. */
async function heardAtStop(why: "leave" | "replace", drain: () => Promise<void>): Promise<string[]> {
  const heard: string[] = [];
  const announcer: Announcer = {
    async apply({ removed }) {
      if (removed.length > 0) heard.push("removed");
      return [];
    },
    async drain() {
      heard.push("drain");
      await drain();
    },
    async stop() {
      heard.push("stop");
    },
  };
  const lane = new Lane({ name: "test", clock: new FakeClock() });
  lane.desire(ROW.vip, ROW);
  await lane.start(announcer);
  await lane.stop(why);
  return heard;
}

LANE("stop() for good asks to drain before anything is taken down, and goes on where that fails", async () => {
  assert.equal(await heardAtStop("leave", async () => {}), ["drain", "removed", "stop"]);
  assert.equal(await heardAtStop("leave", () => Promise.reject(new Error("no"))), ["drain", "removed", "stop"]);
});

LANE("stop() for a successor drains nothing", async () => {
  assert.equal(await heardAtStop("replace", async () => {}), ["stop"]);
});

LANE.run();

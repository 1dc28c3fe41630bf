import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rejects } from "../../workbench/testing/promises.ts";
import type { GuardedService } from "../service.ts";
import { GuardedPackets } from "./guarded-packets.ts";

const PACKETS = suite("guarded packets");

interface Fake extends Pick<GuardedService, "statistics" | "stop"> {
  problem: string | undefined;
  stops: number;
}

function stage() {
  const started: Fake[] = [];
  let isBroken = false;
  const packets = new GuardedPackets(async () => {
    if (isBroken) throw new Error("no threads are left");
    const fake: Fake = { problem: undefined, stops: 0, statistics: async () => ({}), stop: async () => void fake.stops++ };
    started.push(fake);
    return fake as unknown as GuardedService;
  });
  return { packets, started, breakIt: (to: boolean) => void (isBroken = to) };
}

PACKETS("nothing runs before somebody needs it, and nothing after", async () => {
  const { packets, started } = stage();
  assert.equal(await packets.statistics(), {});
  assert.is(started.length, 0);
  const leases = await Promise.all([packets.lease(), packets.lease()]);
  assert.is(started.length, 1);
  for (const { release } of leases) await release();
  assert.is(started[0]?.stops, 1);
  assert.equal(await packets.statistics(), {});
});

PACKETS("one that has died is replaced for the next, and stopped when the last lets go", async () => {
  const { packets, started } = stage();
  const old = await packets.lease();
  (started[0] as Fake).problem = "it fell silent";
  const next = await packets.lease();
  assert.is(started.length, 2);
  assert.is(started[0]?.stops, 0);
  await old.release();
  assert.equal([started[0]?.stops, started[1]?.stops], [1, 0]);
  await next.release();
  assert.is(started[1]?.stops, 1);
});

PACKETS("one that cannot start says so, and may another time", async () => {
  const { packets, started, breakIt } = stage();
  breakIt(true);
  await rejects(packets.lease(), /no threads are left/);
  assert.equal(await packets.statistics(), {});
  breakIt(false);
  await (await packets.lease()).release();
  assert.is(started[0]?.stops, 1);
});

PACKETS.run();

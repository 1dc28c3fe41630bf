import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deleteServices, writeServices } from "../crowd.ts";
import { faultTests } from "../fault-tests.ts";
import { cpuSeconds } from "../process-cpu.ts";

const cuts = suite("watch cuts");
const survives = faultTests(cuts);

const SECONDS = 60;
/** Of one core; it begins again 60 times, with new TLS connections. */
const MOST_CPU = 0.5;

survives("connections cut every second for a minute: every change arrives", async ({ cluster, proxy, witness, startController }) => {
  const { admin } = cluster.server;
  const controller = startController();
  await writeServices(admin, 0, 50);
  await witness.untilServed(50, 40_000);
  const cpuBefore = cpuSeconds(controller.pid ?? 0);
  await proxy.set({ cutEveryMs: 1000 });
  for (let second = 0; second < SECONDS; second++) {
    await writeServices(admin, 50 + second * 2, 2);
    await deleteServices(admin, second, 1);
    await wait(1000);
  }
  const used = (cpuSeconds(controller.pid ?? 0) - cpuBefore) / SECONDS;
  assert.ok(used < MOST_CPU, `${(used * 100).toFixed(1)} % of a core`);
  assert.ok(proxy.counts.cut > SECONDS / 2, `${proxy.counts.cut} connections were cut`);
  await proxy.set({});
  await witness.untilServed(50 + SECONDS, 45_000);
});

cuts.run();

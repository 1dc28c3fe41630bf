import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deleteServices, writeServices } from "../crowd.ts";
import { faultTests } from "../fault-tests.ts";
import { cpuSeconds } from "../process-cpu.ts";

const outage = suite("API outage");
const survives = faultTests(outage);

const AWAY_MS = 60_000;
/** Of one core. */
const MOST_CPU = 0.1;

survives(
  "an API server that is away for a minute: nothing is lost, and what changed is applied",
  async ({ cluster, witness, startController }) => {
    const { server } = cluster;
    const controller = startController();
    await writeServices(server.admin, 0, 50);
    await witness.untilServed(50, 40_000);
    const before = new Map(witness.addresses());
    await server.kill();
    const cpuBefore = cpuSeconds(controller.pid ?? 0);
    await wait(AWAY_MS);
    assert.ok(controller.isRunning(), "it goes on");
    const used = (cpuSeconds(controller.pid ?? 0) - cpuBefore) / (AWAY_MS / 1000);
    assert.ok(used < MOST_CPU, `${(used * 100).toFixed(1)} % of a core while away`);
    await server.restart();
    await deleteServices(server.admin, 0, 10);
    await writeServices(server.admin, 50, 20);
    await witness.untilServed(60, 45_000);
    for (const [name, addresses] of witness.addresses()) if (before.has(name)) assert.equal(addresses, before.get(name));
  },
);

outage.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { deleteServices, writeServices } from "../crowd.ts";
import { faultTests } from "../fault-tests.ts";

const lost = suite("lost answers");
const survives = faultTests(lost);

survives(
  "a third of the answers to writes lost: no Service gets two, no address is at two",
  async ({ cluster, proxy, witness, startController }) => {
    await proxy.set({ loseAnswers: 0.3 });
    startController();
    await writeServices(cluster.server.admin, 0, 100);
    await witness.untilServed(100, 60_000);
    await deleteServices(cluster.server.admin, 0, 20);
    await writeServices(cluster.server.admin, 100, 20);
    await witness.untilServed(100, 60_000);
    assert.ok(proxy.counts.lost > 0);
  },
);

lost.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeServices } from "../crowd.ts";
import { faultTests } from "../fault-tests.ts";

const refused = suite("refused requests");
const survives = faultTests(refused);

survives("a tenth of all requests refused: every Service gets its address", async ({ cluster, proxy, witness, startController }) => {
  await proxy.set({ refuse: { share: 0.1, statuses: [500, 429], retryAfterSeconds: 1 } });
  startController();
  await writeServices(cluster.server.admin, 0, 300);
  await witness.untilServed(300, 60_000);
  assert.ok(proxy.counts.refused > 0);
});

refused.run();

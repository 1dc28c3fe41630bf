import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeServices } from "../crowd.ts";
import { faultTests } from "../fault-tests.ts";

const killed = suite("killed controller");
const survives = faultTests(killed);

const CROWD = 1000;

survives(
  "a controller killed in the middle of 1,000 allocations: the next one goes on where it was",
  async ({ cluster, witness, startController }) => {
    const { admin } = cluster.server;
    await writeServices(admin, 0, CROWD);
    const first = startController();
    await witness.untilBegun(20, 60_000);
    await first.end("SIGKILL");
    assert.ok(witness.served < CROWD, "it was in the middle");
    startController();
    await witness.untilServed(CROWD, 60_000);
  },
);

killed.run();

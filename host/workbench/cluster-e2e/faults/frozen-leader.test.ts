import { suite } from "uvu";
import * as assert from "uvu/assert";
import { writeServices } from "../crowd.ts";
import { faultTests } from "../fault-tests.ts";

const frozen = suite("frozen leader");
const survives = faultTests(frozen);

survives("a frozen leader that thaws after another took over gives out nothing twice", async ({ cluster, witness, startController }) => {
  const { admin } = cluster.server;
  await writeServices(admin, 0, 300);
  const first = startController();
  await witness.untilBegun(20, 60_000);
  first.signal("SIGSTOP");
  startController();
  await witness.untilServed(300, 60_000);
  first.signal("SIGCONT");
  await writeServices(admin, 300, 100);
  await witness.untilServed(400, 40_000);
  assert.ok(first.isRunning(), "it waits for its turn");
});

frozen.run();

import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import { deleteServices, writeServices } from "../crowd.ts";
import { faultTests } from "../fault-tests.ts";

const forgotten = suite("forgotten versions");
const survives = faultTests(forgotten);

survives("versions forgotten while it was cut off: it reads everything anew", async ({ cluster, proxy, witness, startController }) => {
  const { server } = cluster;
  startController();
  await writeServices(server.admin, 0, 20);
  await witness.untilServed(20, 40_000);
  await proxy.set({ connections: "refused" });
  await deleteServices(server.admin, 0, 10);
  await writeServices(server.admin, 20, 10);
  await server.compact();
  await server.kill();
  await server.restart();
  await wait(500);
  await proxy.set({});
  await witness.untilServed(20, 60_000);
});

forgotten.run();

/** What is made of the speakers' Leases while the API server is away. */

import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LeaseStage } from "../../../workbench/api-server/lease-stage.ts";
import { until } from "../../../workbench/testing/promises.ts";
import { apiServer, testWith } from "../../../workbench/testing/requirements.ts";

const outage = suite("speakers during an outage");

const LIMIT_MS = 40_000;
const AWAY_MS = 60_000;

let stage: LeaseStage;
outage.before(async () => {
  if (apiServer.isMet()) stage = await LeaseStage.open();
});
outage.after(() => stage?.close());

testWith(outage, [apiServer], "an API server that is away for a minute makes nobody silent, nor its return", async () => {
  const away = async () => {
    await stage.server.kill();
    await wait(AWAY_MS);
    await stage.server.restart();
    await wait(20_000);
  };
  assert.equal(await stage.silentWhile(away()), []);
  stage.leases.get("node-a")?.say({ links: ["eth0", "eth1"] });
  await until(() => stage.speakerOf("node-a")?.links.length === 2, LIMIT_MS);
});

outage.run();

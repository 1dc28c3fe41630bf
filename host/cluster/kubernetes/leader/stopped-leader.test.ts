/** What a leader had in mind when it was stopped is done by another meanwhile, and must not come to be a second time. */

import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AddressRecord } from "../../../workbench/api-server/address-record.ts";
import { type ApiServer, startApiServer } from "../../../workbench/api-server/api-server.ts";
import { createServices, deleteServices, writePool } from "../../../workbench/api-server/balanced-services.ts";
import { Candidate } from "../../../workbench/api-server/candidate.ts";
import { until } from "../../../workbench/testing/promises.ts";
import { apiServer, testWith } from "../../../workbench/testing/requirements.ts";

const stopped = suite("stopped-leader");

const TIMES = { durationMs: 4000, renewDeadlineMs: 2500, retryMs: 500 };
const LIMIT_MS = 60_000;
/** More of both by hand: `SERVICES=350 node build.mjs test stopped-leader`. */
const ROUNDS = 3;
const SERVICES = Number(process.env["SERVICES"] ?? 100);
const DELETED = 10;

let server: ApiServer;
stopped.before(async () => {
  if (apiServer.isMet()) server = await startApiServer();
});
stopped.after(() => server?.stop());

/** The one that leads now, and the other. */
async function standings(both: readonly [Candidate, Candidate]): Promise<readonly [Candidate, Candidate]> {
  const leads = (one: Candidate) => one.count("Leading") > one.count("Not leading any more");
  await until(() => both.some(leads), LIMIT_MS);
  const [one, two] = both;
  return leads(one) ? [one, two] : [two, one];
}

const allIps = (record: AddressRecord): string[] => [...record.ips.values()].flat();

testWith(stopped, [apiServer], "what a leader gives that was stopped while it wrote is nobody else's in the end", async () => {
  // Hardly more than are wanted, so that whatever comes free is soon given out again.
  await writePool(server.admin, "pool", ["10.0.0.0/22"]);
  const record = await AddressRecord.of(server);
  const both = [new Candidate(server, "one", TIMES), new Candidate(server, "two", TIMES)] as const;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const prefix = `r${round}-`;
      const [leader, other] = await standings(both);
      const turns = other.count("Leading");
      const ends = leader.count("Not leading any more");
      const creating = createServices(server.admin, prefix, SERVICES);
      await until(() => record.count(prefix) > (SERVICES / 8) * (round + 1), LIMIT_MS);
      leader.signal("SIGSTOP");
      await creating;
      await deleteServices(server.admin, [...record.ips.keys()].filter((name) => name.startsWith(prefix)).slice(0, DELETED));
      await other.says("Leading", turns + 1);
      await wait(100 * round);
      leader.signal("SIGCONT");
      await until(() => record.count(prefix) === SERVICES - DELETED, LIMIT_MS);
      await leader.says("Not leading any more", ends + 1);
      // One write may be stopped between the fence and the network, for a Service that the other had decided nothing for yet (`leader.ts`).
      assert.ok(record.twice.length <= round + 1, record.twice.join("; "));
      await until(() => new Set(allIps(record)).size === allIps(record).length, LIMIT_MS);
    }
    const services = (await server.admin.list("v1/Service")).filter(({ metadata }) => metadata.name !== "kubernetes");
    const ips = services.map(({ status }) => status.loadBalancer.ingress[0]);
    assert.is(new Set(ips.map(({ ip }) => ip)).size, ROUNDS * (SERVICES - DELETED));
    assert.ok(ips.every(({ ipMode }) => ipMode === "VIP"));
    assert.ok(services.every(({ metadata }) => metadata["annotations"]["metallb.io/ip-allocated-from-pool"] === "pool"));
  } finally {
    record.close();
    for (const one of both) await one.end();
  }
});

stopped.run();

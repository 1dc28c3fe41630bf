import { suite } from "uvu";
import * as assert from "uvu/assert";
import { AddressRecord } from "../../../workbench/api-server/address-record.ts";
import { type ApiServer, startApiServer } from "../../../workbench/api-server/api-server.ts";
import { createServices, deleteServices, writePool } from "../../../workbench/api-server/balanced-services.ts";
import { Candidate } from "../../../workbench/api-server/candidate.ts";
import { until } from "../../../workbench/testing/promises.ts";
import { apiServer, testWith } from "../../../workbench/testing/requirements.ts";
import { LEASE_NAME } from "./leader.ts";

const election = suite("election");

const TIMES = { durationMs: 4000, renewDeadlineMs: 2500, retryMs: 500 };
const LIMIT_MS = 60_000;

let server: ApiServer;
let record: AddressRecord;
let candidates: Candidate[] = [];
election.before(async () => {
  if (!apiServer.isMet()) return;
  server = await startApiServer();
  await writePool(server.admin, "pool", ["10.0.0.0/24"]);
  record = await AddressRecord.of(server);
});
election.after.each(async () => {
  for (const one of candidates) await one.end();
  candidates = [];
});
election.after(async () => {
  record?.close();
  await server?.stop();
});

function stand(name: string): Candidate {
  const one = new Candidate(server, name, TIMES);
  candidates.push(one);
  return one;
}

async function holder(): Promise<string> {
  const lease = await server.admin.get("coordination.k8s.io/v1/Lease", `default/${LEASE_NAME}`);
  return (lease?.spec.holderIdentity ?? "").split("_")[0];
}

testWith(election, [apiServer], "of three one leads; killed, another follows after the Lease has run out, and ended, at once", async () => {
  const first = stand("first");
  await first.says("Leading");
  const others = [stand("second"), stand("third")] as const;
  for (const other of others) await other.says("Waiting for the Lease");
  await createServices(server.admin, "a-", 20);
  await until(() => record.count("a-") === 20, LIMIT_MS);
  const killedMs = performance.now();
  await first.end("SIGKILL");
  await until(() => others.some((other) => other.count("Leading") > 0), LIMIT_MS);
  const tookMs = performance.now() - killedMs;
  assert.ok(tookMs > TIMES.durationMs - 2 * TIMES.retryMs, `${tookMs} ms: the Lease had not run out`);
  const [leading, waiting] = (await holder()) === "second" ? others : ([others[1], others[0]] as const);
  const before = new Map(record.ips);
  await leading.end("SIGTERM");
  assert.match(leading.lines.at(-1) ?? "", "Closed");
  const endedMs = performance.now();
  await waiting.says("Leading");
  const tookOverMs = performance.now() - endedMs;
  assert.ok(tookOverMs < TIMES.durationMs, `${tookOverMs} ms: it waited for the Lease to run out`);
  await createServices(server.admin, "b-", 5);
  await until(() => record.count("b-") === 5, LIMIT_MS);
  for (const [name, ips] of before) assert.equal(record.ips.get(name), ips);
  assert.equal(record.twice, []);
  await deleteServices(
    server.admin,
    [...record.ips.keys()].filter((name) => name !== "kubernetes"),
  );
});

testWith(election, [apiServer], "an API server that is killed and comes back finds every address as it was", async () => {
  const alone = stand("alone");
  await alone.says("Leading");
  await createServices(server.admin, "c-", 10);
  await until(() => record.count("c-") === 10, LIMIT_MS);
  const before = new Map(record.ips);
  await server.kill();
  await alone.says("Not leading any more");
  await server.restart();
  await alone.says("Leading", 2);
  await createServices(server.admin, "d-", 10);
  await until(() => record.count("d-") === 10, LIMIT_MS);
  for (const [name, ips] of before) assert.equal(record.ips.get(name), ips, name);
  assert.equal(record.twice, []);
});

election.run();

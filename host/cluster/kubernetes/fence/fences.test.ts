/** Two members of a VIP group at a real API server, each with its own way there. */

import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { clock } from "../../../roles/clock.ts";
import { SPEAKER_ACCOUNT, writeAccounts } from "../../../workbench/api-server/accounts.ts";
import { type ApiServer, startApiServer } from "../../../workbench/api-server/api-server.ts";
import { type FaultProxy, startFaultProxy } from "../../../workbench/api-server/fault-proxy.ts";
import { writeNamespace } from "../../../workbench/api-server/objects.ts";
import { recordedLog } from "../../../workbench/testing/log.ts";
import { until } from "../../../workbench/testing/promises.ts";
import { apiServer, testWith } from "../../../workbench/testing/requirements.ts";
import { Client } from "../../api/client.ts";
import { kubeConfigCredentials } from "../../api/credentials.ts";
import { Fences } from "./fences.ts";

const fences = suite("fences");

const NAMESPACE = "metallb-system";
const GROUP = "2001:db8::7";
const TIMES = { durationMs: 4000, renewDeadlineMs: 3000, retryMs: 500 };
const LIMIT_MS = 30_000;

interface Member {
  readonly fences: Fences;
  readonly proxy: FaultProxy;
  readonly api: Client;
}

let server: ApiServer;
const members: Member[] = [];
/** That two had a yes at the same time. */
let twice = 0;
const look = setInterval(() => {
  if (members.filter((member) => member.fences.mayTake(GROUP) === "yes").length > 1) twice++;
}, 5);

async function createMember(identity: string): Promise<Member> {
  const proxy = await startFaultProxy(server, members.length);
  const kubeconfig = server.kubeconfig({ token: await server.tokenOf(NAMESPACE, SPEAKER_ACCOUNT), url: proxy.url });
  const api = new Client({ credentials: await kubeConfigCredentials(kubeconfig) });
  const options = { api, namespace: NAMESPACE, identity, clock, log: recordedLog().log, times: TIMES };
  const member = { fences: new Fences(options), proxy, api };
  members.push(member);
  return member;
}

const want = (member: Member, isWanted: boolean) => member.fences.set(new Map([[GROUP, isWanted]]));
const answers = () => members.map((member) => member.fences.mayTake(GROUP));
const untilAnswers = (...wanted: readonly string[]) => until(() => answers().join() === wanted.join(), LIMIT_MS);

testWith(fences, [apiServer], "the one that wants it has it, and the other knows", async () => {
  server = await startApiServer();
  await writeNamespace(server.admin, NAMESPACE);
  await writeAccounts(server.admin);
  const owner = await createMember("node-a_1");
  const heir = await createMember("node-b_1");
  assert.equal(answers(), ["unknown", "unknown"]);
  want(owner, true);
  want(heir, false);
  await untilAnswers("yes", "no");
  want(heir, true);
  await wait(5000);
  assert.equal(answers(), ["yes", "no"]);
  want(heir, false);
});

testWith(fences, [apiServer], "an owner that cannot renew loses it before the heir has it", async () => {
  const [owner, heir] = members as [Member, Member];
  await owner.proxy.set({ connections: "silent" });
  const sinceMs = performance.now();
  want(heir, true);
  await untilAnswers("unknown", "yes");
  assert.ok(performance.now() - sinceMs > TIMES.durationMs - 2 * TIMES.retryMs);
  await owner.proxy.set({});
  await untilAnswers("no", "yes");
});

testWith(fences, [apiServer], "who does not want it any more gives it back at once", async () => {
  const [, heir] = members as [Member, Member];
  const sinceMs = performance.now();
  want(heir, false);
  await untilAnswers("yes", "no");
  assert.ok(performance.now() - sinceMs < TIMES.durationMs, "without waiting for its end");
});

testWith(fences, [apiServer], "while the API server is away nobody knows, and nobody takes it", async () => {
  const [, heir] = members as [Member, Member];
  want(heir, true);
  await server.kill();
  await untilAnswers("unknown", "unknown");
  await wait(2 * TIMES.durationMs);
  assert.equal(answers(), ["unknown", "unknown"]);
  await server.restart();
  await until(() => [...answers()].sort().join() === "no,yes", LIMIT_MS);
});

testWith(fences, [apiServer], "a group that is followed no more is given back, and all are at the end", async () => {
  const [owner, heir] = members as [Member, Member];
  want(owner, false);
  await untilAnswers("no", "yes");
  let changes = 0;
  const close = heir.fences.onChange(() => (changes += 1));
  await heir.fences.close();
  close();
  assert.ok(changes > 0);
  assert.is(heir.fences.mayTake(GROUP), "unknown");
  const [lease] = (await server.admin.list("coordination.k8s.io/v1/Lease", NAMESPACE)).filter(({ metadata }) =>
    /fence/.test(metadata.name),
  );
  assert.is(lease?.spec.holderIdentity, "");
});

testWith(fences, [apiServer], "never did two have it at the same time", () => {
  assert.is(twice, 0);
});

fences.after(async () => {
  clearInterval(look);
  for (const member of members) {
    await member.fences.close();
    member.api.close();
    await member.proxy.close();
  }
  await server?.stop();
});

fences.run();

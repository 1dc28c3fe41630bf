/** Three speakers' Leases at a real API server, as they are read there. */

import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LEASE_NAMESPACE, LEASE_NODES, LeaseStage } from "../../../workbench/api-server/lease-stage.ts";
import { until } from "../../../workbench/testing/promises.ts";
import { apiServer, testWith } from "../../../workbench/testing/requirements.ts";
import { Store } from "../../store.ts";

const speakers = suite("speakers at an API server");

const LEASE = "coordination.k8s.io/v1/Lease";
const ROLE = "rbac.authorization.k8s.io/v1/Role";
const LIMIT_MS = 40_000;

let stage: LeaseStage;
speakers.before(async () => {
  if (apiServer.isMet()) stage = await LeaseStage.open();
});
speakers.after(() => stage?.close());

testWith(speakers, [apiServer], "what each says of itself is a fact of its node, and its Lease the Node's", async () => {
  const { admin } = stage.server;
  assert.equal(stage.speakerOf("node-b"), { links: ["eth0"], macs: ["02:00:00:00:00:0b"], isLeaving: false, isSilent: false });
  const lease = await admin.get(LEASE, `${LEASE_NAMESPACE}/herald-speaker-node-b`);
  const node = await admin.get("v1/Node", "node-b");
  assert.is(lease?.metadata["ownerReferences"][0].uid, node?.metadata["uid"]);
});

testWith(speakers, [apiServer], "renewals alone mark nothing, and news is there soon", async () => {
  const { store, leases } = stage;
  store.takeDirty();
  await wait(7000);
  assert.equal(store.takeDirty(), { all: false, services: new Set() });
  leases.get("node-b")?.say({ isLeaving: true });
  await until(() => stage.speakerOf("node-b")?.isLeaving === true, LIMIT_MS);
  assert.is(store.takeDirty().all, true);
  leases.get("node-b")?.say({ isLeaving: false });
  await until(() => stage.speakerOf("node-b")?.isLeaving === false, LIMIT_MS);
});

testWith(speakers, [apiServer], "one whose renewals do not come through is silent after 15 s, and not with the next", async () => {
  const sinceMs = performance.now();
  await stage.proxy.set({ connections: "silent" });
  await until(() => stage.silent().length > 0, LIMIT_MS);
  const tookMs = performance.now() - sinceMs;
  assert.equal(stage.silent(), ["node-c"]);
  assert.ok(tookMs > 11_000, `${tookMs} ms`);
  await stage.proxy.set({});
  await until(() => stage.silent().length === 0, LIMIT_MS);
});

testWith(speakers, [apiServer], "a watch that hangs for 20 s makes nobody silent, nor what comes at its end", async () => {
  const hung = async () => {
    await stage.readerProxy.set({ connections: "silent" });
    await wait(20_000);
    await stage.readerProxy.set({});
    await wait(5000);
  };
  assert.equal(await stage.silentWhile(hung()), []);
});

testWith(speakers, [apiServer], "a speaker that starts anew takes the Lease over at once", async () => {
  const { admin } = stage.server;
  const name = `${LEASE_NAMESPACE}/herald-speaker-node-a`;
  const before = (await admin.get(LEASE, name))?.spec;
  stage.store.takeDirty();
  await stage.leases.get("node-a")?.close();
  await stage.startSpeaker("node-a", "node-a-next");
  const taken = await admin.until(LEASE, name, "next holder", ({ spec }) => /node-a-next/.test(spec.holderIdentity) && spec, LIMIT_MS);
  assert.is(taken.leaseTransitions, before.leaseTransitions + 1);
  await wait(1000);
  assert.is(stage.store.takeDirty().all, false, "it says the same");
});

testWith(speakers, [apiServer], "a Lease that is deleted is no fact, until it is made again", async () => {
  await stage.leases.get("node-b")?.close();
  stage.leases.delete("node-b");
  await stage.server.admin.delete(LEASE, `${LEASE_NAMESPACE}/herald-speaker-node-b`);
  await until(() => stage.speakerOf("node-b") === undefined, LIMIT_MS);
  assert.ok(stage.store.snapshot().nodes.has("node-b"));
  await stage.startSpeaker("node-b", "node-b-next");
  await until(() => stage.speakerOf("node-b") !== undefined, LIMIT_MS);
});

testWith(speakers, [apiServer], "who may not read Leases goes on without", async () => {
  const { admin } = stage.server;
  const role = `${LEASE_NAMESPACE}/herald-speaker`;
  const rules: readonly { resources: string[] }[] = (await admin.get(ROLE, role))?.["rules"] ?? [];
  await admin.patch(ROLE, role, { rules: rules.filter(({ resources }) => !resources.includes("leases")) });
  const other = new Store();
  const source = await stage.read(other);
  assert.ok(source.isComplete());
  assert.equal([...other.snapshot().nodes.keys()].sort(), [...LEASE_NODES]);
  assert.is(other.snapshot().nodes.get("node-a")?.speaker, undefined);
});

speakers.run();

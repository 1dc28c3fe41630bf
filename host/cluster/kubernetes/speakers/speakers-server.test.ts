/** Three speakers' Leases at a real API server, as a fourth party reads them, and what may happen on the way. */

import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { clock } from "../../../roles/clock.ts";
import { SPEAKER_ACCOUNT, writeAccounts } from "../../../workbench/api-server/accounts.ts";
import { type ApiServer, startApiServer } from "../../../workbench/api-server/api-server.ts";
import { writeDefinitions } from "../../../workbench/api-server/definitions.ts";
import { type FaultProxy, startFaultProxy } from "../../../workbench/api-server/fault-proxy.ts";
import { writeNamespace, writeNode } from "../../../workbench/api-server/objects.ts";
import { recordedLog } from "../../../workbench/testing/log.ts";
import { until } from "../../../workbench/testing/promises.ts";
import { apiServer, testWith } from "../../../workbench/testing/requirements.ts";
import { Client } from "../../api/client.ts";
import { kubeConfigCredentials } from "../../api/credentials.ts";
import { Store } from "../../store.ts";
import { KubernetesSource } from "../source.ts";
import { SpeakerLease } from "./speaker-lease.ts";

const speakers = suite("speakers at an API server");

const NAMESPACE = "metallb-system";
const NODES = ["node-a", "node-b", "node-c"] as const;
const LEASE = "coordination.k8s.io/v1/Lease";
const LIMIT_MS = 40_000;
const AWAY_MS = 60_000;

let server: ApiServer;
/** On the way of node-c's speaker, and of what reads. */
let proxy: FaultProxy;
let readerProxy: FaultProxy;
let token: string;
let source: KubernetesSource;
const store = new Store();
const leases = new Map<string, SpeakerLease>();
const closes: (() => void)[] = [];

async function clientOf(url?: string): Promise<Client> {
  return new Client({ credentials: await kubeConfigCredentials(server.kubeconfig({ token, ...(url === undefined ? {} : { url }) })) });
}

async function startSpeaker(node: string, podName: string, url?: string): Promise<void> {
  const { log } = recordedLog();
  const lease = new SpeakerLease({
    ...{ api: await clientOf(url), namespace: NAMESPACE, node, podName, log, clock },
    speakers: () => NODES.length,
  });
  lease.say({ links: ["eth0"], macs: [`02:00:00:00:00:0${node.at(-1)}`] });
  lease.start();
  leases.set(node, lease);
}

async function openSource(into: Store): Promise<{ opened: KubernetesSource; close(): void }> {
  const api = await clientOf(readerProxy.url);
  const options = { api, role: "speaker", namespace: NAMESPACE, node: "node-a", log: recordedLog().log } as const;
  const opened = await KubernetesSource.open(options, into);
  const close = () => {
    opened.close();
    api.close();
  };
  return { opened, close };
}

const speakerOf = (node: string) => store.snapshot().nodes.get(node)?.speaker;
const silent = () => NODES.filter((node) => speakerOf(node)?.isSilent);

/** Who was silent at any time meanwhile. */
async function silentWhile(task: Promise<unknown>): Promise<readonly string[]> {
  const seen = new Set<string>();
  const look = () => {
    for (const node of silent()) seen.add(node);
  };
  const timer = setInterval(look, 100);
  await task.finally(() => clearInterval(timer));
  return [...seen];
}

testWith(speakers, [apiServer], "what each says of itself is a fact of its node", async () => {
  server = await startApiServer();
  const { admin } = server;
  await writeNamespace(admin, NAMESPACE);
  await writeDefinitions(admin);
  await writeAccounts(admin);
  token = await server.tokenOf(NAMESPACE, SPEAKER_ACCOUNT);
  for (const node of NODES) await writeNode(admin, node);
  proxy = await startFaultProxy(server, 1);
  readerProxy = await startFaultProxy(server, 2);
  const { opened, close } = await openSource(store);
  source = opened;
  closes.push(close);
  for (const node of NODES) await startSpeaker(node, `${node}-pod`, node === "node-c" ? proxy.url : undefined);
  await until(() => NODES.every(speakerOf), LIMIT_MS);
  assert.equal(speakerOf("node-b"), { links: ["eth0"], macs: ["02:00:00:00:00:0b"], isLeaving: false, isSilent: false });
  assert.is(source.speakers(), 3);
  const lease = await admin.get(LEASE, `${NAMESPACE}/herald-speaker-node-b`);
  const node = await admin.get("v1/Node", "node-b");
  assert.is(lease?.metadata["ownerReferences"][0].uid, node?.metadata["uid"]);
});

testWith(speakers, [apiServer], "renewals alone mark nothing, and news is there soon", async () => {
  store.takeDirty();
  await wait(7000);
  assert.equal(store.takeDirty(), { all: false, services: new Set() });
  leases.get("node-b")?.say({ isLeaving: true });
  await until(() => speakerOf("node-b")?.isLeaving === true, 5000);
  assert.is(store.takeDirty().all, true);
  leases.get("node-b")?.say({ isLeaving: false });
  await until(() => speakerOf("node-b")?.isLeaving === false, 5000);
});

testWith(speakers, [apiServer], "one whose renewals do not come through is silent after 15 s, and not with the next", async () => {
  const sinceMs = performance.now();
  await proxy.set({ connections: "silent" });
  await until(() => silent().length > 0, LIMIT_MS);
  const tookMs = performance.now() - sinceMs;
  assert.equal(silent(), ["node-c"]);
  assert.ok(tookMs > 11_000, `${tookMs} ms`);
  assert.is(source.speakers(), 2);
  await proxy.set({});
  await until(() => silent().length === 0, LIMIT_MS);
});

testWith(speakers, [apiServer], "a watch that hangs for 20 s makes nobody silent, nor what comes at its end", async () => {
  const hung = async () => {
    await readerProxy.set({ connections: "silent" });
    await wait(20_000);
    await readerProxy.set({});
    await wait(5000);
  };
  assert.equal(await silentWhile(hung()), []);
});

testWith(speakers, [apiServer], "an API server that is away for a minute makes nobody silent, nor its return", async () => {
  const away = async () => {
    await server.kill();
    await wait(AWAY_MS);
    await server.restart();
    await wait(20_000);
  };
  assert.equal(await silentWhile(away()), []);
  leases.get("node-a")?.say({ links: ["eth0", "eth1"] });
  await until(() => speakerOf("node-a")?.links.length === 2, LIMIT_MS);
});

testWith(speakers, [apiServer], "a speaker that starts anew takes the Lease over at once", async () => {
  const { admin } = server;
  const name = `${NAMESPACE}/herald-speaker-node-a`;
  const before = (await admin.get(LEASE, name))?.spec;
  store.takeDirty();
  await leases.get("node-a")?.close();
  await startSpeaker("node-a", "node-a-next");
  leases.get("node-a")?.say({ links: ["eth0", "eth1"] });
  const taken = await admin.until(LEASE, name, "next holder", ({ spec }) => /node-a-next/.test(spec.holderIdentity) && spec, 5000);
  assert.is(taken.leaseTransitions, before.leaseTransitions + 1);
  await wait(1000);
  assert.is(store.takeDirty().all, false, "it says the same");
});

testWith(speakers, [apiServer], "a Lease that is deleted is no fact, until it is made again", async () => {
  await leases.get("node-b")?.close();
  leases.delete("node-b");
  await server.admin.delete(LEASE, `${NAMESPACE}/herald-speaker-node-b`);
  await until(() => speakerOf("node-b") === undefined, LIMIT_MS);
  assert.ok(store.snapshot().nodes.has("node-b"));
  await startSpeaker("node-b", "node-b-next");
  await until(() => speakerOf("node-b") !== undefined, LIMIT_MS);
});

testWith(speakers, [apiServer], "who may not read Leases goes on without", async () => {
  const { admin } = server;
  const role = `${NAMESPACE}/herald-speaker`;
  const rules: readonly { resources: string[] }[] = (await admin.get("rbac.authorization.k8s.io/v1/Role", role))?.["rules"] ?? [];
  const without = rules.filter(({ resources }) => !resources.includes("leases"));
  await admin.patch("rbac.authorization.k8s.io/v1/Role", role, { rules: without });
  const other = new Store();
  const { opened, close } = await openSource(other);
  closes.push(close);
  assert.ok(opened.isComplete());
  assert.equal([...other.snapshot().nodes.keys()].sort(), [...NODES]);
  assert.is(other.snapshot().nodes.get("node-a")?.speaker, undefined);
});

speakers.after(async () => {
  for (const lease of leases.values()) await lease.close();
  for (const close of closes) close();
  await proxy?.close();
  await readerProxy?.close();
  await server?.stop();
});

speakers.run();

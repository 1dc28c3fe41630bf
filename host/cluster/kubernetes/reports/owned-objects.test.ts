/** Objects of ours against a real API server, and what may happen on the way to it. */

import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ApiServer, startApiServer } from "../../../workbench/api-server/api-server.ts";
import { startFaultProxy } from "../../../workbench/api-server/fault-proxy.ts";
import { writeNamespace } from "../../../workbench/api-server/objects.ts";
import type { KubernetesObject } from "../../../workbench/api-server/test-client.ts";
import { recordedLog } from "../../../workbench/testing/log.ts";
import { testSeed } from "../../../workbench/testing/random.ts";
import { apiServer, testWith } from "../../../workbench/testing/requirements.ts";
import { Client } from "../../api/client.ts";
import { findCredentials } from "../../api/credentials.ts";
import type { OwnedObject } from "./owned-object.ts";
import { OwnedObjects } from "./owned-objects.ts";
import { l2StatusObject, NODE_LABEL, SERVICE_L2_STATUS } from "./service-statuses.ts";

const OWNED = suite("OwnedObjects");

const NS = "herald";
const L2 = "metallb.io/v1beta1/ServiceL2Status";
const LIMIT_MS = 60_000;

let server: ApiServer | undefined;
const closers: (() => unknown)[] = [];

function running(): ApiServer {
  if (server === undefined) throw new Error("The API server did not start");
  return server;
}

/** Keeps the objects of a node. */
async function keeper(node: string, url?: string): Promise<OwnedObjects> {
  const client = new Client({ credentials: await findCredentials(running().kubeconfig(url === undefined ? {} : { url })) });
  const { log } = recordedLog();
  const labels = { [NODE_LABEL]: node };
  const owned = new OwnedObjects({ api: client, namespace: NS, kind: SERVICE_L2_STATUS, labels, manager: "test", log });
  closers.push(
    () => owned.close(),
    () => client.close(),
  );
  owned.start();
  return owned;
}

/** So many objects of the node, all on that link. */
function objects(node: string, count: number, link: string): OwnedObject[] {
  return Array.from({ length: count }, (_, at) => l2StatusObject(node, `shop/s${at}`, [link]));
}

async function find(node: string): Promise<KubernetesObject[]> {
  return (await running().admin.list(L2, NS)).filter(({ metadata }) => metadata["labels"][NODE_LABEL] === node);
}

/** Waits until the node has so many objects, all on that link. */
async function settled(node: string, count: number, link: string): Promise<KubernetesObject[]> {
  const isSo = ({ status }: KubernetesObject) => status?.interfaces?.[0]?.name === link;
  for (const deadline = performance.now() + LIMIT_MS; ; await wait(count > 100 ? 1000 : 100)) {
    const found = await find(node).catch(() => []);
    if (found.length === count && found.every(isSo)) return found;
    if (performance.now() > deadline)
      throw new Error(`Found ${found.length} objects, ${found.filter(isSo).length} of them on ${link}, expected ${count}`);
  }
}

testWith(OWNED, [apiServer], "an API server starts, with the resource", async () => {
  server = await startApiServer();
  await server.admin.apply(readFileSync(new URL("../../../../deploy/crds/servicel2statuses.yaml", import.meta.url), "utf8"));
  await writeNamespace(server.admin, NS);
});

testWith(
  OWNED,
  [apiServer],
  "a thousand at once cost two writes each, and more changes than can be told cost no more than a few",
  async () => {
    const owned = await keeper("many");
    owned.want(objects("many", 1000, "eth0"));
    await settled("many", 1000, "eth0");
    assert.is(owned.writes, 2000);
    await wait(1500);
    owned.want(objects("many", 1000, "eth0"));
    await wait(500);
    assert.is(owned.writes, 2000, "what is as it should be is left alone");
    for (let change = 1; change <= 50; change += 1) {
      owned.want(objects("many", 1000, `eth${change % 7}`));
      await wait(20);
    }
    await settled("many", 1000, "eth1");
    assert.ok(owned.writes <= 8000, `${owned.writes - 2000} writes for 50 changes of 1,000`);
    owned.want([]);
    await settled("many", 0, "");
  },
);

testWith(OWNED, [apiServer], "refused requests, lost answers and cut connections: in the end each is there once, and right", async () => {
  const proxy = await startFaultProxy(running(), testSeed());
  closers.push(() => proxy.close());
  await proxy.set({ refuse: { share: 0.2, statuses: [500, 429, 503] }, loseAnswers: 0.2, cutEveryMs: 1500 });
  const owned = await keeper("faulty", proxy.url);
  for (const [count, link] of [
    [30, "eth0"],
    [30, "eth1"],
    [10, "eth2"],
  ] as const) {
    owned.want(objects("faulty", count, link));
    await wait(1000);
  }
  await settled("faulty", 10, "eth2");
  assert.ok(proxy.counts.refused + proxy.counts.lost > 0);
});

testWith(OWNED, [apiServer], "one that the API server refuses for itself holds back no other, and is tried on slowly", async () => {
  const owned = await keeper("refused");
  const [first, second] = objects("refused", 2, "eth0") as [OwnedObject, OwnedObject];
  const wrong = { ...first, status: { ...first.status, interfaces: "all" } };
  owned.want([wrong, second]);
  const isRight = ({ status }: KubernetesObject) => status?.interfaces?.[0]?.name === "eth0";
  await running().admin.until(L2, `${NS}/${second.name}`, "right status", isRight);
  await wait(4000);
  assert.ok(owned.writes <= 12, `${owned.writes} writes`);
  owned.want([first, second]);
  await settled("refused", 2, "eth0");
});

testWith(OWNED, [apiServer], "two that want the same object otherwise write it about once a second each, and no more", async () => {
  const [one, other] = [await keeper("fought"), await keeper("fought")];
  one.want(objects("fought", 1, "eth0"));
  other.want(objects("fought", 1, "eth1"));
  await wait(6000);
  assert.ok(one.writes > 1 && one.writes <= 10 && other.writes <= 10, `${one.writes} and ${other.writes} writes in 6 s`);
  other.close();
  await settled("fought", 1, "eth0");
});

OWNED.after.each(async () => {
  for (const close of closers.splice(0)) await close();
});

OWNED.after(() => server?.stop());

OWNED.run();

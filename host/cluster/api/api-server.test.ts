/** Client, credentials and reflector on a real API server. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type ApiServer, startApiServer } from "../../workbench/api-server/api-server.ts";
import { type FaultProxy, startFaultProxy } from "../../workbench/api-server/fault-proxy.ts";
import { recordedLog } from "../../workbench/testing/log.ts";
import { rejects, until } from "../../workbench/testing/promises.ts";
import { apiServer, testWith } from "../../workbench/testing/requirements.ts";
import type { Api, ApiRequest } from "./api.ts";
import { Client } from "./client.ts";
import { findCredentials, serviceAccountCredentials } from "./credentials.ts";
import type { ObjectName, RawObject } from "./known-objects.ts";
import { Reflector } from "./reflector.ts";
import type { Reflected, ReflectorTiming } from "./reflector-options.ts";
import { collectionPath } from "./resource-path.ts";

const REAL = suite("client and reflector on an API server");
const SERVICES = collectionPath("v1", "services");
const LAMPS = collectionPath("example.com/v1", "lamps");
const WITHIN_MS = 60_000;
const LAMP_DEFINITION = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: lamps.example.com }
spec:
  group: example.com
  names: { kind: Lamp, plural: lamps }
  scope: Namespaced
  versions: [{ name: v1, served: true, storage: true, schema: { openAPIV3Schema: { type: object } } }]
`;
let server: ApiServer;
let proxy: FaultProxy | undefined;
const closing: { close(): void }[] = [];

async function clientOf(options: { url?: string; token?: string } = {}): Promise<Client> {
  const client = new Client({ credentials: await findCredentials(server.kubeconfig(options)) });
  closing.push(client);
  return client;
}

/** What a sink has, by `namespace/name`, of a reflector that runs until the test ends. */
function reflect(api: Api, resource: Reflected, timing: Partial<ReflectorTiming> = {}) {
  const held = new Map<string, RawObject>();
  const asked: Pick<ApiRequest, "query">[] = [];
  const told: string[] = [];
  const recorded: Api = {
    request: (request) => {
      asked.push(request);
      return api.request(request);
    },
    stream: (request) => {
      asked.push(request);
      return api.stream(request);
    },
    cutOff: () => api.cutOff(),
    close: () => api.close(),
  };
  const keyOf = ({ namespace = "", name }: ObjectName) => `${namespace}/${name}`;
  const sink = {
    put: (object: RawObject) => {
      told.push(`put ${keyOf(object.metadata)}`);
      held.set(keyOf(object.metadata), object);
    },
    remove: (name: ObjectName) => {
      told.push(`remove ${keyOf(name)}`);
      held.delete(keyOf(name));
    },
    commit() {},
    synced() {},
  };
  const reflector = new Reflector({ api: recorded, resource, sink, log: recordedLog().log, timing });
  reflector.start();
  closing.push(reflector);
  return { held, asked, told, state: () => reflector.state() };
}

type Reflection = ReturnType<typeof reflect>;

/** Resolves once it has the Services, in their versions, that the server has. */
async function inStep(reflection: Reflection, isMeant: (type: string) => boolean = () => true): Promise<void> {
  for (let left = WITHIN_MS / 100; ; left--) {
    const services = (await server.admin.list("v1/Service")).filter(({ spec }) => isMeant(spec.type));
    const there = services.map(({ metadata }) => metadata["resourceVersion"]).sort();
    const held = [...reflection.held.values()].map(({ metadata }) => metadata.resourceVersion).sort();
    if (JSON.stringify(there) === JSON.stringify(held) && reflection.state().isFollowing) return;
    if (left <= 0) throw new Error(`Waited in vain for ${there}: ${held} ${JSON.stringify(reflection.state())}`);
    await wait(100);
  }
}

function service(name: string, type = "LoadBalancer"): Promise<unknown> {
  return server.admin.apply(
    `{ apiVersion: v1, kind: Service, metadata: { name: ${name} }, spec: { type: ${type}, ports: [{ port: 80 }] } }`,
  );
}

REAL.after.each(async () => {
  for (const one of closing.splice(0)) one.close();
  await proxy?.close();
  proxy = undefined;
});

testWith(REAL, [apiServer], "a kubeconfig file leads to the server, writes and refusals included", async () => {
  server = await startApiServer();
  const client = await clientOf();
  assert.match((await client.request<{ gitVersion: string }>({ method: "GET", path: "/version" })).gitVersion, /^v1\./);
  const body = { metadata: { name: "written" }, data: { a: "b" } };
  const path = collectionPath("v1", "configmaps", "default");
  const written = await client.request<RawObject>({ method: "POST", path, body, query: { fieldManager: "herald" } });
  const patch = { method: "PATCH" as const, path: `${path}/written`, body: { data: { a: "c" } } };
  await client.request(patch);
  await rejects(
    client.request({ ...patch, method: "PUT", body: written }),
    /ApiError: Cannot PUT .*written: 409 Conflict: .*the object has been modified/,
  );
  const stranger = await clientOf({ token: "wrong" });
  await rejects(stranger.request({ method: "GET", path }), /401 Unauthorized/);
  const other = new Client({ credentials: { access: async () => ({ server: server.url, tls: {}, headers: {} }) } });
  await rejects(other.request({ method: "GET", path }), /self-signed certificate/);
  other.close();
});

testWith(REAL, [apiServer], "a Pod's service account does too, and a renewed token is found once the old one is refused", async () => {
  await server.admin.apply("{ apiVersion: v1, kind: ServiceAccount, metadata: { name: herald } }");
  const folder = mkdtempSync(join(tmpdir(), "herald-account-"));
  const token = await server.tokenOf("default", "herald");
  const files = { "ca.crt": server.ca, token: `${token}\n`, namespace: "default" };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const credentials = serviceAccountCredentials(server.url, folder);
  assert.is((await credentials.access()).namespace, "default");
  const client = new Client({ credentials });
  closing.push(client);
  const review = { method: "POST" as const, path: "/apis/authentication.k8s.io/v1/selfsubjectreviews", body: {} };
  const whoAmI = async () => (await client.request<{ status: { userInfo: { username: string } } }>(review)).status.userInfo.username;
  assert.is(await whoAmI(), "system:serviceaccount:default:herald");
  // The account is another one of the same name: what was given to the first is refused at once, or after the server's cache of 10 s.
  await server.admin.delete("v1/ServiceAccount", "default/herald");
  await server.admin.apply("{ apiVersion: v1, kind: ServiceAccount, metadata: { name: herald } }");
  for (let left = 40; left > 0; left--) {
    const refused = await whoAmI().catch((error: Error) => error.message);
    if (/401/.test(refused)) break;
    assert.ok(left > 1, refused);
    await wait(500);
  }
  writeFileSync(join(folder, "token"), await server.tokenOf("default", "herald"));
  assert.is(await whoAmI(), "system:serviceaccount:default:herald");
  rmSync(folder, { recursive: true });
});

testWith(REAL, [apiServer], "the reflector takes a watch-list, and what leaves its selector is removed", async () => {
  await service("a");
  await service("b", "ClusterIP");
  const all = reflect(await clientOf(), { path: SERVICES });
  const some = reflect(await clientOf(), { path: SERVICES, fieldSelector: "spec.type=LoadBalancer" });
  const isMeant = (type: string) => type === "LoadBalancer";
  await inStep(all);
  await inStep(some, isMeant);
  assert.equal(
    [all, some].map(({ asked }) => [asked.length, asked[0]?.query?.["sendInitialEvents"]]),
    [
      [1, true],
      [1, true],
    ],
  );
  assert.is(all.held.get("default/a")?.kind, "Service");
  await service("b");
  await service("a", "ClusterIP");
  await service("c");
  await inStep(all);
  await inStep(some, isMeant);
  assert.ok(some.told.includes("remove default/a"), String(some.told));
  await server.admin.delete("v1/Service", "default/c");
  await inStep(all);
  await inStep(some, isMeant);
  assert.equal([all.asked.length, all.state().failures], [1, 0]);
});

testWith(REAL, [apiServer], "a killed server is followed again from where it was", async () => {
  const all = reflect(await clientOf(), { path: SERVICES });
  await inStep(all);
  await server.kill();
  await until(() => all.state().failures > 1, WITHIN_MS);
  assert.is(all.held.size, 3);
  await server.restart();
  await service("d");
  await inStep(all);
  assert.is(all.state().relists, 0);
});

testWith(REAL, [apiServer], "a server that has forgotten where it was is listed anew, and what differs is told", async () => {
  proxy = await startFaultProxy(server, 1);
  const all = reflect(await clientOf({ url: proxy.url }), { path: SERVICES });
  await inStep(all);
  await proxy.set({ connections: "refused" });
  all.told.length = 0;
  await service("e");
  await server.admin.delete("v1/Service", "default/d");
  await server.compact();
  await server.kill();
  await server.restart();
  await proxy.set({});
  await inStep(all);
  assert.equal([all.state().expired, all.state().relists], [1, 1]);
  assert.equal(all.told, ["put default/e", "remove default/d"]);
});

testWith(REAL, [apiServer], "a frozen server is given up, and followed once it thaws", async () => {
  const all = reflect(await clientOf(), { path: SERVICES }, { idle: 1_000 });
  await inStep(all);
  server.freeze();
  await until(() => all.state().lastError?.includes("found nothing for 1000 ms") === true, WITHIN_MS);
  server.thaw();
  await service("thawed");
  await inStep(all);
});

testWith(REAL, [apiServer], "ten cuts a second lose nothing, nor does a server that fails half of the time", async () => {
  proxy = await startFaultProxy(server, 1);
  const all = reflect(await clientOf({ url: proxy.url }), { path: SERVICES });
  await inStep(all);
  for (const faults of [{ cutEveryMs: 100 }, { refuse: { share: 0.5, statuses: [429, 500] }, cutEveryMs: 300 }]) {
    await proxy.set(faults);
    for (let number = 0; number < 20; number++) {
      await service(`cut-${number}`, number % 2 ? "ClusterIP" : "LoadBalancer");
      if (number % 3 === 0) await server.admin.delete("v1/Service", `default/cut-${number}`);
    }
    await until(() => all.state().failures > 0, WITHIN_MS);
    await proxy.set({});
    await inStep(all);
  }
  assert.is(all.state().parseErrors, 0);
});

testWith(REAL, [apiServer], "a kind is followed once its definition is there, and has no objects once that has gone", async () => {
  const lamps = reflect(await clientOf(), { path: LAMPS, isOptional: true }, { absent: 300 });
  await until(() => lamps.state().isSynced && lamps.state().isAbsent, WITHIN_MS);
  await server.admin.apply(LAMP_DEFINITION);
  await server.admin.apply("{ apiVersion: example.com/v1, kind: Lamp, metadata: { name: desk } }");
  await until(() => lamps.held.size === 1 && !lamps.state().isAbsent, WITHIN_MS);
  await server.admin.delete("apiextensions.k8s.io/v1/CustomResourceDefinition", "lamps.example.com");
  await until(() => lamps.held.size === 0 && lamps.state().isAbsent, WITHIN_MS);
});

testWith(REAL, [apiServer], "cutOff() takes back what has not arrived", async () => {
  proxy = await startFaultProxy(server, 1);
  const client = await clientOf({ url: proxy.url });
  await client.request({ method: "GET", path: "/version" });
  await proxy.set({ connections: "silent" });
  const path = collectionPath("v1", "configmaps", "default");
  const body = { metadata: { name: "late" }, data: { a: "x".repeat(900_000) } };
  const writing = rejects(client.request({ method: "POST", path, body, timeoutMs: 60_000 }), /Cannot POST .*: cut off/);
  await wait(300);
  client.cutOff();
  await writing;
  await proxy.set({});
  await client.request({ method: "GET", path: "/version" });
  await wait(1_000);
  assert.is(await server.admin.get("v1/ConfigMap", "default/late"), undefined);
  await client.request({ method: "POST", path, body, timeoutMs: 60_000 });
});

testWith(REAL, [apiServer], "a server without watch-lists is listed by pages", async () => {
  await server.stop();
  server = await startApiServer({ flags: ["--feature-gates=WatchList=false"] });
  await Promise.all(Array.from({ length: 3 }, (_, number) => service(`s${number}`)));
  const all = reflect(await clientOf(), { path: SERVICES });
  await inStep(all);
  assert.equal(
    all.asked.map(({ query }) => query?.["limit"]),
    [undefined, 500, undefined],
  );
  assert.is(all.held.get("default/s1")?.kind, "Service");
  await service("late");
  await inStep(all);
});

REAL.after(() => server?.stop());
REAL.run();

import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { apiServer, testWith } from "../testing/requirements.ts";
import { type ApiServer, startApiServer } from "./api-server.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { ApiFailure } from "./send.ts";
import { TestClient } from "./test-client.ts";

const proxies = suite("fault proxy");
let started: { server: ApiServer; proxy: FaultProxy; through: TestClient } | undefined;

async function begin(): Promise<NonNullable<typeof started>> {
  if (started !== undefined) return started;
  const server = await startApiServer();
  const proxy = await startFaultProxy(server, 7);
  return (started = { server, proxy, through: new TestClient(proxy.url, server.ca, server.adminToken) });
}

const read = (client: TestClient): Promise<unknown> => client.get("v1/Namespace", "default");
const write = (client: TestClient, name: string): Promise<unknown> =>
  client.apply({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
const codeOf = (result: unknown): unknown => (result instanceof ApiFailure ? result.status : (result as NodeJS.ErrnoException).code);

testWith(proxies, [apiServer], "without faults it passes everything, and a watch as it comes", async () => {
  const { proxy, through, server } = await begin();
  assert.ok(await read(through));
  await write(through, "plain");
  const path = "/api/v1/namespaces/default/configmaps?watch=true&timeoutSeconds=1&fieldSelector=metadata.name%3Dseen";
  const watch = through.request<{ type: string }>("GET", path);
  await write(server.admin, "seen");
  assert.is((await watch).type, "ADDED");
  assert.is(proxy.counts.refused + proxy.counts.lost + proxy.counts.cut, 0);
});

testWith(proxies, [apiServer], "a share of requests is refused", async () => {
  const { proxy, through } = await begin();
  await proxy.set({ refuse: { share: 0.5, statuses: [500, 429], retryAfterSeconds: 1 } });
  const codes = new Map<unknown, number>();
  for (let count = 0; count < 100; count++) {
    const code = codeOf(await read(through).catch((error: unknown) => error));
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  assert.equal([...codes.keys()].map(String).sort(), ["429", "500", "undefined"]);
  for (const [code, count] of codes) assert.ok(count > 10 && count < 70, `${code}: ${count}`);
});

testWith(proxies, [apiServer], "a write whose answer is lost is done", async () => {
  const { proxy, through, server } = await begin();
  await proxy.set({});
  await write(through, "told");
  await proxy.set({ loseAnswers: 1 });
  assert.is(codeOf(await write(through, "lost").catch((error: unknown) => error)), "ECONNRESET");
  assert.ok(await server.admin.get("v1/ConfigMap", "default/lost"));
  assert.ok(await read(through), "reads are answered");
});

testWith(proxies, [apiServer], "cutting resets what is open", async () => {
  const { proxy, through } = await begin();
  await proxy.set({ cutEveryMs: 200 });
  const watch = await through.request("GET", "/api/v1/namespaces?watch=true&timeoutSeconds=10").catch((error: unknown) => error);
  assert.ok(watch instanceof Error);
  assert.match(String(codeOf(watch)), /ECONNRESET/);
});

testWith(proxies, [apiServer], "silence is a connection on which nothing comes", async () => {
  const { proxy, through } = await begin();
  await proxy.set({});
  await read(through);
  await proxy.set({ connections: "silent" });
  let answered = 0;
  const answers = [read(through), read(through)].map((answer) => answer.then(() => answered++));
  await wait(300);
  assert.is(answered, 0);
  await proxy.set({});
  await Promise.all(answers);
});

testWith(proxies, [apiServer], "a delay holds back, and refused connections come back", async () => {
  const { proxy, through } = await begin();
  await proxy.set({ delayMs: 200 });
  const startedMs = performance.now();
  await read(through);
  assert.ok(performance.now() - startedMs >= 199);
  await proxy.set({ connections: "refused" });
  assert.is(codeOf(await read(through).catch((error: unknown) => error)), "ECONNREFUSED");
  await proxy.set({});
  assert.ok(await read(through));
});

proxies.after(async () => {
  started?.through.close();
  await started?.proxy.close();
  await started?.server.stop();
});
proxies.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FakeClock, settled } from "../../workbench/testing/fake-clock.ts";
import { type Api, ApiError, type ApiRequest } from "../api/api.ts";
import type { ServiceStatus } from "../service-status.ts";
import { ServiceWriter } from "./service-writer.ts";

const writer = suite("service-writer");

const WEB: ServiceStatus = { vips: ["192.0.2.10", "2001:db8::10"], pool: "home" };

/** A writer to an API that answers when the test says so. */
function start(mostAtOnce?: number) {
  const clock = new FakeClock();
  const asked: { request: ApiRequest; answer: (object?: object) => Promise<void>; fail: (error: Error) => Promise<void> }[] = [];
  const api = {
    request: (request: ApiRequest) =>
      new Promise((resolve, reject) => {
        const after = (end: () => void) => {
          end();
          return settled();
        };
        asked.push({ request, answer: (object = {}) => after(() => resolve(object)), fail: (error) => after(() => reject(error)) });
      }),
  } as unknown as Api;
  const over = new AbortController();
  const state = { may: true, unanswered: 0 };
  const fence = {
    mayWrite: () => state.may,
    writeTimeoutMs: 4000,
    signal: over.signal,
    noteUnanswered: () => void (state.unanswered += 1),
  };
  const versions = new Map([
    ["default/web", "7"],
    ["default/api", "8"],
    ["default/db", "9"],
  ]);
  const accepted: unknown[] = [];
  const services = {
    versionOf: (key: string) => versions.get(key),
    accept: (object: object, from: string) => void accepted.push([object, from]),
  };
  const status = new ServiceWriter({ api, fence, services, clock, ...(mostAtOnce === undefined ? {} : { mostAtOnce }) });
  const ended: string[] = [];
  const write = (name: string, what: ServiceStatus | undefined) =>
    void status.write(`default/${name}`, what).then(
      () => ended.push(`${name} done`),
      (error: Error) => ended.push(`${name}: ${error.message}`),
    );
  return { clock, asked, over, state, versions, accepted, status, ended, write };
}

writer("write() sends one merge patch with the version that was decided from, and shows what came of it", async () => {
  const { asked, versions, accepted, ended, write } = start();
  write("web", WEB);
  versions.set("default/web", "changed meanwhile");
  const [{ request, answer }] = asked as [(typeof asked)[0]];
  assert.equal(request, {
    method: "PATCH",
    path: "/api/v1/namespaces/default/services/web/status",
    timeoutMs: 4000,
    body: {
      metadata: { annotations: { "metallb.io/ip-allocated-from-pool": "home" }, resourceVersion: "7" },
      status: {
        loadBalancer: {
          ingress: [
            { ip: "192.0.2.10", ipMode: "VIP" },
            { ip: "2001:db8::10", ipMode: "VIP" },
          ],
        },
      },
    },
  });
  assert.equal(ended, []);
  await answer({ kind: "Service" });
  assert.equal(ended, ["web done"]);
  assert.equal(accepted, [[{ kind: "Service" }, "7"]]);
});

writer("write() takes away with null, and asks nothing of a Service that is not there", async () => {
  const { asked, ended, accepted, write } = start();
  write("web", { vips: [] });
  write("gone", { vips: [] });
  write("gone", undefined);
  await settled();
  const annotations = { "metallb.io/ip-allocated-from-pool": null };
  assert.equal(
    asked.map(({ request }) => request.body),
    [{ metadata: { annotations, resourceVersion: "7" }, status: { loadBalancer: { ingress: null } } }, { metadata: { annotations } }],
  );
  assert.equal(ended, ["gone done"]);
  await asked[1]?.fail(new ApiError("Not found", { status: 404 }));
  assert.equal(ended, ["gone done", "gone done"]);
  assert.equal(accepted, []);
});

writer("one refused write does not hold up the others, and is rejected at once", async () => {
  const { asked, ended, state, write } = start();
  write("web", WEB);
  write("api", WEB);
  await asked[0]?.fail(new ApiError("Conflict", { status: 409 }));
  await asked[1]?.answer();
  assert.equal(ended, ["web: Conflict", "api done"]);
  assert.is(state.unanswered, 0);
});

writer("a write without an answer is rejected only when the server has given it up", async () => {
  const { asked, ended, state, clock, over, write } = start(1);
  write("web", WEB);
  write("api", WEB);
  await asked[0]?.fail(new ApiError("Connection reset", { status: 0 }));
  assert.equal([ended, asked.length, state.unanswered], [[], 2, 1], "its place is free");
  await clock.advance(3999);
  assert.equal(ended, []);
  await clock.advance(1);
  assert.equal(ended, ["web: Connection reset"]);
  await asked[1]?.fail(new ApiError("etcdserver: request timed out", { status: 500 }));
  assert.is(ended.length, 1);
  over.abort();
  await settled();
  assert.equal(ended[1], "api: etcdserver: request timed out", "after the term nobody waits for it");
});

writer("so many are under way at a time, in the order in which they came", async () => {
  const { asked, ended, write } = start(2);
  for (const name of ["web", "api", "db"]) write(name, WEB);
  assert.is(asked.length, 2);
  await asked[1]?.answer();
  assert.is(asked.length, 3);
  await asked[0]?.answer();
  await asked[2]?.answer();
  assert.equal(ended, ["api done", "web done", "db done"]);
});

writer("nothing begins without leave, or after close()", async () => {
  const { asked, ended, state, status, write } = start(1);
  write("web", WEB);
  write("api", WEB);
  state.may = false;
  await asked[0]?.answer();
  assert.equal(ended.sort(), ["api: Not written: this controller does not lead any more", "web done"]);
  state.may = true;
  write("web", WEB);
  write("db", WEB);
  status.close();
  await settled();
  assert.is(ended.at(-1), "db: Not written: this controller does not lead any more");
  await asked[1]?.answer();
  assert.is(ended.at(-1), "web done");
  assert.is(asked.length, 2);
});

writer.run();

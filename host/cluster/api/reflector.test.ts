import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../../workbench/testing/promises.ts";
import { ReflectorStage } from "../../workbench/testing/reflector-stage.ts";
import { answerJson } from "../../workbench/testing/scripted-http.ts";

const REFLECTOR = suite("reflector");
const on = new ReflectorStage();

REFLECTOR.after.each(() => on.close());

REFLECTOR("takes what there is as a watch-list, in one batch, and then what changes", async () => {
  await on.open();
  on.start({ labelSelector: "app" });
  await on.inStep();
  assert.equal(on.told, ["put a", "put b", "put c", "commit", "synced"]);
  const [asked] = on.queries();
  const query = { watch: "true", allowWatchBookmarks: "true", timeoutSeconds: "240", labelSelector: "app" };
  assert.equal(Object.fromEntries(asked ?? []), { ...query, sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" });
  on.server.put("d");
  on.server.put("a", { changed: true });
  on.server.remove("b");
  await on.inStep();
  assert.is(on.told.includes("remove web/b"), true);
  assert.is(on.queries().length, 1);
});

REFLECTOR("a burst of many pieces is one commit", async () => {
  await on.open([]);
  async function* pieces() {
    for (let number = 0; number < 100; number++) {
      on.server.put(`s${number}`);
      yield Buffer.from(on.server.event("ADDED", on.server.objects.get(`s${number}`)));
    }
    await wait(20);
    yield Buffer.from(on.server.bookmark(true));
    await wait(60_000, undefined, { ref: false });
  }
  on.start({}, { api: { request: () => Promise.reject(), stream: async () => pieces(), cutOff() {}, close() {} } });
  await on.inStep();
  assert.equal(on.told.slice(-3), ["put s99", "commit", "synced"]);
  assert.is(on.told.length, 102);
});

for (const status of [400, 422]) {
  REFLECTOR(`lists by pages where the server answers ${status} to a watch-list`, async () => {
    await on.open(Array.from({ length: 1_200 }, (_, index) => `s${index}`));
    on.server.intercept = (response, { url }) => {
      const refuses = url.searchParams.has("sendInitialEvents");
      if (refuses) answerJson(response, { reason: "Invalid" }, status);
      return refuses;
    };
    on.start();
    await on.inStep();
    assert.equal(
      on.queries().map((query) => [query.get("limit"), query.get("continue")]),
      [
        [null, null],
        ["500", null],
        ["500", "500"],
        ["500", "1000"],
        [null, null],
      ],
    );
    assert.is(on.queries().at(-1)?.get("resourceVersion"), on.server.version);
    assert.is(on.told.filter((what) => what === "commit").length, 3);
    on.server.put("late");
    await on.inStep();
  });
}

REFLECTOR("lists by pages where a watch-list ends before its end mark, or goes quiet", async () => {
  for (const ends of [true, false]) {
    await on.open();
    on.first(1, (response) => {
      response.write(on.server.initial());
      if (ends) response.end();
      return true;
    });
    on.start();
    await on.inStep();
    assert.equal(
      on.queries().map((query) => query.has("limit")),
      [false, true, false],
    );
    assert.equal(
      on.told.filter((what) => what.startsWith("put")),
      ["put a", "put b", "put c"],
    );
    on.reflector.close();
    on.client.close();
    await on.server.http.close();
  }
});

REFLECTOR("does without the field selector where the server does not know it", async () => {
  await on.open();
  on.server.intercept = (response, { url }) => {
    if (!url.searchParams.has("fieldSelector")) return false;
    answerJson(response, { reason: "BadRequest", message: "field label not supported: spec.type" }, 400);
    return true;
  };
  on.start({ fieldSelector: "spec.type=LoadBalancer" });
  await on.inStep();
  assert.equal(
    on.queries().map((query) => [query.has("fieldSelector"), query.has("limit")]),
    [
      [true, false],
      [true, true],
      [false, false],
    ],
  );
});

REFLECTOR("quiet watches that the server closes are opened again at once", async () => {
  await on.open();
  let nowMs = 0;
  on.start({}, { now: () => (nowMs += 2_000) });
  await on.inStep();
  for (let times = 0; times < 20; times++) {
    const asked = on.queries().length;
    on.server.endWatches();
    await until(() => on.queries().length > asked && on.server.watches.size === 1);
  }
  assert.equal([on.reflector.state().reconnects, on.reflector.state().relists, on.reflector.state().failures], [20, 0, 0]);
});

REFLECTOR("a bookmark is where the next watch begins", async () => {
  await on.open();
  on.start();
  await on.inStep();
  const { lastBookmarkMs } = on.reflector.state();
  for (let times = 0; times < 50; times++) on.server.objects.delete(`${times}`);
  on.server.write(on.server.event("BOOKMARK", { metadata: { resourceVersion: "777" } }));
  await until(() => on.reflector.state().lastBookmarkMs !== lastBookmarkMs);
  on.server.endWatches();
  await until(() => on.queries().length === 2);
  assert.is(on.queries()[1]?.get("resourceVersion"), "777");
});

REFLECTOR("a resource that is not there has no objects, is looked for again, and is found once it is", async () => {
  await on.open();
  let isThere = false;
  on.server.intercept = (response) => {
    if (!isThere) response.writeHead(404).end("404 page not found");
    return !isThere;
  };
  on.start({ isOptional: true });
  await until(() => on.queries().length > 3);
  assert.equal(on.told, ["synced"]);
  assert.equal([on.reflector.state().isAbsent, on.reflector.state().isSynced], [true, true]);
  assert.is(on.logged.lines.filter(({ level }) => level !== "debug").length, 1);
  isThere = true;
  await on.inStep();
  assert.is(on.reflector.state().isAbsent, false);
  isThere = false;
  on.server.http.reset();
  await until(() => on.held.size === 0);
});

REFLECTOR("close() is silent and at once, whatever it waits for", async () => {
  await on.open();
  on.server.intercept = (_response, { url }) => url.searchParams.has("never");
  for (const moment of ["watch", "answer", "backoff"]) {
    if (moment === "answer") on.server.intercept = () => true;
    if (moment === "backoff")
      on.server.intercept = (response) => {
        answerJson(response, {}, 500, { "retry-after": "60" });
        return true;
      };
    on.start();
    if (moment === "watch") await on.inStep();
    else await wait(100);
    const before = [on.told.length, on.queries().length];
    on.reflector.close();
    on.server.put(moment);
    await wait(100);
    assert.equal([on.told.length, on.queries().length], before, moment);
    assert.equal(
      on.logged.lines.filter(({ level }) => level !== "debug"),
      [],
    );
  }
});

REFLECTOR.run();

REFLECTOR.run();

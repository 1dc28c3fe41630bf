import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { until } from "../../workbench/testing/promises.ts";
import { PATH, ReflectorStage } from "../../workbench/testing/reflector-stage.ts";
import { answerJson } from "../../workbench/testing/scripted-http.ts";
import { answerGone } from "../../workbench/testing/scripted-resource.ts";
import type { RawObject } from "./known-objects.ts";

const REFLECTOR = suite("reflector and faults");
const on = new ReflectorStage();

REFLECTOR.after.each(() => on.close());

const isResumed = (query: URLSearchParams) => query.has("resourceVersion");

for (const where of ["status", "event"]) {
  REFLECTOR(`a version that is gone, said by ${where}, brings a new list and tells what differs`, async () => {
    await on.open();
    on.start();
    await on.inStep();
    on.told.length = 0;
    on.first(
      1,
      (response) => {
        if (where === "status") answerGone(response);
        else response.end(on.server.event("ERROR", { code: 410, reason: "Expired" }));
        return true;
      },
      isResumed,
    );
    const isolated = [...on.server.watches];
    on.server.watches.clear();
    on.server.remove("a");
    on.server.put("b", { changed: true });
    on.server.put("d");
    for (const watch of isolated) watch.end();
    await on.inStep();
    assert.equal(on.told.filter((what) => what !== "commit").sort(), ["put b", "put d", "remove web/a"]);
    assert.equal([on.reflector.state().expired, on.reflector.state().relists], [1, 1]);
  });
}

REFLECTOR("a real compaction is survived too", async () => {
  await on.open();
  on.start();
  await on.inStep();
  const isolated = [...on.server.watches];
  on.server.watches.clear();
  on.server.remove("a");
  on.server.put("b", 2);
  on.server.compact();
  for (const watch of isolated) watch.destroy();
  await on.inStep();
  assert.is(on.reflector.state().expired, 1);
});

REFLECTOR("a list whose next page is gone is begun anew", async () => {
  await on.open(Array.from({ length: 600 }, (_, index) => `s${index}`));
  let gone = 0;
  on.server.intercept = (response, { url }) => {
    if (url.searchParams.has("sendInitialEvents")) answerJson(response, {}, 422);
    else if (url.searchParams.has("continue") && gone++ === 0) answerGone(response);
    else return false;
    return true;
  };
  on.start();
  await on.inStep();
  assert.is(gone, 2);
});

REFLECTOR("waits as long as the server asks for", async () => {
  await on.open();
  on.first(1, (response) => {
    answerJson(response, {}, 429, { "retry-after": "1" });
    return true;
  });
  const begun = performance.now();
  on.start();
  await on.inStep();
  assert.ok(performance.now() - begun > 950);
});

REFLECTOR("goes on after faults of the server, resets, and servers that do not answer", async () => {
  await on.open();
  let requests = 0;
  on.server.intercept = (response, { request }) => {
    const fault = requests++;
    if (fault === 0 || fault === 3) answerJson(response, { reason: "InternalError" }, 500);
    else if (fault === 1) request.socket.resetAndDestroy();
    else return fault === 2; // accepted, and never answered
    return true;
  };
  on.start();
  await on.inStep();
  assert.is(requests, 5);
  assert.equal(
    on.logged.lines.filter(({ level }) => level === "warn").map(({ fields }) => fields["error"]),
    [`Cannot GET ${PATH}: read ECONNRESET`],
  );
});

REFLECTOR("a reset in the middle of a line loses nothing", async () => {
  await on.open();
  on.start();
  await on.inStep();
  const [watch] = on.server.watches;
  on.server.watches.clear();
  on.server.put("d", "x".repeat(1_000));
  watch?.write(on.server.event("ADDED", on.server.objects.get("d")).slice(0, 500));
  await wait(50);
  on.server.http.reset();
  await on.inStep();
  assert.is(on.queries().at(-1)?.get("resourceVersion"), "103");
  assert.is(on.reflector.state().relists, 0);
});

REFLECTOR("a watch on which nothing comes any more is given up", async () => {
  await on.open();
  on.start({}, { timing: { idle: 200 } });
  await on.inStep();
  on.server.watches.clear(); // open, and nothing comes
  on.server.put("d");
  await on.inStep();
  assert.match(JSON.stringify(on.logged.lines), /found nothing for 200 ms, expected at least a bookmark/);
});

REFLECTOR("a slow stream is none that is dead", async () => {
  await on.open();
  on.first(1, (response) => {
    void (async () => {
      for (const byte of on.server.initial() + on.server.bookmark(true)) {
        if (byte === "\n") await wait(200);
        response.write(byte);
      }
    })();
    return true;
  });
  on.start();
  await on.inStep();
  assert.is(on.queries().length, 1);
});

REFLECTOR("what comes twice, or late from before a new beginning, is told once", async () => {
  await on.open();
  on.start();
  await on.inStep();
  on.told.length = 0;
  const before = on.server.objects.get("a");
  on.server.put("b", 2);
  on.server.write(on.server.event("MODIFIED", on.server.objects.get("b")) + on.server.event("ADDED", on.server.objects.get("c")));
  on.server.remove("a");
  on.server.put("a", "another");
  on.server.write(on.server.event("DELETED", before) + on.server.event("DELETED", before));
  on.server.put("end");
  await on.inStep();
  assert.equal(
    on.told.filter((what) => what !== "commit"),
    ["put b", "remove web/a", "put a", "put end"],
  );
});

for (const [what, line] of [
  ["is no JSON", "<html>\n"],
  ["has no object", '{"type":"ADDED"}\n'],
  ["has no end", "x".repeat(5 << 20)],
]) {
  REFLECTOR(`a line that ${what} ends the watch, and no object is lost`, async () => {
    await on.open();
    on.start();
    await on.inStep();
    on.server.write(line ?? "");
    await until(() => on.reflector.state().parseErrors === 1);
    on.server.put("d");
    await on.inStep();
    assert.is(on.reflector.state().relists, 0);
  });
}

REFLECTOR("one that must be there is not empty where the server answers 404", async () => {
  await on.open();
  on.start();
  await on.inStep();
  on.server.intercept = (response) => {
    response.writeHead(404).end("404 page not found");
    return true;
  };
  on.server.http.reset();
  await until(() => on.reflector.state().failures > 3);
  assert.is(on.held.size, 3);
});

REFLECTOR("what a sink throws holds nothing up", async () => {
  await on.open();
  const sink = {
    put: ({ metadata }: RawObject) => {
      if (metadata.name === "b") throw new Error("no");
      on.held.set(metadata.name, 1);
    },
    remove() {},
    commit() {},
    synced() {},
  };
  on.start({}, { sink });
  await until(() => on.reflector.state().isSynced);
  assert.equal([[...on.held.keys()], on.reflector.state().sinkErrors], [["a", "c"], 1]);
});

REFLECTOR.run();

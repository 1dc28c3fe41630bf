import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FakeClock } from "../../workbench/testing/fake-clock.ts";
import { ApiError, type ApiRequest } from "../api/api.ts";
import { MetricsAccess } from "./metrics-access.ts";

const access = suite("metrics access");

/** A cluster that knows these tokens, and lets those of `readers` read. */
function cluster(users: Readonly<Record<string, string>>, readers: readonly string[]) {
  const clock = new FakeClock();
  const asked: string[] = [];
  const errors: string[] = [];
  const self = { isAway: false, readers: [...readers] };
  const request = async <Answer>({ path, body }: ApiRequest): Promise<Answer> => {
    const { spec } = body as { spec: Record<string, unknown> };
    asked.push(path.split("/").at(-1) as string);
    await new Promise((done) => setImmediate(done));
    if (self.isAway) throw new ApiError("No answer", { status: 0 });
    if (path.endsWith("tokenreviews")) {
      const username = users[spec["token"] as string];
      return {
        status: username === undefined ? { authenticated: false } : { authenticated: true, user: { username, groups: ["g"] } },
      } as Answer;
    }
    assert.equal(spec["nonResourceAttributes"], { path: "/metrics", verb: "get" });
    assert.equal(spec["groups"], ["g"]);
    return { status: { allowed: self.readers.includes(spec["user"] as string) } } as Answer;
  };
  const judge = new MetricsAccess({ api: { request }, clock, onError: ({ message }) => void errors.push(message) });
  return { clock, asked, errors, self, judge: (token: string) => judge.judge(token) };
}

access("a token must be known, and its owner be let", async () => {
  const { judge, asked } = cluster({ p: "prometheus", s: "stranger" }, ["prometheus"]);
  assert.is(await judge("p"), "allowed");
  assert.is(await judge("s"), "forbidden");
  assert.is(await judge("x"), "unauthorized");
  assert.equal(asked, ["tokenreviews", "subjectaccessreviews", "tokenreviews", "subjectaccessreviews", "tokenreviews"]);
});

access("who is let is not asked about for a minute, and all who come at once are one", async () => {
  const { judge, asked, clock, self } = cluster({ p: "prometheus" }, ["prometheus"]);
  assert.equal(await Promise.all([judge("p"), judge("p"), judge("p")]), ["allowed", "allowed", "allowed"]);
  await clock.advance(59_000);
  await judge("p");
  assert.is(asked.length, 2);
  self.readers = [];
  await clock.advance(2_000);
  assert.is(await judge("p"), "forbidden");
});

access("a refusal holds for five seconds", async () => {
  const { judge, asked, clock, self } = cluster({ p: "prometheus" }, []);
  assert.is(await judge("p"), "forbidden");
  self.readers = ["prometheus"];
  await clock.advance(4_000);
  assert.is(await judge("p"), "forbidden");
  assert.is(asked.length, 2);
  await clock.advance(2_000);
  assert.is(await judge("p"), "allowed");
});

access("while the API server is away it is not known, and asked again each time", async () => {
  const { judge, errors, self } = cluster({ p: "prometheus" }, ["prometheus"]);
  self.isAway = true;
  for (let times = 3; times > 0; times--) assert.is(await judge("p"), "unavailable");
  assert.equal(errors, ["No answer"]);
  self.isAway = false;
  assert.is(await judge("p"), "allowed");
  self.isAway = true;
  assert.is(await judge("q"), "unavailable");
  assert.equal(errors, ["No answer", "No answer"]);
});

access("strangers have ten reviews a second, and take none from who was let before", async () => {
  const { judge, asked, clock } = cluster({ p: "prometheus" }, ["prometheus"]);
  await judge("p");
  await clock.advance(61_000);
  const found = await Promise.all(Array.from({ length: 1000 }, (_, at) => judge(`x${at}`)));
  assert.is(found.filter((answer) => answer === "unauthorized").length, 10);
  assert.is(found.filter((answer) => answer === "unavailable").length, 990);
  assert.is(await judge("p"), "allowed");
  assert.is(asked.length, 2 + 10 + 2);
});

access("a flood of tokens is forgotten, who was let is not", async () => {
  const { judge, asked, clock } = cluster({ p: "prometheus" }, ["prometheus"]);
  await judge("p");
  for (let second = 0; second < 50; second++) {
    await Promise.all(Array.from({ length: 10 }, (_, at) => judge(`x${second}-${at}`)));
    await clock.advance(1_000);
  }
  asked.length = 0;
  assert.is(await judge("p"), "allowed");
  assert.equal(asked, []);
});

access("a token of megabytes is not shown to the API server", async () => {
  const { judge, asked } = cluster({}, []);
  assert.is(await judge("x".repeat(100_000)), "unauthorized");
  assert.equal(asked, []);
});

access.run();

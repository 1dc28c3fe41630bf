import { setTimeout as wait } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rejects, until } from "../../workbench/testing/promises.ts";
import { type Answer, answerJson, type ScriptedHttp, scriptedHttp } from "../../workbench/testing/scripted-http.ts";
import { ApiError } from "./api.ts";
import { Client } from "./client.ts";
import { type Access, ReadAgain } from "./credentials.ts";
import { collectionPath, pluralOf } from "./resource-path.ts";

const CLIENT = suite("client");
let server: ScriptedHttp;
let client: Client;
let token = "first";

async function stage(answer: Answer, options: { headTimeoutMs?: number } = {}): Promise<void> {
  server = await scriptedHttp(answer);
  const read = async (): Promise<Access> => ({ server: server.url, tls: {}, headers: { authorization: `Bearer ${token}` } });
  client = new Client({ credentials: new ReadAgain(read), ...options });
}

CLIENT.after.each(async () => {
  client?.close();
  await server?.close();
});

const failure = (promise: Promise<unknown>): Promise<ApiError> =>
  promise.then(
    () => assert.unreachable(),
    (error) => error,
  );

CLIENT("collectionPath() names a resource, or a namespace's part of it", () => {
  assert.is(collectionPath("v1", "services"), "/api/v1/services");
  assert.is(collectionPath("metallb.io/v1beta1", "bgppeers", "herald"), "/apis/metallb.io/v1beta1/namespaces/herald/bgppeers");
  assert.is(collectionPath("v1", "secrets", "web/../x"), "/api/v1/namespaces/web%2F..%2Fx/secrets");
});

CLIENT("pluralOf() knows the plural of a kind", () => {
  assert.equal(["Node", "Community", "ServiceL2Status"].map(pluralOf), ["nodes", "communities", "servicel2statuses"]);
});

CLIENT("request() sends body and query, and gives the answer", async () => {
  let body = "";
  await stage(async (response, { request }) => {
    for await (const chunk of request) body += chunk;
    answerJson(response, { kind: "Lease" });
  });
  const query = { fieldManager: "herald", force: true, dryRun: undefined };
  const answer = await client.request({ method: "PATCH", path: "/apis/x", query, body: { a: "ü" }, patch: "apply", timeoutMs: 2_500 });
  assert.equal(answer, { kind: "Lease" });
  assert.is(body, '{"a":"ü"}');
  const [asked] = server.asked;
  assert.is(asked?.url.search, "?timeout=2500ms&fieldManager=herald&force=true");
  assert.is(asked?.headers["content-type"], "application/apply-patch+yaml");
  assert.is(asked?.headers.authorization, "Bearer first");
});

CLIENT("request() says what was asked and what the server said against it", async () => {
  const status = { kind: "Status", code: 409, reason: "Conflict", message: 'leases "x" is newer' };
  await stage((response) => answerJson(response, status, 409));
  const error = await failure(client.request({ method: "PUT", path: "/apis/x", body: {} }));
  assert.ok(error instanceof ApiError);
  assert.equal([error.status, error.reason, error.retryAfterMs], [409, "Conflict", undefined]);
  assert.is(error.message, 'Cannot PUT /apis/x: 409 Conflict: leases "x" is newer');
});

CLIENT("request() says when to ask again, by header or by Status", async () => {
  await stage((response, { url }) => {
    if (url.pathname === "/long") answerJson(response, {}, 429, { "retry-after": "9".repeat(400) });
    else if (url.pathname === "/header") answerJson(response, {}, 429, { "retry-after": "7" });
    else answerJson(response, { reason: "TooManyRequests", details: { retryAfterSeconds: 3 } }, 429);
  });
  assert.is((await failure(client.request({ method: "GET", path: "/header" }))).retryAfterMs, 7_000);
  assert.is((await failure(client.request({ method: "GET", path: "/status" }))).retryAfterMs, 3_000);
  assert.is((await failure(client.request({ method: "GET", path: "/long" }))).retryAfterMs, 60_000);
});

CLIENT("request() does not take what is no JSON for an answer", async () => {
  await stage((response) => response.end("<html>"));
  await rejects(client.request({ method: "GET", path: "/x" }), /^ApiError: Cannot GET \/x: found "<html>" as the answer, expected JSON/);
});

CLIENT("request() gives up after its time, also in the middle of an answer", async () => {
  await stage((response, { url }) => {
    if (url.pathname === "/half") response.write('{"a":');
  });
  const silent = await failure(client.request({ method: "GET", path: "/silent", timeoutMs: 50 }));
  assert.equal([silent.message, silent.status], ["Cannot GET /silent: no answer within 50 ms", 0]);
  await rejects(client.request({ method: "GET", path: "/half", timeoutMs: 50 }), /^ApiError: Cannot GET \/half: no answer within 50 ms/);
});

CLIENT("request() ends with its signal", async () => {
  await stage(() => {});
  const stop = new AbortController();
  const asked = failure(client.request({ method: "GET", path: "/x", signal: stop.signal }));
  await until(() => server.asked.length === 1);
  stop.abort(new Error("not needed"));
  assert.is((await asked).message, "Cannot GET /x: not needed");
});

CLIENT("request() keeps its connection, a stream has one of its own", async () => {
  const ports = new Set<number | undefined>();
  await stage((response, { request }) => {
    ports.add(request.socket.remotePort);
    answerJson(response, {});
  });
  for (let times = 0; times < 5; times++) await client.request({ method: "GET", path: "/x" });
  assert.is(ports.size, 1);
  for await (const _ of await client.stream({ path: "/x" }));
  assert.is(ports.size, 2);
});

CLIENT("a token that the server refuses is read again at once, and the request tried once more", async () => {
  await stage((response, { headers }) => {
    if (headers.authorization === "Bearer second") answerJson(response, { ok: true });
    else answerJson(response, { reason: "Unauthorized" }, 401);
  });
  token = "first";
  await rejects(client.request({ method: "GET", path: "/x" }), /401 Unauthorized/);
  assert.is(server.asked.length, 2);
  token = "second";
  assert.equal(await client.request({ method: "GET", path: "/x" }), { ok: true });
  for await (const _ of await client.stream({ path: "/x" }));
  assert.is(server.asked.length, 5);
  token = "first";
});

CLIENT("stream() gives bytes as they come, until its signal", async () => {
  await stage(async (response) => {
    response.write("one\n");
    await wait(20);
    response.write("two\n");
  });
  const stop = new AbortController();
  let text = "";
  const reading = (async () => {
    for await (const chunk of await client.stream({ path: "/x", query: { watch: true }, signal: stop.signal })) text += Buffer.from(chunk);
  })();
  await until(() => text === "one\ntwo\n");
  stop.abort();
  await rejects(reading, /Error/);
});

CLIENT("stream() throws before the first byte what the server says against it, and where it says nothing", async () => {
  await stage((response, { url }) => url.pathname === "/gone" && answerJson(response, { reason: "Expired" }, 410), { headTimeoutMs: 50 });
  assert.equal((await failure(client.stream({ path: "/gone" }))).reason, "Expired");
  await rejects(client.stream({ path: "/silent" }), /no answer within 50 ms/);
});

CLIENT("stream() throws where the connection is reset", async () => {
  await stage((response) => response.write("one\n"));
  const stream = await client.stream({ path: "/x" });
  await rejects(
    (async () => {
      for await (const _ of stream) server.reset();
    })(),
    /Error/,
  );
});

CLIENT("cutOff() ends all at once: what the server has not received yet it never will", async () => {
  let received = 0;
  let isWhole = false;
  const ended: string[] = [];
  await stage((_response, { request }) => {
    request.on("data", (chunk: Buffer) => {
      received += chunk.length;
      if (received < 100_000) request.pause();
    });
    request.on("end", () => {
      isWhole = true;
    });
    request.on("error", (error: NodeJS.ErrnoException) => ended.push(error.code ?? ""));
    setTimeout(() => request.resume(), 300);
  });
  // More than the server's kernel takes in while nobody reads; what waits in ours would still arrive after a mere close.
  const writing = failure(client.request({ method: "PUT", path: "/x", body: "x".repeat(1_000_000) }));
  await until(() => received > 0);
  const waiting = failure(client.stream({ path: "/y" }));
  client.cutOff();
  assert.is((await writing).message, "Cannot PUT /x: cut off");
  assert.is((await waiting).message, "Cannot GET /y: cut off");
  await until(() => ended.length > 0);
  await wait(50);
  assert.equal([isWhole, ended], [false, ["ECONNRESET"]]);
});

CLIENT("after cutOff() it goes on with new connections, after close() it does not", async () => {
  await stage((response) => answerJson(response, {}));
  await client.request({ method: "GET", path: "/x" });
  client.cutOff();
  await client.request({ method: "GET", path: "/x" });
  client.close();
  await rejects(client.request({ method: "GET", path: "/x" }), /Cannot GET \/x: the client is closed/);
});

CLIENT("a token does not travel in the clear beyond this machine", async () => {
  await stage((response) => answerJson(response, {}));
  const away = new Client({ credentials: { access: async () => ({ server: "http://192.0.2.1:8080", tls: {}, headers: {} }) } });
  await rejects(away.request({ method: "GET", path: "/x" }), /found http:\/\/, expected https:\/\//);
  away.close();
});

CLIENT("nothing that listens is an error that says so", async () => {
  await stage(() => {});
  await server.close();
  const error = await failure(client.request({ method: "GET", path: "/x" }));
  assert.match(error.message, /^Cannot GET \/x: connect ECONNREFUSED/);
  assert.is(error.status, 0);
});

CLIENT.run();

/** The plugin on a host in memory, with an endpoint that answers as each test wants. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement, FetchAnswer } from "../../host/announcer.ts";
import { createTestHost, type TestHost, type TestRequest } from "../../host/workbench/authoring/testing.ts";
import { rejects } from "../../host/workbench/testing/promises.ts";
import type { WebhookConfig } from "./config.ts";
import plugin from "./plugin.ts";

const webhook = suite("webhook");

const VIP = "198.51.100.1";
const CONFIG: WebhookConfig = {
  announce: { method: "PUT", url: "https://api.example.com/addresses/{vip}", body: { node: "{node}", services: "{services}" } },
  withdraw: { url: "https://api.example.com/addresses/{vip}" },
};

const row = (vip = VIP, services = ["default/web"], values?: Readonly<Record<string, string>>): Announcement => ({
  ...{ vip, family: 4, links: null, services },
  attributes: values === undefined ? {} : { values },
});

/** Each answers in turn, the last for good. A number is a status, an error is no answer. */
type Answers = readonly (number | Error | Partial<FetchAnswer>)[];

async function start(answers: Answers = [204], parts: Partial<WebhookConfig> = {}): Promise<TestHost> {
  let count = 0;
  const answer = (): Partial<FetchAnswer> => {
    const next = answers[Math.min(count++, answers.length - 1)] ?? 204;
    if (next instanceof Error) throw next;
    return typeof next === "number" ? { status: next } : next;
  };
  return await createTestHost(plugin, { config: { ...CONFIG, ...parts }, answer, secrets: { token: "s3cret", key: "night-and-day" } });
}

const said = (host: TestHost): string[] => host.requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`);
const reportOf = (host: TestHost): string | undefined => host.reports.get(VIP);

webhook("an address is announced, and withdrawn", async () => {
  const host = await start();
  await host.announce(VIP);
  await host.withdraw(VIP);
  await host.pass(0);
  assert.equal(said(host), [`PUT /addresses/${VIP}`, `DELETE /addresses/${VIP}`]);
  const [announced] = host.requests as [TestRequest];
  assert.equal(JSON.parse(new TextDecoder().decode(announced.body)), { node: "node-a", services: ["default/web"] });
  assert.is(announced.headers["content-type"], "application/json");
  assert.equal(host.unused, []);
  assert.is(host.reports.size, 0);
  await host.close();
});

webhook("what was said is not said again, what changed is", async () => {
  const host = await start();
  await host.announce(row());
  await host.announce(row());
  await host.pass(60_000);
  assert.is(host.requests.length, 1);
  await host.announce(row(VIP, ["default/other"]));
  assert.is(host.requests.length, 2);
  await host.announce(row());
  assert.is(host.requests.length, 3);
  await host.close();
});

webhook("a call that fails is tried again, ever later, with one idempotency key, until it succeeds", async () => {
  const host = await start([503, new Error("connection refused"), 429, 200]);
  await host.announce(VIP);
  assert.is(reportOf(host), "announce failed, attempt 1: the answer was 503");
  await host.pass(1000);
  assert.match(reportOf(host) ?? "", /^announce failed, attempt 2: Cannot fetch https:\/\/api.example.com: connection refused$/);
  await host.pass(2000);
  await host.pass(4000);
  assert.is(host.requests.length, 4);
  assert.is(reportOf(host), undefined);
  assert.is(new Set(host.requests.map(({ headers }) => headers["idempotency-key"])).size, 1);
  await host.pass(3_600_000);
  assert.is(host.requests.length, 4);
  assert.equal((await host.metrics()).filter((line) => line.includes("calls")).sort(), [
    'herald_plugin_webhook_calls_total{action="announce",outcome="done"} 1',
    'herald_plugin_webhook_calls_total{action="announce",outcome="failed"} 3',
  ]);
  await host.close();
});

webhook("pauses double up to the longest, and then stay", async () => {
  const host = await start([500], { longestPauseSeconds: 60 });
  await host.announce(VIP);
  const times: number[] = [];
  for (let second = 1; second <= 600; second++) {
    const before = host.requests.length;
    await host.pass(1000);
    if (host.requests.length > before) times.push(second);
  }
  const pauses = times.slice(6).map((time, at) => time - (times[at + 5] as number));
  assert.ok(pauses.length >= 8 && pauses.every((pause) => pause >= 29 && pause <= 61), `${times}`);
  await host.close();
});

webhook("Retry-After is waited for", async () => {
  const host = await start([{ status: 429, headers: { "retry-after": "120" } }, 200]);
  await host.announce(VIP);
  await host.pass(119_000);
  assert.is(host.requests.length, 1);
  await host.pass(2000);
  assert.is(host.requests.length, 2);
  await host.close();
});

for (const status of [302, 400, 401, 403, 404, 422]) {
  webhook(`${status} is a refusal, which is told, and tried again after the longest pause`, async () => {
    const host = await start([status, 200]);
    await host.announce(VIP);
    assert.is(reportOf(host), `announce refused, attempt 1: the answer was ${status}`);
    await host.pass(299_000);
    assert.is(host.requests.length, 1);
    await host.pass(2000);
    assert.is(host.requests.length, 2);
    assert.is(reportOf(host), undefined);
    await host.close();
  });
}

for (const status of [404, 410]) {
  webhook(`a withdrawal answered by ${status} is done`, async () => {
    const host = await start([200, status]);
    await host.announce(VIP);
    await host.withdraw(VIP);
    await host.pass(3_600_000);
    assert.is(host.requests.length, 2);
    await host.close();
  });
}

webhook("what is withdrawn while its announcement fails is announced no more", async () => {
  const host = await start([503]);
  await host.announce(VIP);
  await host.withdraw(VIP);
  await host.pass(600_000);
  assert.is(said(host)[0], `PUT /addresses/${VIP}`);
  assert.ok(said(host).length > 3);
  assert.ok(
    said(host)
      .slice(1)
      .every((line) => line.startsWith("DELETE")),
  );
  await host.close();
});

webhook("what is announced again while its withdrawal fails is withdrawn no more", async () => {
  const host = await start([200, 503, 503, 200]);
  await host.announce(VIP);
  await host.withdraw(VIP);
  await host.announce(VIP);
  await host.pass(600_000);
  assert.equal(
    said(host).map((line) => line.split(" ")[0]),
    ["PUT", "DELETE", "PUT", "PUT"],
  );
  await host.close();
});

webhook("an address that moved is not withdrawn, and what was never tried is not either", async () => {
  const host = await start();
  await host.announce(VIP);
  await host.announcer.apply({ added: [], changed: [], removed: [row()], moved: new Set([VIP]) });
  await host.withdraw("198.51.100.99");
  await host.pass(60_000);
  assert.equal(said(host), [`PUT /addresses/${VIP}`]);
  await host.announce(VIP);
  assert.is(host.requests.length, 2);
  await host.close();
});

webhook("without withdraw nothing is called for it", async () => {
  const { announce } = CONFIG;
  const host = await createTestHost(plugin, { config: { announce } });
  await host.announce(VIP);
  await host.withdraw(VIP);
  await host.pass(0);
  assert.is(host.requests.length, 1);
  await host.close();
});

webhook("Secrets are put in by the host, as one can see in what is sent", async () => {
  const host = await start([200], { headers: { Authorization: { secret: "token", before: "Bearer " }, "x-what": "addresses" } });
  await host.announce(VIP);
  const [{ headers }] = host.requests as [TestRequest];
  assert.is(headers["authorization"], "Bearer s3cret");
  assert.is(headers["x-what"], "addresses");
  await host.close();
});

webhook("a Secret that is not there is told, and waited for", async () => {
  const host = await start([200], { sign: { secret: "absent" } });
  await host.announce(VIP);
  await host.pass(0);
  assert.match(reportOf(host) ?? "", /^announce failed, attempt 1: Secret absent: found nothing/);
  assert.is(host.requests.length, 0);
  await host.close();
});

webhook("a placeholder without a value refuses its address alone, also where the withdrawal has it", async () => {
  const host = await start([200], { withdraw: { url: "https://api.example.com/{id}" } });
  const [refusal, ...others] = await host.announce(row("198.51.100.2", undefined, { id: "7" }), row());
  assert.is(refusal?.vip, VIP);
  assert.match(refusal?.reason ?? "", /^found \{id\}, expected one of/);
  assert.equal(others, []);
  await host.close();
});

webhook("a node that leaves waits for its last calls", async () => {
  const host = await start();
  await host.announce(VIP);
  const withdrawn = host.withdraw(VIP);
  await host.announcer.stop("leave");
  await withdrawn;
  assert.is(said(host).at(-1), `DELETE /addresses/${VIP}`);
  await host.close();
});

for (const url of [
  "https://{vip}.example.com/",
  "ftp://api.example.com",
  "https://user@api.example.com/",
  "api.example.com",
  "https://a b/",
]) {
  webhook(`${url} is no URL to call`, async () => {
    await rejects(createTestHost(plugin, { config: { announce: { url } } }), /config announce.url: found/);
  });
}

webhook.run();

/** Without an API server: what it does where that is slow, absent or against it. With one: `reporting.test.ts`. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { recordedLog } from "../../../workbench/testing/log.ts";
import { type Api, ApiError, type ApiRequest } from "../../api/api.ts";
import { EventRecorder, type Happening } from "./events.ts";

const EVENTS = suite("events");

type Answer = (request: ApiRequest) => unknown;

function stage(answer: Answer = () => ({}), isBusy = () => false) {
  const requests: ApiRequest[] = [];
  const { log, lines } = recordedLog();
  const world = { answer };
  const api: Api = {
    async request<T>(request: ApiRequest) {
      requests.push(request);
      return (await world.answer(request)) as T;
    },
    stream: () => Promise.reject(new Error("nobody watches")),
    cutOff() {},
    close() {},
  };
  const recorder = new EventRecorder({ api, component: "metallb-speaker", host: "node-1", isBusy, log });
  const idle = async () => {
    await until(() => recorder.counts().waiting === 0);
    return requests.splice(0);
  };
  return { recorder, requests, lines, world, idle };
}

async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 20_000; !isSo(); await new Promise((resolve) => setTimeout(resolve, 5))) {
    if (performance.now() > deadline) throw new Error("Waited in vain");
  }
}

const web = { apiVersion: "v1", kind: "Service", namespace: "shop", name: "web", uid: "u-1" };
const assigned: Happening = { object: web, type: "Normal", reason: "nodeAssigned", message: 'announcing from node "node-1"' };

interface Posted {
  readonly [field: string]: unknown;
}

const bodyOf = (request: ApiRequest | undefined) => (request?.body ?? {}) as Posted;

EVENTS("while the API server is needed for something else, Events are written one at a time", async () => {
  let isBusy = true;
  let atOnce = 0;
  let most = 0;
  const answer = async () => {
    most = Math.max(most, ++atOnce);
    await new Promise((resolve) => setTimeout(resolve, 2));
    atOnce--;
  };
  const { recorder, idle } = stage(answer, () => isBusy);
  const recordSome = () => {
    for (let at = 0; at < 8; at++) recorder.record({ ...assigned, object: { ...web, name: `web-${at}` } });
  };
  recordSome();
  assert.is((await idle()).length, 8);
  assert.is(most, 1);
  isBusy = false;
  recordSome();
  await idle();
  assert.is(most, 4);
});

EVENTS("an Event has the times and the count that MetalLB's readers look for, in the namespace of its object", async () => {
  const { recorder, idle } = stage();
  recorder.record(assigned);
  const [request, ...others] = await idle();
  assert.equal([request?.method, request?.path, others.length], ["POST", "/api/v1/namespaces/shop/events", 0]);
  const { metadata, firstTimestamp, lastTimestamp, ...event } = bodyOf(request);
  assert.match((metadata as { name: string }).name, /^web\.[0-9a-f]+-[0-9a-f]{16}$/);
  assert.match(lastTimestamp as string, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.is(firstTimestamp, lastTimestamp);
  assert.equal(event, {
    ...{ apiVersion: "v1", kind: "Event", involvedObject: web, type: "Normal", reason: "nodeAssigned", count: 1 },
    message: 'announcing from node "node-1"',
    source: { component: "metallb-speaker", host: "node-1" },
    ...{ reportingComponent: "metallb-speaker", reportingInstance: "node-1" },
  });
  recorder.close();
});

EVENTS("what is said again counts up the Event that is there, and what is said at once is one write", async () => {
  const { recorder, idle } = stage();
  recorder.record(assigned);
  recorder.record(assigned);
  const [first] = await idle();
  assert.is(bodyOf(first)["count"], 2);
  recorder.record(assigned);
  const [again, ...others] = await idle();
  assert.equal([again?.method, bodyOf(again)["count"], others.length], ["PATCH", 3, 0]);
  assert.match(again?.path ?? "", /^\/api\/v1\/namespaces\/shop\/events\/web\./);
  recorder.record({ ...assigned, message: "other words" });
  assert.equal(
    (await idle()).map(({ method }) => method),
    ["POST"],
  );
  recorder.close();
});

EVENTS("an Event that has gone meanwhile is made anew, with the count of all", async () => {
  const { recorder, idle, world } = stage();
  recorder.record(assigned);
  await idle();
  world.answer = ({ method }) => {
    if (method === "PATCH") throw new ApiError("gone", { status: 404, reason: "NotFound" });
  };
  recorder.record(assigned);
  const requests = await idle();
  assert.equal(
    requests.map(({ method, body }) => [method, (body as Posted)["count"]]),
    [
      ["PATCH", 2],
      ["POST", 2],
    ],
  );
  recorder.close();
});

EVENTS("what all speakers tell is one Event, and no count is kept of it", async () => {
  const names = new Set<string>();
  const api = (request: ApiRequest) => {
    const { name } = bodyOf(request)["metadata"] as { name: string };
    if (names.has(name)) throw new ApiError("is there", { status: 409, reason: "AlreadyExists" });
    names.add(name);
  };
  const [one, other] = [stage(api), stage(api)];
  for (const { recorder, idle } of [one, other, one]) {
    recorder.record({ ...assigned, isShared: true });
    assert.equal(
      (await idle()).map(({ method }) => method),
      ["POST"],
    );
  }
  assert.is(names.size, 1);
  assert.is(other.recorder.counts().dropped, 0);
  one.recorder.close();
  other.recorder.close();
});

EVENTS("an object without uid is asked for it, and one of no namespace has its Events in default", async () => {
  const { recorder, idle } = stage(({ method }) => (method === "GET" ? { metadata: { uid: "u-9" } } : {}));
  recorder.record({ ...assigned, object: { apiVersion: "metallb.io/v1beta1", kind: "Community", namespace: "herald", name: "c" } });
  recorder.record({ ...assigned, object: { apiVersion: "v1", kind: "Node", name: "node-1" } });
  const requests = await idle();
  assert.equal(requests.map(({ method, path }) => `${method} ${path}`).sort(), [
    "GET /api/v1/nodes/node-1",
    "GET /apis/metallb.io/v1beta1/namespaces/herald/communities/c",
    "POST /api/v1/namespaces/default/events",
    "POST /api/v1/namespaces/herald/events",
  ]);
  for (const { method, body } of requests.filter(({ method }) => method === "POST")) {
    assert.is(((body as Posted)["involvedObject"] as Posted)["uid"], "u-9", method);
  }
  recorder.close();
});

EVENTS("what an object has too many of is counted and not written", async () => {
  const { recorder, idle } = stage();
  for (let at = 0; at < 40; at += 1) recorder.record({ ...assigned, message: `${at}` });
  assert.is((await idle()).length, 25);
  assert.equal(recorder.counts(), { written: 25, limited: 15, dropped: 0, waiting: 0 });
  recorder.close();
});

EVENTS("an API server that is away gets its Events when it is back, the newest count in them", async () => {
  const { recorder, requests, idle, world } = stage(() => {
    throw new ApiError("no answer", { status: 0 });
  });
  recorder.record(assigned);
  await until(() => requests.length >= 2);
  recorder.record(assigned);
  world.answer = () => ({});
  const last = (await idle()).at(-1);
  assert.equal([last?.method, bodyOf(last)["count"]], ["POST", 2]);
  assert.equal(recorder.counts(), { written: 2, limited: 0, dropped: 0, waiting: 0 });
  recorder.close();
});

EVENTS("one that the API server refuses is dropped, said once, and holds back no other", async () => {
  const { recorder, idle, lines } = stage(({ path }) => {
    if (path.includes("gone")) throw new ApiError("namespace is being deleted", { status: 403, reason: "Forbidden" });
  });
  for (const name of ["a", "b", "c"]) recorder.record({ ...assigned, object: { ...web, namespace: "gone", name } });
  recorder.record(assigned);
  await idle();
  assert.equal(recorder.counts(), { written: 1, limited: 0, dropped: 3, waiting: 0 });
  assert.ok(lines.length >= 1 && lines.length <= 2, JSON.stringify(lines));
  recorder.close();
});

EVENTS("however many wait, it keeps so many and takes no longer", async () => {
  const { recorder, requests } = stage(() => new Promise(() => {}));
  for (let at = 0; at < 12_000; at += 1) recorder.record({ ...assigned, object: { ...web, name: `s${at}`, uid: `${at}` } });
  await until(() => requests.length > 0);
  assert.ok(requests.length <= 4);
  assert.is(recorder.counts().dropped, 2_000);
  recorder.close();
  recorder.record(assigned);
  assert.ok(recorder.counts().waiting <= 4, "closed is closed");
});

EVENTS.run();

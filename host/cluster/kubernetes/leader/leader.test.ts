import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FakeClock, settled } from "../../../workbench/testing/fake-clock.ts";
import { type Api, ApiError, type ApiRequest } from "../../api/api.ts";
import { LEASE_NAME, Leader } from "./leader.ts";
import type { Fence } from "./term.ts";

const leader = suite("leader");

interface StoredLease {
  metadata: Record<string, unknown>;
  spec: Record<string, unknown>;
}

/** The leases of an API server, in memory. */
class LeaseServer {
  lease: StoredLease | undefined;
  #version = 0;

  answer({ method, body }: ApiRequest): StoredLease {
    const sent = body as StoredLease | undefined;
    if (method === "POST" && this.lease !== undefined) throw new ApiError("There is one", { status: 409 });
    if (method !== "POST" && this.lease === undefined) throw new ApiError("There is none", { status: 404 });
    if (method === "PUT" && sent?.metadata["resourceVersion"] !== this.lease?.metadata["resourceVersion"]) {
      throw new ApiError("Not that version", { status: 409 });
    }
    if (sent !== undefined) this.put(sent);
    return structuredClone(this.lease as StoredLease);
  }

  put({ metadata, spec }: StoredLease): void {
    this.lease = structuredClone({ metadata: { ...metadata, resourceVersion: String(++this.#version) }, spec });
  }

  edit(change: (lease: StoredLease) => void): void {
    const lease = structuredClone(this.lease as StoredLease);
    change(lease);
    this.put(lease);
  }
}

type Fault = "none" | "silent" | "answer lost" | "answer to a write lost" | "refused" | "late";

/** A candidate with its own way to the server, which can be cut. */
function candidate(server: LeaseServer, clock: FakeClock, name: string, more: { work?: () => Promise<() => Promise<void>> } = {}) {
  const told: string[] = [];
  const done: string[] = [];
  let fence: Fence | undefined;
  const self = {
    told,
    done,
    fault: "none" as Fault,
    mayWrite: () => fence?.mayWrite() ?? false,
    fence: () => fence as Fence,
    leader: undefined as unknown as Leader,
  };
  /** Nothing for as long as it was asked to wait; then the answer, if there is one. */
  const silence = (request: ApiRequest, answer?: () => unknown) =>
    new Promise<never>((resolve, reject) => {
      const fail = () => reject(request.signal?.aborted ? request.signal.reason : new ApiError("Timed out", { status: 0 }));
      clock.after(request.timeoutMs ?? 10_000, () => (answer === undefined ? fail() : resolve(answer() as never)));
      request.signal?.addEventListener("abort", fail);
    });
  const api: Api = {
    request: async <Answer>(request: ApiRequest): Promise<Answer> => {
      if (self.fault === "silent") return await silence(request);
      if (self.fault === "refused") throw new ApiError("Cannot connect", { status: 0 });
      if (self.fault === "late" && request.method === "PUT") return await silence(request, () => server.answer(request));
      const answer = server.answer(request) as Answer;
      const isLost = self.fault === "answer lost" || (self.fault === "answer to a write lost" && request.method !== "GET");
      if (isLost) throw new ApiError("Connection reset", { status: 0 });
      return answer;
    },
    stream: () => Promise.reject(new Error("Not here")),
    cutOff: () => undefined,
    close: () => void done.push("api closed"),
  };
  const log = (message: string, fields?: Readonly<Record<string, unknown>>) =>
    void told.push(`${message}${fields?.["reason"] === undefined ? "" : `: ${fields["reason"]}`}`);
  self.leader = new Leader({ api, namespace: "herald", name, clock, log: { info: log, warn: log } });
  self.leader.runAsLeader({
    start: async (given) => {
      fence = given;
      done.push("start");
      const stop = await more.work?.();
      return async () => {
        done.push(given.mayWrite() ? "stop, and may still write" : "stop");
        await stop?.();
      };
    },
    cutOff: () => void done.push("cut off"),
  });
  return self;
}

/** Moves on in small steps, and looks that never two may write; gives when each began and ended to. */
async function watch(clock: FakeClock, forMs: number, candidates: Readonly<Record<string, { mayWrite(): boolean }>>) {
  const turns: string[] = [];
  let writing = "";
  for (const endMs = clock.now() + forMs; clock.now() < endMs; ) {
    await clock.advance(100);
    const now = Object.keys(candidates).filter((name) => candidates[name]?.mayWrite());
    assert.ok(now.length <= 1, `${clock.now()}: ${now} may write at the same time`);
    if (now.join() !== writing) turns.push(`${clock.now()} ${now.join() || "nobody"}`);
    writing = now.join();
  }
  return turns;
}

/** Who, turn by turn. */
const words = (turns: readonly string[]) => turns.map((turn) => turn.split(" ")[1]);

/** When a turn began, in milliseconds. */
const atMs = (turn: string | undefined) => Number(turn?.split(" ")[0]);

leader("the first makes the Lease and leads, the others look on", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  const a = candidate(server, clock, "a");
  await settled();
  const [b, c] = [candidate(server, clock, "b"), candidate(server, clock, "c")];
  assert.equal(await watch(clock, 60_000, { a, b, c }), ["100 a"]);
  assert.equal([a.done, b.done, c.done], [["start"], [], []]);
  const { holderIdentity, renewTime, leaseDurationSeconds, leaseTransitions } = server.lease?.spec ?? {};
  assert.match(String(holderIdentity), /^a_[-0-9a-f]{36}$/);
  assert.match(String(renewTime), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
  assert.equal([leaseDurationSeconds, leaseTransitions, server.lease?.metadata["name"]], [15, 0, LEASE_NAME]);
});

leader("one that took the Lease and was not told sees that it is its own", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  const a = candidate(server, clock, "a");
  a.fault = "answer to a write lost";
  await settled();
  const b = candidate(server, clock, "b");
  await clock.advance(4000);
  assert.match(String(server.lease?.spec["holderIdentity"]), /^a_/);
  assert.is(a.mayWrite(), false, "it does not know since when");
  a.fault = "none";
  assert.equal(words(await watch(clock, 5000, { a, b })), ["a"]);
});

leader("one that hears nothing stops after 10 s, and another begins no earlier than 15 s after the last renewal", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  const a = candidate(server, clock, "a");
  await settled();
  const b = candidate(server, clock, "b");
  await clock.advance(20_000);
  a.fault = "silent";
  const turns = await watch(clock, 30_000, { a, b });
  assert.equal(
    turns.map((turn) => turn.split(" ")[1]),
    ["a", "nobody", "b"],
  );
  const gapMs = atMs(turns[2]) - atMs(turns[1]);
  assert.ok(gapMs >= 4900 && gapMs <= 7600, `${gapMs} ms between them`);
  assert.equal(a.done, ["start", "cut off", "stop"]);
  assert.ok(a.told.some((line) => line === "Not leading any more: No renewal went through for 10 s"));
});

leader("the Lease is given back on close, and taken over within the next look", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  const a = candidate(server, clock, "a");
  await settled();
  const b = candidate(server, clock, "b");
  await clock.advance(20_000);
  await a.leader.close();
  assert.is(server.lease?.spec["holderIdentity"], "");
  assert.equal(a.done, ["start", "stop", "api closed"]);
  const [turn] = await watch(clock, 5000, { a, b });
  assert.ok(atMs(turn) - 20_000 <= 2500, turn);
  assert.is(server.lease?.spec["leaseTransitions"], 1);
});

leader("the Lease is not given back while a write has no answer", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  const a = candidate(server, clock, "a");
  await clock.advance(3000);
  a.fence().noteUnanswered();
  await a.leader.close();
  assert.match(String(server.lease?.spec["holderIdentity"]), /^a_/);
  const b = candidate(server, clock, "b");
  await clock.advance(3000);
  b.fence()?.noteUnanswered();
  await clock.advance(30_000);
  b.fence().noteUnanswered();
  await clock.advance(5000);
  await b.leader.close();
  assert.is(server.lease?.spec["holderIdentity"], "", "it is over for certain after 5 s");
});

leader("a renewal counts from its start: an answer that comes late does not make up for lost time", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  const a = candidate(server, clock, "a");
  await clock.advance(1000);
  a.fault = "late";
  await clock.advance(6000);
  a.fault = "none";
  assert.equal((await watch(clock, 20_000, { a })).length, 1, "5 s late is in time");
  a.fault = "late";
  assert.equal(words(await watch(clock, 20_000, { a })), ["a", "nobody"], "twice in a row is not");
});

leader("a process that was stopped does not lead when it goes on, whatever it was about to do", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  const a = candidate(server, clock, "a");
  await clock.advance(5000);
  const first = a.fence();
  assert.ok(first.mayWrite());
  const goOn = jump(clock, 10_000);
  assert.not(first.mayWrite(), "no timer has run yet");
  await goOn();
  assert.equal(a.done.slice(0, 3), ["start", "cut off", "stop"]);
  await clock.advance(30_000);
  assert.not(first.mayWrite());
  assert.ok(a.fence() !== first && a.mayWrite(), "it leads anew, from the beginning");
});

leader("an answer that was lost, and a label that somebody sets, do not end it", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  const a = candidate(server, clock, "a");
  await clock.advance(1000);
  a.fault = "answer lost";
  await clock.advance(3000);
  a.fault = "none";
  await clock.advance(3000);
  server.edit(({ metadata }) => (metadata["labels"] = { by: "somebody" }));
  assert.equal(await watch(clock, 60_000, { a }), [`${clock.now() - 59_900} a`]);
  assert.equal(a.done, ["start"]);
  assert.equal(server.lease?.metadata["labels"], { by: "somebody" });
});

leader("who finds another in the Lease stops at once", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  const a = candidate(server, clock, "a");
  await clock.advance(1000);
  server.edit(({ spec }) => (spec["holderIdentity"] = "somebody"));
  await clock.advance(2500);
  assert.equal(a.done, ["start", "cut off", "stop"]);
  assert.ok(a.told.includes("Not leading any more: somebody has the Lease"));
});

leader("a holder with a wrong date, and one that wants longer than we do, keep the Lease as long as they renew it", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  server.put({ metadata: {}, spec: { holderIdentity: "other", renewTime: "1990-01-01T00:00:00.000000Z", leaseDurationSeconds: 40 } });
  const a = candidate(server, clock, "a");
  for (let at = 0; at < 5; at++) {
    await clock.advance(30_000);
    server.edit(({ spec }) => (spec["renewTime"] = `1990-01-01T00:00:0${at}.000001Z`));
    assert.not(a.mayWrite());
  }
  await clock.advance(38_000);
  assert.not(a.mayWrite());
  await clock.advance(8000);
  assert.ok(a.mayWrite());
});

leader("of three that reach for a Lease that ran out, one has it", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  server.put({ metadata: {}, spec: { holderIdentity: "gone", leaseDurationSeconds: 15 } });
  const [a, b, c] = [candidate(server, clock, "a"), candidate(server, clock, "b"), candidate(server, clock, "c")];
  const turns = await watch(clock, 60_000, { a, b, c });
  assert.is(turns.length, 1);
  assert.ok(atMs(turns[0]) >= 15_000 && atMs(turns[0]) <= 15_600, turns[0]);
});

leader("an API server that is away costs the leader its place, and one leads again when it is back", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  const [a, b] = [candidate(server, clock, "a"), candidate(server, clock, "b")];
  await clock.advance(5000);
  a.fault = b.fault = "refused";
  const away = await watch(clock, 3_600_000, { a, b });
  assert.is(words(away).at(-1), "nobody");
  assert.ok(a.told.length + b.told.length < 10, "an hour is not said every 2 s");
  a.fault = b.fault = "none";
  const back = await watch(clock, 30_000, { a, b });
  assert.is(back.length, 1);
});

leader("work that cannot begin leaves the Lease to run out, and is tried again", async () => {
  const clock = new FakeClock();
  const server = new LeaseServer();
  let tries = 0;
  const work = async () => {
    if (++tries === 1) throw new Error("No such namespace");
    return async () => undefined;
  };
  const a = candidate(server, clock, "a", { work });
  await clock.advance(30_000);
  assert.is(tries, 2);
  assert.ok(a.told.includes("Not leading any more: No such namespace"));
  assert.ok(a.mayWrite());
});

/** What SIGSTOP does: time passes, and no timer runs before the function that this gives is called. */
function jump(clock: FakeClock, byMs: number): () => Promise<void> {
  const startMs = clock.now();
  const now = clock.now.bind(clock);
  clock.now = () => Math.max(now(), startMs + byMs);
  return () => clock.advance(byMs);
}

leader.run();

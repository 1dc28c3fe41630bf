import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FakeClock } from "../../../workbench/testing/fake-clock.ts";
import { recordedLog } from "../../../workbench/testing/log.ts";
import { type Api, ApiError, type ApiRequest } from "../../api/api.ts";
import { SpeakerLease } from "./speaker-lease.ts";
import { readWords, SPEAKER_KEY } from "./speaker-words.ts";

const lease = suite("speaker-lease");

const NAME = "herald-speaker-node-a";

interface Stored {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** One Lease and one Node of an API server, in memory. */
class Server {
  stored: Stored | undefined;
  /** Times of what was written. */
  readonly writtenAtMs: number[] = [];
  isAway = false;
  nodeUid = "node-1";
  readonly #clock: FakeClock;
  #version = 0;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  answer({ method, path, body }: ApiRequest): unknown {
    if (this.isAway) throw new ApiError("Away", { status: 0 });
    if (path === "/api/v1/nodes/node-a") return { metadata: { uid: this.nodeUid } };
    if (method === "POST" && this.stored !== undefined) throw new ApiError("There is one", { status: 409 });
    if (method !== "POST" && this.stored === undefined) throw new ApiError("There is none", { status: 404 });
    if (method !== "GET") this.#write(method, body as Stored);
    return structuredClone(this.stored);
  }

  #write(method: string, { metadata, spec }: Stored): void {
    const isOther = metadata["resourceVersion"] !== this.stored?.metadata["resourceVersion"];
    if (method === "PUT" && isOther) throw new ApiError("Changed since", { status: 409 });
    this.stored = structuredClone({ metadata: { ...metadata, resourceVersion: String(++this.#version) }, spec });
    this.writtenAtMs.push(this.#clock.now());
  }

  words() {
    return readWords((this.stored?.metadata["annotations"] as Record<string, string> | undefined)?.[SPEAKER_KEY], NAME);
  }
}

function speaker(server: Server, clock: FakeClock, podName: string, speakers = 1) {
  const { log, lines } = recordedLog();
  const calls: string[] = [];
  const api: Api = {
    request: async <Answer>(request: ApiRequest) => server.answer(request) as Answer,
    stream: () => Promise.reject(new Error("Not here")),
    cutOff: () => void calls.push("cut off"),
    close: () => void calls.push("closed"),
  };
  const own = new SpeakerLease({
    ...{ api, namespace: "herald", node: "node-a", podName, speakers: () => speakers, log, clock },
    random: () => 0.5,
  });
  own.say({ links: ["eth0"], macs: ["02:00:00:00:00:01"] });
  return { own, lines, calls };
}

lease("is made at once, belongs to the Node, and is renewed each 3 s", async () => {
  const clock = new FakeClock();
  const server = new Server(clock);
  const { own, calls } = speaker(server, clock, "pod-1");
  own.start();
  await clock.advance(10_000);
  assert.equal(server.writtenAtMs, [0, 3000, 6000, 9000]);
  const { metadata, spec } = server.stored as Stored;
  assert.equal(metadata["ownerReferences"], [{ apiVersion: "v1", kind: "Node", name: "node-a", uid: "node-1" }]);
  assert.equal(metadata["labels"], { [SPEAKER_KEY]: "node-a" });
  assert.equal(server.words(), { node: "node-a", links: ["eth0"], macs: ["02:00:00:00:00:01"], isLeaving: false });
  assert.is(spec["leaseDurationSeconds"], 10);
  assert.match(String(spec["holderIdentity"]), /^node-a_pod-1_/);
  await own.close();
  await clock.advance(10_000);
  assert.is(server.writtenAtMs.length, 4);
  assert.is(server.words()?.isLeaving, false);
  assert.equal(calls, ["closed"]);
  assert.is(clock.pending, 0);
});

lease("news is written at once, and then once a second however much there is", async () => {
  const clock = new FakeClock();
  const server = new Server(clock);
  const { own } = speaker(server, clock, "pod-1");
  own.start();
  await clock.advance(2000);
  own.say({ links: ["eth0"], isLeaving: false });
  for (let at = 0; at < 20; at++) {
    own.say({ links: [`lan${at}`] });
    await clock.advance(100);
  }
  assert.equal(server.writtenAtMs, [0, 2000, 3000, 4000]);
  await clock.advance(1000);
  assert.equal(server.words()?.links, ["lan19"]);
  await own.close();
});

lease("is tried on at the same pace while the API server is away, and told once", async () => {
  const clock = new FakeClock();
  const server = new Server(clock);
  server.isAway = true;
  const { own, lines, calls } = speaker(server, clock, "pod-1");
  own.start();
  await clock.advance(60_000);
  own.say({ links: ["eth1"] });
  await clock.advance(60_000);
  assert.is(lines.length, 1);
  assert.ok(calls.length >= 40 && calls.length <= 42, `${calls.length} tries`);
  server.isAway = false;
  await clock.advance(3000);
  assert.equal(server.words()?.links, ["eth1"]);
  await own.close();
});

lease("a successor takes it over as soon as it runs, and keeps what others wrote on it", async () => {
  const clock = new FakeClock();
  const server = new Server(clock);
  const first = speaker(server, clock, "pod-1");
  first.own.start();
  await clock.advance(4000);
  await first.own.close();
  const { metadata, spec } = server.stored as Stored;
  server.stored = { metadata: { ...metadata, labels: { ...(metadata["labels"] as object), mine: "yes" } }, spec };
  server.nodeUid = "node-2";
  const second = speaker(server, clock, "pod-2");
  second.own.start();
  await clock.advance(1000);
  assert.match(String(server.stored?.spec["holderIdentity"]), /^node-a_pod-2_/);
  assert.is(server.stored?.spec["leaseTransitions"], 1);
  assert.equal(server.stored?.metadata["labels"], { [SPEAKER_KEY]: "node-a", mine: "yes" });
  assert.match(JSON.stringify(server.stored?.metadata["ownerReferences"]), /"uid":"node-2"/);
  assert.equal([first.lines, second.lines], [[], []]);
  await second.own.close();
});

lease("two speakers of one node each say so once, and the Lease stays alive", async () => {
  const clock = new FakeClock();
  const server = new Server(clock);
  const both = [speaker(server, clock, "pod-1"), speaker(server, clock, "pod-2")];
  for (const { own } of both) own.start();
  await clock.advance(60_000);
  for (const { own, lines } of both) {
    assert.equal(
      lines.map(({ message }) => message),
      ["Another speaker of this node writes its Lease"],
    );
    await own.close();
  }
  assert.ok(server.writtenAtMs.length >= 20 && server.writtenAtMs.length <= 62, `${server.writtenAtMs.length} writes`);
});

lease("one that was deleted is made again", async () => {
  const clock = new FakeClock();
  const server = new Server(clock);
  const { own, lines } = speaker(server, clock, "pod-1");
  own.start();
  await clock.advance(1000);
  server.stored = undefined;
  await clock.advance(4000);
  assert.is(server.words()?.node, "node-a");
  assert.equal(lines, []);
  await own.close();
});

lease("says that it leaves, with the last write", async () => {
  const clock = new FakeClock();
  const server = new Server(clock);
  const { own } = speaker(server, clock, "pod-1");
  own.start();
  await clock.advance(1000);
  await own.close(true);
  assert.is(server.words()?.isLeaving, true);
});

lease("is renewed less often where there are many speakers, and good for longer", async () => {
  const clock = new FakeClock();
  const server = new Server(clock);
  const { own } = speaker(server, clock, "pod-1", 1000);
  own.start();
  await clock.advance(61_000);
  assert.equal(server.writtenAtMs, [0, 30_000, 60_000]);
  assert.is(server.stored?.spec["leaseDurationSeconds"], 100);
  await own.close();
});

lease.run();

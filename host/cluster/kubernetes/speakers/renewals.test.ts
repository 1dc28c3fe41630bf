/** The renewals of a thousand speakers in ten minutes, as a watch brings them. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { recordedLog } from "../../../workbench/testing/log.ts";
import type { Api } from "../../api/api.ts";
import { Store } from "../../store.ts";
import { KubernetesSource } from "../source.ts";
import { metadataOf, speakerLeaseName } from "./speaker-words.ts";

const renewals = suite("renewals");

const SPEAKERS = 1000;
/** Of each: ten minutes at full pace, which is ten times what so many speakers keep. */
const ROUNDS = 200;
/** Growth that is no leak, in bytes. */
const MOST_GROWTH = 8 << 20;
const BOOKMARK = { metadata: { resourceVersion: "1", annotations: { "k8s.io/initial-events-end": "true" } } };

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
}

/** The events of one speaker, with what a server adds to the object; all but its version and time is always the same. */
function eventsOf(speaker: number): (round: number) => string {
  const node = `node-${speaker}`;
  const words = metadataOf({ node, links: ["eth0"], macs: [`02:00:00:00:00:${(speaker % 100) + 10}`], isLeaving: false });
  const fields = { "f:metadata": { "f:annotations": { ".": {}, "f:herald.dev/speaker": {} }, "f:ownerReferences": { ".": {} } } };
  const metadata = {
    ...{ name: speakerLeaseName(node), namespace: "herald", uid: node, resourceVersion: "@version", ...words },
    ownerReferences: [{ apiVersion: "v1", kind: "Node", name: node, uid: node }],
    managedFields: [{ manager: "herald-speaker", operation: "Update", apiVersion: "coordination.k8s.io/v1", fieldsV1: fields }],
  };
  const spec = { holderIdentity: `${node}_1`, leaseDurationSeconds: 100, renewTime: "2026-01-01T00:00:00.@round" };
  const object = { kind: "Lease", apiVersion: "coordination.k8s.io/v1", metadata, spec };
  const [before, between, after] = `${JSON.stringify({ type: "MODIFIED", object })}\n`.split(/@version|@round/);
  return (round) => `${before}${round * SPEAKERS + speaker + 2}${between}${round + 100_000}Z${after}`;
}

/** An API server of which Leases are all that there is; it goes on after the first round when told to, and resolves `done` when all is taken. */
function createServer() {
  const bookmark = Buffer.from(`${JSON.stringify({ type: "BOOKMARK", object: BOOKMARK })}\n`);
  const events = Array.from({ length: SPEAKERS }, (_, speaker) => eventsOf(speaker));
  let begin = (): void => {};
  let end = (): void => {};
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const done = new Promise<void>((resolve) => (end = resolve));
  async function* leases(): AsyncGenerator<Uint8Array> {
    for (let round = 0; round < ROUNDS; round++) {
      if (round === 1) await begun;
      for (const eventOf of events) yield Buffer.from(eventOf(round));
      if (round === 0) yield bookmark;
    }
    end();
  }
  async function* watch(isOfLeases: boolean, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    if (isOfLeases) yield* leases();
    else yield bookmark;
    await new Promise((resolve) => signal?.addEventListener("abort", resolve));
  }
  const api: Api = {
    request: () => Promise.reject(new Error("Not here")),
    stream: async ({ path, signal }) => watch(path.endsWith("/leases"), signal),
    cutOff: () => {},
    close: () => {},
  };
  return { api, begin, done };
}

renewals("take no memory, and mark nothing", async () => {
  const { api, begin, done } = createServer();
  const store = new Store();
  const source = await KubernetesSource.open({ api, role: "speaker", namespace: "herald", log: recordedLog().log }, store);
  assert.is(source.speakers(), SPEAKERS);
  store.takeDirty();
  let runs = 0;
  store.onDirty(() => (runs += 1));
  collectGarbage();
  const heapBefore = process.memoryUsage().heapUsed;
  const cpuBefore = process.cpuUsage();
  begin();
  await done;
  const { user, system } = process.cpuUsage(cpuBefore);
  collectGarbage();
  const growth = process.memoryUsage().heapUsed - heapBefore;
  console.log(`${((user + system) / (SPEAKERS * (ROUNDS - 1))).toFixed(1)} µs an event, ${(growth / 1024).toFixed(0)} KiB more`);
  assert.ok(growth < MOST_GROWTH, `${growth} bytes`);
  assert.is(runs, 0);
  source.close();
});

renewals.run();

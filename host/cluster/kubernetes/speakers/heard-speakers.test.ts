import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SpeakerFact } from "../../../rules/vocabulary.ts";
import { recordedLog } from "../../../workbench/testing/log.ts";
import { HeardSpeakers } from "./heard-speakers.ts";
import { metadataOf, SPEAKER_KEY, speakerLeaseName } from "./speaker-words.ts";

const heard = suite("heard-speakers");

const WORDS = { links: ["eth0"], macs: ["02:00:00:00:00:01"], isLeaving: false };

/** A cluster in which `node-a` and others renew every 3 s, as far as `cut` lets it be seen. */
function cluster(nodes: readonly string[], more: { durationSeconds?: number; renewMs?: number } = {}) {
  const { durationSeconds = 10, renewMs = 3000 } = more;
  const { log, lines } = recordedLog();
  const facts = new Map<string, SpeakerFact>();
  const self = { nowMs: 0, news: 0, dead: new Set<string>(), isCut: false };
  const speakers = new HeardSpeakers({
    tell: (node, fact) => {
      self.news += 1;
      if (fact === undefined) facts.delete(node);
      else facts.set(node, fact);
    },
    log,
    now: () => self.nowMs,
  });
  const lease = (node: string, words: object = {}, text?: string) => {
    const { labels, annotations } = metadataOf({ node, ...WORDS, ...words });
    const metadata = { name: speakerLeaseName(node), uid: node, resourceVersion: String(self.nowMs), labels };
    const spec = { holderIdentity: `${node}_1`, leaseDurationSeconds: durationSeconds, renewTime: `renewal ${self.nowMs}` };
    return { metadata: { ...metadata, annotations: { ...annotations, ...(text === undefined ? {} : { [SPEAKER_KEY]: text }) } }, spec };
  };
  const renewing = () => nodes.filter((node, at) => !self.isCut && !self.dead.has(node) && (self.nowMs + at * 500) % renewMs === 0);
  const pass = (ms: number) => {
    for (const end = self.nowMs + ms; self.nowMs < end; self.nowMs += 500) {
      for (const node of renewing()) speakers.put(lease(node));
      if (self.nowMs % 1000 === 0) speakers.judge();
    }
  };
  const silent = () => [...facts].filter(([, { isSilent }]) => isSilent).map(([node]) => node);
  for (const node of nodes) speakers.put(lease(node));
  return Object.assign(self, { speakers, facts, lines, lease, pass, silent });
}

heard("a Lease gives a fact, its change another one, and its end none", () => {
  const { speakers, facts, lease } = cluster(["node-a"]);
  assert.equal(facts.get("node-a"), { ...WORDS, isSilent: false });
  speakers.put(lease("node-a", { isLeaving: true, links: [], macs: [] }));
  assert.equal(facts.get("node-a"), { links: [], macs: [], isLeaving: true, isSilent: false });
  speakers.remove({ name: speakerLeaseName("node-a") });
  assert.is(facts.size, 0);
});

heard("a renewal is no news", () => {
  const all = cluster(["node-a", "node-b"]);
  const before = all.news;
  all.pass(60_000);
  assert.is(all.news, before);
});

heard("who does not renew for 15 s while another does is silent, and not any more with the next renewal", () => {
  const all = cluster(["node-a", "node-b", "node-c"]);
  all.pass(30_000);
  all.dead.add("node-b");
  all.pass(14_000);
  assert.equal(all.silent(), []);
  all.pass(5000);
  assert.equal(all.silent(), ["node-b"]);
  assert.is(all.speakers.count(), 2);
  all.speakers.put(all.lease("node-b"));
  assert.equal(all.silent(), []);
});

heard("of two, one that still renews is enough", () => {
  const all = cluster(["node-a", "node-b"]);
  all.pass(10_000);
  all.dead.add("node-b");
  all.pass(20_000);
  assert.equal(all.silent(), ["node-b"]);
});

heard("where nobody renews nobody falls silent, and everybody has the full time afterwards", () => {
  const all = cluster(["node-a", "node-b", "node-c"]);
  all.pass(30_000);
  all.isCut = true;
  all.pass(60_000);
  assert.equal(all.silent(), []);
  // The first of a burst comes before the others.
  all.speakers.put(all.lease("node-a"));
  all.speakers.judge();
  assert.equal(all.silent(), []);
  all.isCut = false;
  all.dead.add("node-c");
  all.pass(14_000);
  assert.equal(all.silent(), []);
  all.pass(4000);
  assert.equal(all.silent(), ["node-c"]);
});

heard("no gap of any length makes a living speaker silent", () => {
  for (let gapMs = 500; gapMs <= 40_000; gapMs += 500) {
    const all = cluster(["node-a", "node-b", "node-c"]);
    all.pass(30_000 + (gapMs % 3000));
    all.isCut = true;
    all.pass(gapMs);
    all.isCut = false;
    all.speakers.put(all.lease("node-a"));
    all.pass(30_000);
    // Every silence is news, its end too: the first words were all.
    assert.is(all.news, 3, `${gapMs} ms`);
  }
});

heard("one that was silent stays so while nobody renews", () => {
  const all = cluster(["node-a", "node-b"]);
  all.dead.add("node-b");
  all.pass(30_000);
  all.isCut = true;
  all.pass(60_000);
  assert.equal(all.silent(), ["node-b"]);
});

heard("a Lease that is good for longer is given longer", () => {
  const all = cluster(["node-a", "node-b"], { durationSeconds: 100, renewMs: 30_000 });
  all.pass(120_000);
  all.dead.add("node-b");
  all.pass(140_000);
  assert.equal(all.silent(), []);
  all.pass(40_000);
  assert.equal(all.silent(), ["node-b"]);
});

heard("a change by somebody else is no renewal", () => {
  const all = cluster(["node-a", "node-b"]);
  const old = all.lease("node-b");
  all.dead.add("node-b");
  for (let second = 0; second < 20; second++) {
    all.pass(1000);
    all.speakers.put({ ...old, metadata: { ...old.metadata, resourceVersion: `${second}` } });
  }
  assert.equal(all.silent(), ["node-b"]);
});

heard("words that make no sense change nothing, and are told once", () => {
  const all = cluster(["node-a"]);
  for (const text of ["{", "[]", "{"]) all.speakers.put(all.lease("node-a", {}, text));
  assert.equal(all.facts.get("node-a"), { ...WORDS, isSilent: false });
  assert.equal(
    all.lines.map(({ fields }) => fields["lease"]),
    ["herald-speaker-node-a"],
  );
  all.speakers.put(all.lease("node-a", { isLeaving: true }));
  assert.is(all.facts.get("node-a")?.isLeaving, true);
});

heard("nothing of what a Lease has is trusted", () => {
  const all = cluster(["node-a"]);
  for (const spec of [
    undefined,
    null,
    5,
    {},
    { renewTime: {}, leaseDurationSeconds: "x", holderIdentity: 5 },
    { leaseDurationSeconds: 1e300 },
  ]) {
    all.speakers.put({ metadata: { name: "herald-speaker-x", uid: "x", resourceVersion: "1" }, spec });
    all.speakers.put({ metadata: { name: "herald-speaker-y", uid: "y", resourceVersion: "1", annotations: 5 }, spec });
  }
  all.speakers.judge();
  assert.equal([...all.facts.keys()], ["node-a"]);
});

heard.run();

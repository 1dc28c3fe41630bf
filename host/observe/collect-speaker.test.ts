import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcer } from "../announcer.ts";
import { Lane } from "../reconcile/lane.ts";
import { FakeClock } from "../workbench/testing/fake-clock.ts";
import { FakeStandings } from "../workbench/testing/fake-standings.ts";
import { collectSpeaker } from "./collect-speaker.ts";
import { createMetrics } from "./metrics.ts";
import type { SpeakerParts } from "./status.ts";

const speaker = suite("metrics of a speaker's parts");

const starting = { node: "a", version: "", reads: "", isController: false, startedAtMs: 0, isReady: false, announcers: [] };

type Run = SpeakerParts["announcers"][number];

/** An announcer in its lane that has been told these rows; `refuse` gives why one is not taken. */
async function run(
  name: string,
  kind: string,
  vips: readonly string[],
  refuse: (vip: string) => string | undefined = () => undefined,
  members?: readonly string[],
) {
  const lane = new Lane({ name, clock: new FakeClock() });
  const row = { family: 4, links: null, services: ["shop/web", "shop/mail"], attributes: {} } as const;
  for (const vip of vips) lane.desire(vip, { ...row, vip, ...(members && { succession: { group: vip, members, isSticky: false } }) });
  const announcer: Announcer = {
    apply: async ({ added }) => added.flatMap(({ vip }) => ({ vip, reason: refuse(vip) ?? "" })).filter(({ reason }) => reason !== ""),
    stop: async () => {},
  };
  await lane.start(announcer);
  await new Promise((done) => setImmediate(done));
  return { lane, kind, restarts: 2, plugin: { name, announcer, program: undefined } } as unknown as Run & { plugin: object };
}

async function told(parts: SpeakerParts, name: string) {
  const metrics = createMetrics();
  collectSpeaker(metrics, parts);
  return (await metrics.samples())
    .filter((sample) => sample.name === name)
    .map(({ labels, value }) => [Object.values(labels).join(" "), value]);
}

speaker("before there are parts it is not ready, and has no configuration", async () => {
  assert.equal(await told(starting, "herald_ready"), [["", 0]]);
  assert.equal(await told(starting, "metallb_k8s_client_config_loaded_bool"), [["", 0]]);
  assert.equal(await told({ ...starting, source: { problems: () => [] } }, "metallb_k8s_client_config_loaded_bool"), [["", 1]]);
});

speaker("each Service of an announced address is told, by MetalLB's word for the protocol", async () => {
  const announcers = [
    await run("arp", "L2Advertisement", ["192.0.2.1", "192.0.2.2"], (vip) => (vip === "192.0.2.2" ? "no" : undefined)),
    await run("bgp", "BGPAdvertisement", ["192.0.2.3"]),
  ];
  assert.equal(await told({ ...starting, announcers }, "metallb_speaker_announced"), [
    ["shop/web layer2 a 192.0.2.1", 1],
    ["shop/mail layer2 a 192.0.2.1", 1],
    ["shop/web bgp a 192.0.2.3", 1],
    ["shop/mail bgp a 192.0.2.3", 1],
  ]);
});

speaker("what this node only stands by for is not announced, and VIP groups are counted by what it is to them", async () => {
  const standings = new FakeStandings();
  const arp = await run("arp", "L2Advertisement", ["192.0.2.1", "192.0.2.2"], undefined, ["node-a", "a"]);
  const parts = { ...starting, announcers: [arp], standings };
  standings.set("192.0.2.1", "owner");
  standings.set("192.0.2.2", "heir");
  const announced = async () => (await told(parts, "metallb_speaker_announced")).map(([labels]) => labels);
  assert.equal(await announced(), ["shop/web layer2 a 192.0.2.1", "shop/mail layer2 a 192.0.2.1"]);
  assert.equal(await told(parts, "herald_vip_groups"), [
    ...[
      ["owner", 1],
      ["heir", 1],
      ["asking", 0],
      ["holding", 0],
      ["leaving", 0],
      ["isolated", 0],
    ],
  ]);
});

speaker("refused rows are counted by reason, without what is only of one row", async () => {
  const refuse = (vip: string) => (vip.endsWith("9") ? "table_full" : `The next hop of ${vip} is not "eth0", try 17 others`);
  const announcers = [await run("arp", "L2Advertisement", ["192.0.2.1", "192.0.2.2", "192.0.2.9"], refuse)];
  assert.equal(await told({ ...starting, announcers }, "herald_announcer_refused_rows"), [
    ["arp The next hop of … is not …, try … others", 2],
    ["arp table_full", 1],
  ]);
});

speaker("an announcer with a new reason for each row has twenty of them and others", async () => {
  const vips = Array.from({ length: 30 }, (_, at) => `192.0.2.${at + 1}`);
  const announcers = [await run("odd", "Advertisement", vips, (vip) => `because ${"x".repeat(Number(vip.split(".")[3]))}`)];
  const found = await told({ ...starting, announcers }, "herald_announcer_refused_rows");
  assert.is(found.length, 21);
  assert.equal(found.at(-1), ["odd other", 10]);
});

speaker("a packet worker that is lost costs what only it knows", async () => {
  const lost = () => Promise.reject(new Error("The packet worker has stopped"));
  const network = { packets: { statistics: lost } } as unknown as NonNullable<SpeakerParts["network"]>;
  const metrics = createMetrics();
  collectSpeaker(metrics, { ...starting, network, isReady: true });
  assert.ok((await metrics.samples()).some(({ name, value }) => name === "herald_ready" && value === 1));
});

speaker("an API server is told by how each resource is followed", async () => {
  const state = {
    type: "v1/Service",
    isSynced: true,
    isFollowing: false,
    isAbsent: false,
    objects: 3,
    relists: 1,
    expired: 2,
    reconnects: 4,
  };
  const more = { parseErrors: 5, sinkErrors: 6, failures: 1, lastError: "gone", lastEventMs: undefined, lastBookmarkMs: undefined };
  const watches = () => [{ ...state, ...more, lastByteMs: Date.now() - 90_000 }];
  const parts = { ...starting, source: { problems: () => [], watches } };
  const value = async (name: string) => (await told(parts, name))[0]?.[1] as number;
  assert.equal(await told(parts, "herald_source_following"), [["v1/Service", 0]]);
  const values = ["synced", "objects", "relists_total", "expired_total", "reconnects_total", "errors_total"];
  assert.equal(await Promise.all(values.map((name) => value(`herald_source_${name}`))), [1, 3, 1, 2, 4, 11]);
  const silence = await value("herald_source_silence_seconds");
  assert.ok(silence >= 90 && silence < 150, `${silence} s`);
});

speaker.run();

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Close, type Context, definePlugin, type Link, type RouterAdvertisement } from "../../host/announcer.ts";
import { codecs } from "../../host/sandbox/powers/codecs.ts";
import { createStage } from "../../host/workbench/conformance/stage.ts";
import { FakeClock, settled } from "../../host/workbench/testing/fake-clock.ts";
import { testLink } from "../../host/workbench/testing/links.ts";
import { neighborPermission, watchNeighbor } from "./unnumbered.ts";

const unnumbered = suite("bgp unnumbered");

const OWN = "02:00:00:00:00:00";
const { encode, decode } = codecs("router-advertisement");
const solicitations = codecs("router-solicitation");

/** What a router on the link sends. */
function advertisement(number: number, fields: Partial<RouterAdvertisement> = {}): Uint8Array {
  const mac = `02:00:00:00:00:${number.toString(16).padStart(2, "0")}`;
  return encode({
    ...{ destination: "33:33:00:00:00:01", source: mac, destinationAddress: "ff02::1", sourceAddress: `fe80::${number.toString(16)}` },
    ...{ currentHopLimit: 64, flags: 0, routerLifetime: 0, reachableTime: 0, retransTimer: 0 },
    ...{ sourceLinkLayerAddress: mac, otherOptionBytes: 0, trailingBytes: 0 },
    ...fields,
  });
}

const solicitation = solicitations.encode({
  ...{ destination: "33:33:00:00:00:02", source: "02:00:00:00:00:0b", destinationAddress: "ff02::2", sourceAddress: "::" },
  ...{ sourceLinkLayerAddress: "00:00:00:00:00:00", otherOptionBytes: 0, trailingBytes: 0 },
});

/** A plugin that watches `eth0`, with a clock to move. */
async function watching({ permission = neighborPermission("eth0"), addresses = ["2001:db8::1", "fe80::ffff"] } = {}) {
  const stage = createStage(["eth0"]);
  const clock = new FakeClock();
  const heard: (string | undefined)[] = [];
  const sent: { atMs: number; kind: string; fields: object }[] = [];
  stage.segment.onFrame((frame, link) => {
    if (link !== "eth0") return;
    const [found, asked] = [decode(frame), solicitations.decode(frame)];
    if (found.ok) sent.push({ atMs: clock.now(), kind: "advertisement", fields: found.fields });
    if (asked.ok) sent.push({ atMs: clock.now(), kind: "solicitation", fields: asked.fields });
  });
  const withAddresses = (links: readonly Link[]) =>
    links.map((link) => ({ ...link, addresses: addresses.map((address) => ({ address, prefixLength: 64 })) }));
  let close: Close = () => {};
  const start = async (given: Context) => {
    const links = { ...given.links, watch: (call: (all: readonly Link[]) => void) => given.links.watch((all) => call(withAddresses(all))) };
    close = watchNeighbor({ ...given, clock, links }, "eth0", (address) => heard.push(address));
    return { apply: async () => [], stop: async () => {} };
  };
  const running = await stage.start(
    definePlugin({
      ...{ name: "unnumbered", api: 1, from: "every-node", serves: { kind: "BGPAdvertisement", families: [4, 6] } },
      ...{ config: {}, example: {}, permissions: () => [permission], start },
    }),
  );
  await settled();
  const times = () => sent.filter(({ kind }) => kind === "advertisement").map(({ atMs }) => atMs);
  return { stage, clock, heard, sent, times, running, close: () => close(), hear: (frame: Uint8Array) => stage.segment.transmit(frame) };
}

unnumbered("asks at once, and advertises itself as nobody's default router, after a second and then every 7.5 to 10 s", async () => {
  const { stage, clock, sent, times } = await watching();
  const from = { source: OWN, sourceAddress: "fe80::ffff", sourceLinkLayerAddress: OWN, otherOptionBytes: 0, trailingBytes: 0 };
  assert.equal(sent, [
    { atMs: 0, kind: "solicitation", fields: { destination: "33:33:00:00:00:02", destinationAddress: "ff02::2", ...from } },
  ]);
  await clock.advance(1000);
  const fields = { currentHopLimit: 0, flags: 0, routerLifetime: 0, reachableTime: 0, retransTimer: 0 };
  const all = { destination: "33:33:00:00:00:01", destinationAddress: "ff02::1" };
  assert.equal(sent[1], { atMs: 1000, kind: "advertisement", fields: { ...all, ...from, ...fields } });
  await clock.advance(600_000);
  const gaps = times()
    .map((atMs, index, all) => atMs - (all[index - 1] ?? 0))
    .slice(1);
  assert.ok(gaps.length >= 60 && gaps.length <= 80, `${gaps.length}`);
  assert.ok(Math.min(...gaps) >= 7500 && Math.max(...gaps) <= 10_000);
  assert.ok(new Set(gaps).size > gaps.length / 2, "not in step");
  await stage.end();
});

unnumbered("takes who is heard first, with its zone, keeps it, and warns once of others", async () => {
  const { stage, clock, heard, hear } = await watching();
  for (let second = 0; second < 20; second++) {
    for (const number of [0x20, 0x30, 0x1f]) hear(advertisement(number));
    await clock.advance(1000);
  }
  assert.equal(heard, ["fe80::20%eth0"]);
  const warnings = stage.lines.filter(({ level }) => level === "warn");
  assert.is(warnings.length, 1);
  assert.match(String(warnings[0]?.message), "more than one router on the link");
  assert.is(warnings[0]?.fields["taken"], "fe80::20");
  await stage.end();
});

unnumbered("takes the lowest address of the others when the neighbor falls silent", async () => {
  const { stage, clock, heard, hear } = await watching();
  hear(advertisement(0x20));
  await clock.advance(10_000);
  for (const number of [0x30, 0x1f, 0x2f]) hear(advertisement(number));
  await clock.advance(20_000);
  assert.equal(heard, ["fe80::20%eth0", "fe80::1f%eth0"]);
  await clock.advance(10_000);
  assert.equal(heard, ["fe80::20%eth0", "fe80::1f%eth0", undefined]);
  await stage.end();
});

unnumbered("forgets who has been silent for 30 s, or for its own lifetime where that is longer", async () => {
  const { stage, clock, heard, hear } = await watching();
  hear(advertisement(1));
  await clock.advance(29_999);
  hear(advertisement(1));
  await clock.advance(29_999);
  assert.equal(heard, ["fe80::1%eth0"]);
  await clock.advance(1);
  assert.equal(heard, ["fe80::1%eth0", undefined]);
  hear(advertisement(2, { routerLifetime: 1800 }));
  await clock.advance(1_799_999);
  assert.equal(heard.slice(2), ["fe80::2%eth0"]);
  await clock.advance(1);
  assert.equal(heard.slice(3), [undefined]);
  await stage.end();
});

unnumbered("does not take itself, nor what is not valid, for a neighbor", async () => {
  const { stage, heard, hear } = await watching();
  hear(advertisement(0));
  hear(advertisement(9, { sourceAddress: "fe80::ffff" }));
  const forwarded = advertisement(3);
  forwarded[21] = 254;
  hear(forwarded);
  hear(advertisement(3).subarray(0, 60));
  hear(solicitation);
  assert.equal(heard, []);
  await stage.end();
});

unnumbered("answers a solicitation within half a second, and never sends twice in 3 s", async () => {
  const { stage, clock, times, hear } = await watching();
  hear(solicitation);
  await clock.advance(500);
  assert.is(times().length, 1);
  for (let ms = 0; ms < 60_000; ms += 100) {
    hear(solicitation);
    await clock.advance(100);
  }
  const gaps = times()
    .slice(1)
    .map((atMs, index) => atMs - (times()[index] as number));
  assert.ok(Math.min(...gaps) >= 3000 && Math.max(...gaps) < 3700, String(gaps));
  await stage.end();
});

unnumbered("whoever invents routers fills no memory, and does not take the neighbor's place", async () => {
  const { stage, clock, heard, hear, running } = await watching();
  hear(advertisement(2, { sourceAddress: "fe80::8000" }));
  for (let number = 1; number < 0xffff; number += 97) hear(advertisement(1, { sourceAddress: `fe80::${number.toString(16)}` }));
  hear(advertisement(2, { sourceAddress: "fe80::8000" }));
  await clock.advance(29_999);
  assert.equal(heard, ["fe80::8000%eth0"]);
  await clock.advance(1);
  assert.is(heard.at(-1), undefined);
  assert.is(running.open, 2, "a socket, and the watch of the links");
  await stage.end();
});

unnumbered("follows a link that goes and comes back, as another one too", async () => {
  const { stage, clock, heard, sent, hear } = await watching();
  hear(advertisement(1));
  stage.links.set([testLink("eth0", { up: false })]);
  await clock.advance(60_000);
  hear(advertisement(1));
  assert.equal(heard, ["fe80::1%eth0", undefined]);
  assert.is(sent.length, 1, "nothing is sent on a link that is down");
  stage.links.set([]);
  await clock.advance(1000);
  stage.links.set([testLink("eth0", { mac: "02:00:00:00:00:77", index: 9 })]);
  await clock.advance(1000);
  hear(advertisement(5));
  assert.equal(heard, ["fe80::1%eth0", undefined, "fe80::5%eth0"]);
  assert.equal(
    sent.slice(1).map(({ kind, fields }) => [kind, (fields as RouterAdvertisement).source]),
    [
      ["solicitation", "02:00:00:00:00:77"],
      ["advertisement", "02:00:00:00:00:77"],
    ],
  );
  assert.is(stage.segment.openPorts, 1);
  await stage.end();
});

unnumbered("waits for a link-local address", async () => {
  const { stage, clock, heard, sent, hear } = await watching({ addresses: ["2001:db8::1", "192.0.2.1"] });
  await clock.advance(20_000);
  hear(advertisement(1));
  assert.equal([heard, sent], [[], []]);
  await stage.end();
});

unnumbered("leaves nothing open when it is closed, and calls back no more", async () => {
  const { stage, clock, heard, sent, hear, close, running } = await watching();
  hear(advertisement(1));
  close();
  close();
  hear(advertisement(2));
  await clock.advance(100_000);
  assert.equal(heard, ["fe80::1%eth0"]);
  assert.equal([sent.length, clock.pending, running.open, stage.segment.openPorts], [1, 0, 0, 0]);
  await stage.end();
});

unnumbered("says why it cannot look, and tries again", async () => {
  const { stage, clock } = await watching({ permission: neighborPermission("eth1") });
  const warnings = () => stage.lines.filter(({ level }) => level === "warn");
  assert.match(String(warnings()[0]?.fields["error"]), /may not use frame "eth0\/0x86dd/);
  await clock.advance(10_000);
  assert.is(warnings().length, 2);
  await stage.end();
});

unnumbered.run();

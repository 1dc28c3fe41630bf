/** ARP on the in-memory wire, with the real packet program: what goes out, and what is said. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SegmentConfig } from "../../host/announcer.ts";
import { arpNeighbor } from "../../host/workbench/conformance/arp-neighbor.ts";
import { noChanges, row, settle } from "../../host/workbench/conformance/play.ts";
import { createStage } from "../../host/workbench/conformance/stage.ts";
import { pause, turns } from "../../host/workbench/conformance/turns.ts";
import { testLink } from "../../host/workbench/testing/links.ts";
import { until } from "../../host/workbench/testing/promises.ts";
import arp from "./plugin.ts";

const plugin = suite("arp plugin");

const VIP = "192.0.2.1";
const OTHER = "192.0.2.2";
const ETH0 = "02:00:00:00:00:00";
const ETH1 = "02:00:00:00:00:01";

async function announcing(config: SegmentConfig = {}, links = ["eth0"]) {
  const stage = createStage(links);
  const neighbor = arpNeighbor(stage);
  const running = await stage.start(arp, config);
  const says = (level: "info" | "warn" | "error") =>
    stage.lines.flatMap((line) => (line.level === level ? [[line.message, line.fields]] : []));
  const apply = (vips: readonly string[], links: readonly string[] | null = null) =>
    settle(running.announcer, { added: vips.map((vip) => ({ ...row(vip), links })) });
  const conflicts = async (vip: string) => (await running.program?.counters())?.get(vip)?.conflicts;
  return { stage, neighbor, announcer: running.announcer, says, apply, conflicts, links: stage.links };
}

plugin("answers once, to the asker alone, with the MAC of the link", async () => {
  const { stage, neighbor, apply } = await announcing();
  await apply([VIP]);
  const [reply, ...more] = await neighbor.ask(VIP);
  assert.equal(more, []);
  assert.is(reply?.mac, ETH0);
  assert.is(reply?.destination, "02:00:00:00:ff:01");
  assert.is((await neighbor.ask(VIP, { senderAddress: "0.0.0.0" })).length, 1, "a probe");
  assert.is((await neighbor.ask(VIP, { destination: ETH0 })).length, 1, "a request to the link alone");
  assert.is((await neighbor.ask(VIP, { destination: "02:00:00:00:00:77" })).length, 0, "a request to another station");
  await stage.end();
});

plugin("announces a VIP in rounds of a request and a reply, and not again when it comes again", async () => {
  const { stage, neighbor, apply, announcer } = await announcing();
  const since = performance.now();
  await apply([VIP]);
  await pause(100);
  const round = [
    { operation: "request", mac: ETH0 },
    { operation: "reply", mac: ETH0 },
  ];
  assert.equal(neighbor.heard(VIP), round);
  await settle(announcer, { changed: [row(VIP, ["default/other"])] });
  await until(() => neighbor.heard(VIP).length > round.length);
  assert.equal(neighbor.heard(VIP), [...round, ...round]);
  assert.ok(performance.now() - since >= 1100, "the second round comes 1.1 s after the first");
  await stage.end();
});

plugin("announces a VIP again as often as it is told to", async () => {
  const { stage, neighbor, apply } = await announcing({ refreshSeconds: 1 });
  await apply([VIP]);
  // The burst at the beginning ends after 4.4 s.
  await pause(5000);
  const heard = neighbor.heard(VIP).length;
  await until(() => neighbor.heard(VIP).length >= heard + 4, 5000);
  await stage.end();
});

plugin("announces on every link, or on those that the row names", async () => {
  const { stage, neighbor, apply } = await announcing({}, ["eth0", "eth1"]);
  await apply([VIP]);
  await apply([OTHER], ["eth1"]);
  await turns();
  assert.equal(new Set(neighbor.heard(VIP).map(({ mac }) => mac)), new Set([ETH0, ETH1]));
  assert.equal(new Set(neighbor.heard(OTHER).map(({ mac }) => mac)), new Set([ETH1]));
  assert.equal(
    (await neighbor.ask(OTHER)).map(({ mac }) => mac),
    [ETH1],
  );
  await stage.end();
});

plugin("announces again on a link that comes, comes up, or has another MAC", async () => {
  const { stage, neighbor, apply, links } = await announcing();
  await apply([VIP]);
  await turns();
  const steps: readonly (readonly [ReturnType<typeof testLink>[], string | undefined])[] = [
    [[testLink("eth0", { up: false })], undefined],
    [[testLink("eth0")], ETH0],
    [[testLink("eth0"), testLink("eth1")], ETH1],
    [[testLink("eth0", { mac: "02:00:00:00:aa:00" }), testLink("eth1")], "02:00:00:00:aa:00"],
    [[testLink("eth1")], undefined],
  ];
  for (const [now, announced] of steps) {
    const heard = neighbor.heard(VIP).length;
    links.set(now);
    await turns();
    const macs = neighbor.heard(VIP).slice(heard);
    if (announced === undefined) assert.equal(macs, []);
    else
      assert.ok(
        macs.some(({ mac }) => mac === announced),
        `announced with ${announced}`,
      );
  }
  assert.equal(
    (await neighbor.ask(VIP)).map(({ mac }) => mac),
    [ETH1],
  );
  await stage.end();
});

plugin("says on which links it answers, each time that changes", async () => {
  const { stage, says, links } = await announcing();
  links.set([testLink("eth0"), testLink("veth7"), testLink("eth1")]);
  links.set([testLink("eth0"), testLink("veth8"), testLink("eth1", { up: false })]);
  await turns();
  assert.equal(says("info"), [
    ["Answering on links", { plugin: "arp", links: ["eth0"] }],
    ["Answering on links", { plugin: "arp", links: ["eth0", "eth1"] }],
  ]);
  assert.equal(says("warn"), []);
  await stage.end();
});

plugin("says why it answers on none, and waits", async () => {
  const stage = createStage(["eth0"]);
  const docker = testLink("docker0");
  stage.links.set([testLink("lo", { loopback: true }), docker, testLink("eth0", { masterIndex: docker.index })]);
  const { announcer } = await stage.start(arp, {});
  const neighbor = arpNeighbor(stage);
  const links = ["docker0: excluded by docker*", "eth0: a port of docker0", "lo: a loopback"];
  assert.equal(stage.lines, [{ level: "warn", message: "No interface to announce on; waiting for one", fields: { plugin: "arp", links } }]);
  await settle(announcer, { added: [row(VIP)] });
  assert.is(await neighbor.knows(VIP), false);
  stage.links.set([testLink("eth0")]);
  await turns();
  assert.is(await neighbor.knows(VIP), true);
  await stage.end();
});

plugin("says which interfaces were asked for in vain, why, and which there are", async () => {
  const { stage, says, links } = await announcing({ interfaces: ["eth7", "eth0", "lo"] });
  const missing = "Cannot announce on every interface that was asked for; waiting";
  assert.equal(says("warn"), [[missing, { plugin: "arp", missing: ["eth7: does not exist", "lo: does not exist"], existing: ["eth0"] }]]);
  links.set([testLink("eth0"), testLink("lo", { loopback: true }), testLink("eth7")]);
  await turns();
  assert.equal(says("warn").slice(1), [[missing, { plugin: "arp", missing: ["lo: a loopback"], existing: ["eth0", "eth7"] }]]);
  assert.equal(says("info").at(-1), ["Answering on links", { plugin: "arp", links: ["eth0", "eth7"] }]);
  await stage.end();
});

plugin("answers on an interface that was asked for though a pattern excludes it, and on no other", async () => {
  const { stage, neighbor, apply } = await announcing({ interfaces: ["veth1"] }, ["eth0", "veth1"]);
  await apply([VIP]);
  assert.equal(
    (await neighbor.ask(VIP)).map(({ mac }) => mac),
    [ETH1],
  );
  await stage.end();
});

plugin("asks for the interfaces that it was told, else for all", () => {
  assert.equal(arp.permissions({ interfaces: ["eth0", "eth1"] }), [
    { kind: "frame", link: "eth0", etherType: 0x0806 },
    { kind: "frame", link: "eth1", etherType: 0x0806 },
  ]);
  assert.equal(arp.permissions({}), [{ kind: "frame", link: "*", etherType: 0x0806 }]);
  assert.equal(arp.permissions({ interfaces: [] }), [{ kind: "frame", link: "*", etherType: 0x0806 }]);
});

plugin("counts and tells who else announces a VIP, and goes on answering", async () => {
  const { stage, neighbor, apply, conflicts } = await announcing();
  await apply([VIP]);
  neighbor.claim(VIP, "02:00:00:00:00:99");
  neighbor.claim(OTHER, "02:00:00:00:00:99");
  await turns();
  assert.equal(stage.conflicts, [{ kind: "conflict", address: VIP, link: "eth0", mac: "02:00:00:00:00:99", heldBack: 0 }]);
  assert.is(await conflicts(VIP), 1);
  assert.is(await neighbor.knows(VIP), true);
  await stage.end();
});

plugin("counts also the conflicts that were held back", async () => {
  const { stage, neighbor, apply, conflicts } = await announcing();
  await apply([VIP]);
  for (let more = 4; more > 0; more--) neighbor.claim(VIP);
  await turns();
  await pause(1100);
  neighbor.claim(VIP);
  await turns();
  assert.equal(
    stage.conflicts.map(({ heldBack }) => heldBack),
    [0, 3],
  );
  assert.is(await conflicts(VIP), 5);
  await stage.end();
});

plugin("refuses a row that is no IPv4 address, and takes the others", async () => {
  const { stage, neighbor, announcer } = await announcing();
  const refused = await announcer.apply({ ...noChanges, added: [row("2001:db8::1"), row(VIP)] });
  assert.equal(refused, [{ vip: "2001:db8::1", reason: "family" }]);
  assert.is(await neighbor.knows(VIP), true);
  await stage.end();
});

plugin.run();

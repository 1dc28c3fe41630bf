/** NDP on the in-memory wire, with the real packet program: what goes out, which groups are joined, and what is said. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { SegmentConfig } from "../../host/announcer.ts";
import type { MulticastGroups } from "../../host/packets/multicast-groups.ts";
import { startPlugin } from "../../host/sandbox/start-plugin.ts";
import { ndpNeighbor } from "../../host/workbench/conformance/ndp-neighbor.ts";
import { noChanges, row, settle } from "../../host/workbench/conformance/play.ts";
import { createStage } from "../../host/workbench/conformance/stage.ts";
import { pause, turns } from "../../host/workbench/conformance/turns.ts";
import { testLink } from "../../host/workbench/testing/links.ts";
import { until } from "../../host/workbench/testing/promises.ts";
import ndp from "./plugin.ts";

const plugin = suite("ndp plugin");

const VIP = "2001:db8::1";
const OTHER = "2001:db8::2";
const ETH0 = "02:00:00:00:00:00";
const ETH1 = "02:00:00:00:00:01";

async function announcing(config: SegmentConfig = {}, links = ["eth0"]) {
  const stage = createStage(links);
  const neighbor = ndpNeighbor(stage);
  const groups = new RecordedGroups();
  const running = await startPlugin(ndp, config, { ...stage.host, groups: () => groups });
  const says = (level: "info" | "warn" | "error") =>
    stage.lines.flatMap((line) => (line.level === level ? [[line.message, line.fields]] : []));
  const apply = (vips: readonly string[], links: readonly string[] | null = null) =>
    settle(running.announcer, { added: vips.map((vip) => ({ ...row(vip), links })) });
  const end = async () => {
    await running.close();
    await stage.end();
  };
  const conflicts = async (vip: string) => (await running.program?.counters())?.get(vip)?.conflicts;
  return { stage, neighbor, groups, announcer: running.announcer, says, apply, conflicts, links: stage.links, end };
}

/** What is joined: `eth0/1 ff00:1`. */
class RecordedGroups implements MulticastGroups {
  readonly joined = new Map<string, string>();
  /** Links that refuse. */
  readonly refusing = new Set<string>();

  join({ name, index }: { readonly name: string; readonly index: number }, group: Uint8Array): void {
    if (this.refusing.has(name)) throw new Error(`Cannot join an IPv6 group on ${name}: IPv6 is off there`);
    const key = `${index} ${Buffer.from(group).toString("hex")}`;
    assert.not(this.joined.has(key), "it is joined once");
    this.joined.set(key, `${name} ${Buffer.from(group).toString("hex")}`);
  }

  leave(index: number, group: Uint8Array): void {
    assert.ok(this.joined.delete(`${index} ${Buffer.from(group).toString("hex")}`), "what is left was joined");
  }

  close(): void {
    this.joined.clear();
  }

  get all(): string[] {
    return [...this.joined.values()].map((text) => text.replace("ff0200000000000000000001ff", "")).sort();
  }
}

plugin("answers once, to the asker alone, with the MAC of the link", async () => {
  const { neighbor, apply, end } = await announcing();
  await apply([VIP]);
  assert.equal(await neighbor.ask(VIP), [{ mac: ETH0, destination: "02:00:00:00:00:c1" }]);
  assert.is((await neighbor.ask(VIP, { destination: ETH0, destinationAddress: VIP })).length, 1, "a solicitation to the link alone");
  assert.is((await neighbor.ask(VIP, { destination: "02:00:00:00:00:77" })).length, 0, "a solicitation to another station");
  await end();
});

plugin("announces a VIP in rounds, and not again when it comes again", async () => {
  const { neighbor, apply, announcer, end } = await announcing();
  const since = performance.now();
  await apply([VIP]);
  await pause(100);
  assert.equal(neighbor.heard(VIP), [ETH0]);
  await settle(announcer, { changed: [row(VIP, ["default/other"])] });
  await until(() => neighbor.heard(VIP).length > 1);
  assert.equal(neighbor.heard(VIP), [ETH0, ETH0]);
  assert.ok(performance.now() - since >= 1100, "the second round comes 1.1 s after the first");
  await end();
});

plugin("announces and answers on every link, or on those that the row names", async () => {
  const { neighbor, apply, end } = await announcing({}, ["eth0", "eth1"]);
  await apply([VIP]);
  await apply([OTHER], ["eth1"]);
  await turns();
  assert.equal(new Set(neighbor.heard(VIP)), new Set([ETH0, ETH1]));
  assert.equal(new Set(neighbor.heard(OTHER)), new Set([ETH1]));
  assert.equal(
    (await neighbor.ask(OTHER)).map(({ mac }) => mac),
    [ETH1],
  );
  await end();
});

plugin("is in the group of every VIP on every link of it, once where two share one, and leaves with the last", async () => {
  const { groups, apply, announcer, end } = await announcing({}, ["eth0", "eth1"]);
  await apply([VIP, "2001:db8:7::1"]);
  assert.equal(groups.all, ["eth0 000001", "eth1 000001"]);
  await apply(["fd00::ab:cdef"], ["eth1"]);
  assert.equal(groups.all, ["eth0 000001", "eth1 000001", "eth1 abcdef"]);
  await settle(announcer, { removed: [row(VIP), row("fd00::ab:cdef")] });
  assert.equal(groups.all, ["eth0 000001", "eth1 000001"]);
  await settle(announcer, { changed: [{ ...row("2001:db8:7::1"), links: ["eth0"] }] });
  assert.equal(groups.all, ["eth0 000001"]);
  await settle(announcer, { removed: [row("2001:db8:7::1")] });
  assert.equal(groups.all, []);
  await apply([VIP]);
  await end();
  assert.equal(groups.all, []);
});

plugin("joins again on a link that was replaced", async () => {
  const { groups, apply, links, end } = await announcing();
  await apply([VIP]);
  const [before = ""] = groups.joined.keys();
  links.set([]);
  assert.equal(groups.all, []);
  links.set([testLink("eth0", { index: 4711 })]);
  await turns();
  assert.equal([...groups.joined.keys()], [before.replace(/^\d+/, "4711")]);
  links.set([testLink("eth0", { index: 4712, mac: ETH1 })]);
  assert.equal([...groups.joined.keys()], [before.replace(/^\d+/, "4712")]);
  await end();
});

plugin("says once where it may not join, answers all the same, and tries again when links change", async () => {
  const { neighbor, groups, says, apply, links, end } = await announcing();
  groups.refusing.add("eth0");
  await apply([VIP, OTHER]);
  const error = "Cannot join an IPv6 group on eth0: IPv6 is off there";
  assert.equal(says("warn"), [["Switches may keep solicitations from us; trying again", { plugin: "ndp", link: "eth0", error }]]);
  assert.is(await neighbor.knows(VIP), true);
  links.set([testLink("eth0"), testLink("veth1")]);
  assert.is(says("warn").length, 1);
  groups.refusing.clear();
  links.set([testLink("eth0")]);
  assert.equal(groups.all, ["eth0 000001", "eth0 000002"]);
  assert.equal(says("info").at(-1), ["Joined groups after all", { plugin: "ndp", link: "eth0" }]);
  await end();
});

plugin("asks for the interfaces that it was told, else for all", () => {
  const frame = { kind: "frame", etherType: 0x86dd, ipProtocol: 58 };
  const links = (config: SegmentConfig) => ndp.permissions(config).map((permission) => ({ ...permission }));
  assert.equal(links({ interfaces: ["eth0", "eth1"] }), [
    { ...frame, link: "eth0" },
    { ...frame, link: "eth1" },
  ]);
  assert.equal(links({}), [{ ...frame, link: "*" }]);
});

plugin("counts and tells who else announces a VIP, and goes on answering", async () => {
  const { stage, neighbor, apply, conflicts, end } = await announcing();
  await apply([VIP]);
  neighbor.claim(VIP, "02:00:00:00:00:99");
  neighbor.claim(OTHER, "02:00:00:00:00:99");
  await turns();
  assert.equal(stage.conflicts, [{ kind: "conflict", address: VIP, link: "eth0", mac: "02:00:00:00:00:99", heldBack: 0 }]);
  assert.is(await conflicts(VIP), 1);
  assert.is(await neighbor.knows(VIP), true);
  await end();
});

plugin("refuses a row that is no IPv6 address, and takes the others", async () => {
  const { neighbor, announcer, groups, end } = await announcing();
  const refused = await announcer.apply({ ...noChanges, added: [row("192.0.2.1"), row(VIP)] });
  assert.equal(refused, [{ vip: "192.0.2.1", reason: "family" }]);
  assert.is(await neighbor.knows(VIP), true);
  assert.equal(groups.all, ["eth0 000001"]);
  await end();
});

plugin.run();

/** The list of links and the ids of their names, without a kernel. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LINK_IDS, LinkIds, NO_ID } from "./link-ids.ts";
import { memoryLinks } from "./links.ts";
import type { KernelLink } from "./netlink.ts";

const LINKS = suite("links");

function link(name: string, index: number, parts: Partial<KernelLink> = {}): KernelLink {
  return { index, name, mac: "02:00:00:00:00:01", up: true, mtu: 1500, broadcast: true, noArp: false, loopback: false, ...parts };
}

const many = (count: number, first = 100) => Array.from({ length: count }, (_, at) => link(`veth${at}`, first + at));

LINKS("all() is sorted by name, with the names of masters", () => {
  const links = memoryLinks([link("eth1", 3, { masterIndex: 9 }), link("br0", 9), link("eth0", 2, { masterIndex: 77 })]);
  const list = links.all();
  assert.equal(
    list.map(({ name, master }) => [name, master]),
    [
      ["br0", undefined],
      ["eth0", undefined],
      ["eth1", "br0"],
    ],
  );
  assert.not("master" in (list[0] ?? {}));
  assert.not("masterIndex" in (list[2] ?? {}));
});

LINKS("watch() calls at once and at every change, and not where nothing changed", () => {
  const links = memoryLinks([link("eth0", 2)]);
  const seen: string[] = [];
  const close = links.watch((list) => void seen.push(list.map(({ name, up, mac }) => `${name} ${up} ${mac.at(-1)}`).join()));
  links.set([link("eth0", 2)]);
  links.set([link("eth0", 2, { up: false })]);
  links.set([link("eth0", 2, { mac: "02:00:00:00:00:02" }), link("eth1", 3)]);
  links.set([link("eth1", 3)]);
  close();
  close();
  links.set([]);
  assert.equal(seen, ["eth0 true 1", "eth0 false 1", "eth0 true 2,eth1 true 1", "eth1 true 1"]);
});

LINKS("addresses come and go, each link's in the order in which they came", () => {
  const at = (address: string, prefixLength = 24) => ({ address, prefixLength });
  const [one, two, local] = [at("192.0.2.1"), at("192.0.2.2"), at("fe80::1", 64)];
  const links = memoryLinks([link("eth0", 2)]);
  const seen: string[] = [];
  links.watch((list) => void seen.push(list.map(({ addresses }) => addresses.map(({ address }) => address).join()).join(" ")));
  const set = (...addresses: readonly ReturnType<typeof at>[]) => links.set([{ ...link("eth0", 2), addresses }]);
  set(two, local);
  const before = links.all()[0]?.addresses;
  set(two, local);
  set(two, local, one);
  set(local, one);
  links.set([{ ...link("eth0", 3), addresses: [one] }]);
  links.set([link("eth0", 3)]);
  assert.equal(seen, ["", "192.0.2.2,fe80::1", "192.0.2.2,fe80::1,192.0.2.1", "fe80::1,192.0.2.1", "192.0.2.1", ""]);
  assert.equal(before, [two, local], "a list that was handed out never changes");
  set(at("192.0.2.1", 32), one);
  assert.is(links.all()[0]?.addresses.length, 2);
});

LINKS("a watcher may close itself, or watch more, while it is told", () => {
  const links = memoryLinks();
  const seen: string[] = [];
  const close = links.watch((list) => {
    if (list.length === 0) return;
    close();
    seen.push("first");
    links.watch(() => void seen.push("inner"));
  });
  links.watch(() => void seen.push("second"));
  links.set([link("eth0", 2)]);
  links.set([]);
  assert.equal(seen, ["second", "first", "inner", "second", "second", "inner"]);
});

LINKS("a list that was handed out never changes", () => {
  const links = memoryLinks([link("eth0", 2)]);
  const before = links.all();
  const copy = structuredClone(before);
  links.set([link("eth0", 2, { up: false })]);
  links.id("eth9");
  assert.equal(before, copy);
});

LINKS("id() is the same for a name, whether or not a link has it", () => {
  const links = memoryLinks([link("eth0", 2)]);
  const [eth0, later] = [links.id("eth0"), links.id("later")];
  assert.is(links.all()[0]?.id, eth0);
  assert.is.not(eth0, later);
  links.set([link("later", 7), link("eth5", 8)]);
  assert.is(links.all().find(({ name }) => name === "later")?.id, later);
  links.set([link("eth0", 9)]);
  assert.is(links.all()[0]?.id, eth0, "also with another index");
  assert.equal([links.id("eth0"), links.id("later")], [eth0, later]);
});

LINKS("a link of a VRF is told from a port of a bridge", () => {
  const links = memoryLinks([
    link("red", 9, { noArp: true }),
    link("eth0", 2, { masterIndex: 9 }),
    link("br0", 8),
    link("eth1", 3, { masterIndex: 8 }),
  ]);
  assert.equal(
    links.all().map(({ name, master, isInVrf }) => [name, master, isInVrf]),
    [
      ["br0", undefined, undefined],
      ["eth0", "red", true],
      ["eth1", "br0", undefined],
      ["red", undefined, undefined],
    ],
  );
});

LINKS("links that come and go give their ids back, those that somebody asked for keep them", () => {
  const links = memoryLinks([link("eth0", 2)]);
  const kept = [links.id("eth0"), links.id("gone")];
  for (let round = 0; round < 10; round++) {
    const visitors = Array.from({ length: 40 }, (_, at) => link(`pod${round}-${at}`, 1000 * round + at + 10));
    links.set([link("eth0", 2), ...visitors]);
    const ids = links.all().map(({ id }) => id);
    assert.is(new Set(ids).size, 41, "no id twice");
    assert.ok(ids.every((id) => id >= 0 && id < LINK_IDS));
    assert.not(links.all().some(({ name, id }) => name !== "eth0" && kept.includes(id)));
  }
  assert.equal([links.id("eth0"), links.id("gone")], kept);
});

LINKS("where more links exist than ids, the oldest have them, and who asks gets one", () => {
  const links = memoryLinks([link("eth0", 2), ...many(100)]);
  const withId = links.all().filter(({ id }) => id !== NO_ID);
  assert.is(withId.length, LINK_IDS);
  assert.ok(withId.some(({ name }) => name === "eth0"));
  assert.not(withId.some(({ name }) => name === "veth99"));
  const id = links.id("veth99");
  assert.is(links.all().find(({ name }) => name === "veth99")?.id, id);
  assert.is(links.all().filter((one) => one.id === id).length, 1, "whoever had it lost it");
  assert.is(links.all().find(({ name }) => name === "eth0")?.id, 0);
});

LINKS("where all ids are asked for, one more is refused by name", () => {
  const links = memoryLinks();
  const ids = Array.from({ length: LINK_IDS }, (_, at) => links.id(`eth${at}`));
  assert.equal(ids, [...ids.keys()]);
  assert.throws(() => links.id("eth64"), /Cannot use link eth64: 64 other links are in use, expected at most 64: eth0, eth1, /);
  assert.is(links.id("eth7"), 7);
  links.set([link("eth64", 2)]);
  assert.is(links.all()[0]?.id, NO_ID);
});

LINKS("LinkIds gives each name in use an id of its own, whatever happens", () => {
  const ids = new LinkIds();
  const existing = new Set<string>();
  const claimed = new Map<string, number>();
  for (let step = 0; step < 5000; step++) {
    const name = `link${(step * 7919) % 97}`;
    if (step % 3 === 0) existing.delete(name);
    else existing.add(name);
    if (step % 50 === 0 && claimed.size < 40)
      claimed.set(
        name,
        ids.claim(name, (one) => existing.has(one)),
      );
    const given = [...existing].map((one) => ids.give(one, (other) => existing.has(other))).filter((id) => id !== NO_ID);
    assert.is(new Set(given).size, given.length);
    for (const [one, id] of claimed)
      assert.is(
        ids.claim(one, () => false),
        id,
      );
  }
});

LINKS.run();

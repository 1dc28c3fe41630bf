/** Links of a real kernel: every change is noticed within milliseconds, and nothing is missed when the kernel had to drop messages. */
import { spawnSync } from "node:child_process";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ipBatch, linkIndex, run } from "../workbench/private-network.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { until } from "../workbench/testing/promises.ts";
import { libc } from "./libc.ts";
import { type HostLink, kernelLinks, type LinkSource } from "./links.ts";

const LINKS = suite("kernel links");
const inside = insideTests(LINKS, import.meta.url);

/** One line a link that is not the loopback; each list that a watcher was given is one entry. */
const describe = (links: readonly HostLink[]) =>
  links
    .filter(({ loopback }) => !loopback)
    .map(({ name, up, master }) => `${name}${up ? " up" : ""}${master === undefined ? "" : ` of ${master}`}`)
    .join(", ");

async function withLinks(body: (links: LinkSource, seen: string[]) => Promise<void>): Promise<void> {
  const links = kernelLinks(libc());
  const seen: string[] = [];
  links.watch((list) => void seen.push(describe(list)));
  try {
    await body(links, seen);
  } finally {
    links.close();
    for (const { name, loopback } of kernelNow()) if (!loopback) spawnSync("ip", ["link", "delete", name]);
  }
}

function kernelNow(): readonly HostLink[] {
  const links = kernelLinks(libc());
  links.close();
  return links.all();
}

inside("the links are there at once, with what the kernel says of them", [], () =>
  withLinks(async (links) => {
    const [lo] = links.all();
    const addresses = [
      { address: "127.0.0.1", prefixLength: 8 },
      { address: "::1", prefixLength: 128 },
    ];
    assert.equal(lo, {
      id: 0,
      index: 1,
      name: "lo",
      mac: "",
      up: true,
      mtu: 65_536,
      broadcast: false,
      noArp: false,
      loopback: true,
      addresses,
    });
    run("ip", "link", "add", "eth0", "address", "02:00:00:00:00:aa", "mtu", "1400", "type", "veth", "peer", "name", "far");
    run("ip", "link", "set", "eth0", "up", "arp", "off");
    await until(() => links.all().some(({ noArp }) => noArp));
    const eth0 = links.all().find(({ name }) => name === "eth0");
    const index = linkIndex("eth0");
    assert.equal(
      { ...eth0, id: 0 },
      {
        id: 0,
        index,
        name: "eth0",
        mac: "02:00:00:00:00:aa",
        up: false,
        mtu: 1400,
        broadcast: true,
        noArp: true,
        loopback: false,
        addresses: [],
      },
    );
    assert.equal(
      kernelNow().map(({ id: _, ...link }) => link),
      links.all().map(({ id: _, ...link }) => link),
    );
  }),
);

inside("appearing, carrier, a bridge, a name, a MAC and vanishing are each noticed", [], () =>
  withLinks(async (links, seen) => {
    const last = () => seen.at(-1);
    const steps: readonly [commands: readonly string[], expected: string][] = [
      [["link add eth0 type veth peer name far"], "eth0, far"],
      [["link set far up", "link set eth0 up"], "eth0 up, far up"],
      [["link set far down"], "eth0, far"],
      [["link set far up"], "eth0 up, far up"],
      [["link add br0 type bridge", "link set eth0 master br0"], "br0, eth0 up of br0, far up"],
      [["link set eth0 nomaster"], "br0, eth0 up, far up"],
      [["link set far down", "link set far name elsewhere"], "br0, elsewhere, eth0"],
      [["link delete eth0"], "br0"],
    ];
    for (const [commands, expected] of steps) {
      ipBatch(commands);
      await until(() => last() === expected);
    }
    run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far");
    run("ip", "link", "set", "eth0", "address", "02:00:00:00:00:77");
    await until(() => links.all().some(({ mac }) => mac === "02:00:00:00:00:77"));
  }),
);

const addressesOf = (links: readonly HostLink[], name: string) =>
  links.find((link) => link.name === name)?.addresses.map(({ address, prefixLength }) => `${address}/${prefixLength}`);

inside("addresses that come, go, and are not to be used are each noticed", [], () =>
  withLinks(async (links) => {
    const is = (...expected: readonly string[]) => until(() => addressesOf(links.all(), "eth0")?.join() === expected.join());
    ipBatch(["link add eth0 type veth peer name far", "link set eth0 addrgenmode none up", "link set far addrgenmode none up"]);
    ipBatch(["address add 192.0.2.1/24 dev eth0", "address add 192.0.2.9 peer 192.0.2.8/32 dev eth0"]);
    await is("192.0.2.1/24", "192.0.2.9/32");
    run("ip", "address", "add", "2001:db8::1/64", "dev", "eth0", "nodad");
    await is("192.0.2.1/24", "192.0.2.9/32", "2001:db8::1/64");
    run("ip", "address", "delete", "192.0.2.1/24", "dev", "eth0");
    await is("192.0.2.9/32", "2001:db8::1/64");
    run("ip", "address", "change", "2001:db8::1/64", "dev", "eth0", "preferred_lft", "0");
    await is("192.0.2.9/32");
    assert.equal(addressesOf(kernelNow(), "eth0"), ["192.0.2.9/32"], "nor are they at once");
    run("ip", "address", "change", "2001:db8::1/64", "dev", "eth0", "preferred_lft", "forever");
    await is("192.0.2.9/32", "2001:db8::1/64");
    ipBatch(["link set eth0 down", "link set eth0 up"]);
    await is("192.0.2.9/32");
    run("ip", "address", "flush", "dev", "eth0");
    await is();
  }),
);

inside("an address is there when no other host has it, and not before", [], () =>
  withLinks(async (links, seen) => {
    ipBatch(["link add eth0 type veth peer name far", "link set eth0 addrgenmode none up", "link set far addrgenmode none up"]);
    run("ip", "address", "add", "fe80::7/64", "dev", "far", "nodad");
    ipBatch(["address add fe80::7/64 dev eth0", "address add fe80::8/64 dev eth0"]);
    assert.match(run("ip", "address", "show", "dev", "eth0"), /fe80::8\/64 .*tentative/);
    assert.equal(addressesOf(kernelNow(), "eth0"), []);
    await until(() => addressesOf(links.all(), "eth0")?.length === 1);
    assert.match(run("ip", "address", "show", "dev", "eth0"), /fe80::7\/64 .*dadfailed/);
    assert.equal(addressesOf(links.all(), "eth0"), ["fe80::8/64"]);
    assert.equal(addressesOf(kernelNow(), "eth0"), ["fe80::8/64"]);
    assert.is(seen.at(-1), "eth0 up, far up");
  }),
);

inside("after messages were dropped the addresses are right again, and go on", [], () =>
  withLinks(async (links, seen) => {
    ipBatch(["link add eth0 type veth peer name far", "link set eth0 addrgenmode none up", "address add 192.0.2.1/24 dev eth0"]);
    await until(() => addressesOf(links.all(), "eth0")?.length === 1);
    const made = Array.from({ length: 2500 }, (_, at) => `address add 10.0.${at >> 8}.${at & 255}/32 dev eth0`);
    const before = seen.length;
    ipBatch([...made, "address delete 192.0.2.1/24 dev eth0", ...made.slice(1).map((line) => line.replace("add ", "delete "))]);
    await until(() => addressesOf(links.all(), "eth0")?.join() === "10.0.0.0/32");
    assert.ok(seen.length - before < 50, `${seen.length - before} lists: each change of an address was handed on by itself`);
    run("ip", "address", "add", "10.0.0.1/32", "dev", "eth0");
    await until(() => addressesOf(links.all(), "eth0")?.length === 2);
  }),
);

inside("a link that goes down and up again within a moment is seen down", [], () =>
  withLinks(async (_, seen) => {
    ipBatch(["link add eth0 type veth peer name far", "link set far up", "link set eth0 up"]);
    await until(() => seen.at(-1) === "eth0 up, far up");
    seen.length = 0;
    ipBatch(["link set far down", "link set far up"]);
    await until(() => seen.at(-1) === "eth0 up, far up" && seen.length > 1);
    // Of its peer's carrier the kernel tells later, and not at all where that is back by then.
    assert.ok(
      seen.some((state) => !state.includes("far up")),
      seen.join("; "),
    );
  }),
);

inside("a change is handed on within milliseconds", [], () =>
  withLinks(async (links) => {
    ipBatch(["link add eth0 type veth peer name far", "link set far up"]);
    const times: number[] = [];
    for (let round = 0; round < 9; round++) {
      const state = round % 2 === 0 ? "up" : "down";
      const wanted = round % 2 === 0;
      const changed = new Promise<number>((resolve) => {
        const close = links.watch((list) => {
          if (list.find(({ name }) => name === "eth0")?.up !== wanted) return;
          setImmediate(() => close());
          resolve(performance.now());
        });
      });
      run("ip", "link", "set", "eth0", state); // blocks us, so the message waits when it returns
      const doneMs = performance.now();
      times.push((await changed) - doneMs);
    }
    times.sort((left, right) => left - right);
    assert.ok((times[4] as number) < 10, `median ${times[4]} ms`);
  }),
);

inside("after messages were dropped the list is right again, and goes on", [], () =>
  withLinks(async (links, seen) => {
    const made = Array.from({ length: 150 }, (_, at) => `link add a${at} type veth peer name b${at}`);
    ipBatch([...made, ...Array.from({ length: 140 }, (_, at) => `link delete a${at}`)]); // blocks us all the while
    await until(() => links.all().length === 21);
    assert.ok(seen.length < 290, `${seen.length} lists: nothing was dropped, so nothing was shown`);
    assert.equal(
      links.all().map(({ name }) => name),
      kernelNow().map(({ name }) => name),
    );
    run("ip", "link", "delete", "a149");
    await until(() => links.all().length === 19);
  }),
);

inside("a link that is made anew has its id, and another index", [], () =>
  withLinks(async (links) => {
    const of = () => links.all().find(({ name }) => name === "eth0");
    const id = links.id("eth0");
    run("ip", "link", "add", "eth0", "type", "veth", "peer", "name", "far");
    await until(() => of() !== undefined);
    const before = of();
    ipBatch(["link delete eth0", "link add other type bridge", "link add eth0 type veth peer name far"]);
    await until(() => of() !== undefined && of()?.index !== before?.index);
    assert.equal([before?.id, of()?.id], [id, id]);
  }),
);

inside("close() ends it", [], async () => {
  const links = kernelLinks(libc());
  links.close();
  const before = links.all();
  run("ip", "link", "add", "br0", "type", "bridge");
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.is(links.all(), before);
  run("ip", "link", "delete", "br0");
});

LINKS.run();

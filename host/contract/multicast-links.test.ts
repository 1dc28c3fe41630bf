/** Sockets follow the links: which are fit, when one is opened anew, and what happens where that fails. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Context, Link, UdpOptions, UdpSocket } from "../announcer.ts";
import { FakeClock, settled } from "../workbench/testing/fake-clock.ts";
import { recordedLog } from "../workbench/testing/log.ts";
import { followMulticast } from "./multicast-links.ts";

const links = suite("links of multicast");

const FOUR = { address: "192.0.2.1", prefixLength: 24 };
const SIX = { address: "fe80::1", prefixLength: 64 };
const ETHERNET = { id: 0, mac: "02:00:00:00:00:00", up: true, mtu: 1500, broadcast: true, noArp: false, loopback: false };
const link = (name: string, parts: Partial<Link> = {}): Link => ({ ...ETHERNET, name, addresses: [FOUR, SIX], ...parts });

/** A host whose sockets only say what is done with them. */
function stage(group: string, first: readonly Link[]) {
  const clock = new FakeClock();
  const { log, lines } = recordedLog();
  const said: string[] = [];
  const failures: Error[] = [];
  let there = first;
  let tell: (all: readonly Link[]) => void = () => {};
  const open = async ({ address, port, device, hopLimit, reuse }: UdpOptions): Promise<UdpSocket> => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    said.push(`open ${address} ${port} ${device} ${hopLimit} ${reuse}`);
    return {
      port,
      send: (bytes, to) => void said.push(`send ${bytes.length} ${to.address} ${to.port} ${device}`),
      onMessage: () => {},
      join: (joined, on) => void said.push(`join ${joined} ${on}`),
      close: () => void said.push(`close ${device}`),
    };
  };
  const watch: Context["links"]["watch"] = (call) => {
    tell = call;
    call(there);
    return () => void said.push("unwatch");
  };
  const context = { clock, log, udp: { open }, links: { all: () => there, watch, id: () => 0 } } as unknown as Context;
  const close = followMulticast(
    context,
    { group, port: 520, hopLimit: 1, interfaces: [], exclude: ["veth*"] },
    {
      opened: (on) => {
        said.push(`opened ${on.link.name}`);
        on.send(new Uint8Array(4));
      },
      heard: () => {},
      closed: (on) => void said.push(`closed ${on.link.name}`),
    },
  );
  return {
    ...{ clock, lines, said, failures, close },
    async set(...all: readonly Link[]) {
      there = all;
      tell(all);
      await settled();
    },
  };
}

const opened = (name: string) => [
  `open 0.0.0.0 520 ${name} 1 true`,
  `join 224.0.0.9 ${name}`,
  `opened ${name}`,
  `send 4 224.0.0.9 520 ${name}`,
];

links("a socket is opened on each link that is fit: up, not excluded, with an address of the family", async () => {
  const unfit = [link("eth1", { up: false }), link("veth0"), link("lo", { loopback: true }), link("eth2", { addresses: [SIX] })];
  const { said } = stage("224.0.0.9", [link("eth0"), ...unfit]);
  await settled();
  assert.equal(said, opened("eth0"));
});

links("for IPv6 the address has to be a link-local one", async () => {
  const global = { address: "2001:db8::1", prefixLength: 64 };
  const { said } = stage("ff02::9", [link("eth0"), link("eth1", { addresses: [FOUR, global] })]);
  await settled();
  assert.equal(
    said.filter((line) => line.startsWith("open ")),
    ["open :: 520 eth0 1 true"],
  );
});

links("another MAC or address of the family is another link; what else changes is not", async () => {
  const { said, set } = stage("224.0.0.9", [link("eth0")]);
  await settled();
  await set(link("eth0", { mtu: 9000, addresses: [FOUR] }));
  assert.equal(said, opened("eth0"));
  for (const parts of [{ mac: "02:00:00:00:00:01" }, { addresses: [{ ...FOUR, address: "192.0.2.2" }] }]) {
    said.length = 0;
    await set(link("eth0", parts));
    assert.equal(said, ["close eth0", "closed eth0", ...opened("eth0")]);
  }
  said.length = 0;
  await set();
  assert.equal(said, ["close eth0", "closed eth0"]);
});

links("what cannot be opened is told and tried again", async () => {
  const { clock, lines, said, failures, set } = stage("224.0.0.9", []);
  failures.push(new Error("no room"));
  await set(link("eth0"));
  assert.equal(said, []);
  assert.equal(
    lines.map(({ message, fields }) => [message, fields["link"], fields["error"]]),
    [["Cannot speak on a link; trying again", "eth0", "no room"]],
  );
  await clock.advance(5000);
  assert.equal(said, opened("eth0"));
});

links("a link that goes while its socket is being opened is not spoken on", async () => {
  const { said, set } = stage("224.0.0.9", [link("eth0")]);
  await set();
  assert.equal(said, ["open 0.0.0.0 520 eth0 1 true", "close eth0"]);
});

links("its end closes all", async () => {
  const { said, close } = stage("224.0.0.9", [link("eth0"), link("eth1")]);
  await settled();
  said.length = 0;
  close();
  assert.equal(said, ["unwatch", "close eth0", "closed eth0", "close eth1", "closed eth1"]);
});

links("after its end nothing is tried again", async () => {
  const { clock, said, failures, set, close } = stage("224.0.0.9", []);
  failures.push(new Error("no room"));
  await set(link("eth0"));
  close();
  await clock.advance(20_000);
  assert.equal(said, ["unwatch"]);
});

links.run();

/** Asks real kernels: who is there, who is not, and who hides. */
import { setTimeout as delay } from "node:timers/promises";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ipBatch, PrivateNetwork, run } from "../workbench/private-network.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { tool } from "../workbench/testing/requirements.ts";
import { AddressProbe, type ProbeAnswer } from "./address-probe.ts";

const probe = suite("address probe");
const inside = insideTests(probe, import.meta.url);

const nft = tool("nft", "nftables");
const at = (host: number) => [`192.0.2.${host}`, `2001:db8::${host}`] as const;
const [OPEN, MUTE, PROHIBITING, ABSENT, LEAVING] = [2, 3, 4, 99, 5] as const;
const DROP =
  "add table inet t; add chain inet t in { type filter hook input priority 0; policy drop; }; add rule inet t in icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept";
const PROHIBIT =
  "add table inet t; add chain inet t in { type filter hook input priority 0; }; add rule inet t in tcp dport 9 reject with icmpx type admin-prohibited";

let network: PrivateNetwork | undefined;

/** A switch with this process at .1 of it, one host as it comes, one that drops everything, and one whose firewall says no. */
function open(): PrivateNetwork {
  if (network !== undefined) return network;
  network = new PrivateNetwork();
  for (const [name, host] of Object.entries({ open: OPEN, mute: MUTE, prohibiting: PROHIBITING, leaving: LEAVING })) {
    network.addHost(name, `${at(host)[0]}/24`);
    network.ip(name, "address", "add", `${at(host)[1]}/64`, "dev", "eth0", "nodad");
  }
  run(...network.on("mute", "nft", DROP));
  run(...network.on("prohibiting", "nft", PROHIBIT));
  ipBatch(at(1).map((address) => `address add ${address}/${address.includes(":") ? "64 nodad" : "24"} dev switch0`));
  return network;
}

/** What is said of some hosts, IPv4 then IPv6, asked all at once. */
async function ask(...hosts: readonly number[]): Promise<ProbeAnswer[]> {
  const asking = new AddressProbe({ againAfterMs: 300, timeoutMs: 5500 });
  return Promise.all(hosts.flatMap(at).map((address) => asking.ask(address)));
}

inside("nobody has an address that no neighbor answers for", [nft], async () => {
  open();
  const startMs = performance.now();
  assert.equal(await ask(ABSENT), ["nobody", "nobody"]);
  const tookMs = performance.now() - startMs;
  assert.ok(tookMs > 500, `${tookMs} ms`);
});

inside("somebody has an address, whether his firewall lets anything through or not", [nft], async () => {
  open();
  assert.equal(await ask(OPEN), ["somebody", "somebody"]);
  assert.equal(await ask(MUTE, PROHIBITING), ["somebody", "somebody", "somebody", "somebody"]);
});

inside("a node that lets go of an address between the two questions leaves nobody, though its neighbors remember it", [nft], async () => {
  const there = open();
  run(...there.on("leaving", "sh", "-c", "echo 1 | tee /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding"));
  there.ip("leaving", "address", "add", `${at(6)[0]}/24`, "dev", "eth0");
  there.ip("leaving", "address", "add", `${at(6)[1]}/64`, "dev", "eth0", "nodad");
  const asking = new AddressProbe({ againAfterMs: 3000, timeoutMs: 6000 });
  const answers = Promise.all(at(LEAVING).map((address) => asking.ask(address)));
  await delay(1000);
  there.ip("leaving", "address", "delete", `${at(LEAVING)[0]}/24`, "dev", "eth0");
  there.ip("leaving", "address", "delete", `${at(LEAVING)[1]}/64`, "dev", "eth0");
  there.ip("leaving", "address", "replace", `${at(6)[0]}/24`, "dev", "eth0");
  assert.equal(await answers, ["nobody", "nobody"]);
});

inside("its node asks for a pod", [nft], async () => {
  const there = open();
  ipBatch(at(1).map((address) => `address delete ${address}/${address.includes(":") ? 64 : 24} dev switch0`));
  there.addHost("node", `${at(10)[0]}/24`);
  there.ip("node", "address", "add", `${at(10)[1]}/64`, "dev", "eth0", "nodad");
  ipBatch([
    "link add pod0 type veth peer name pod1 netns node",
    "address add 198.51.100.2/30 dev pod0",
    "address add 2001:db8:1::2/64 dev pod0 nodad",
    "link set pod0 up",
  ]);
  ipBatch(["address add 198.51.100.1/30 dev pod1", "address add 2001:db8:1::1/64 dev pod1 nodad", "link set pod1 up"], "-n", "node");
  run(...there.on("node", "sh", "-c", "echo 1 | tee /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding"));
  for (const host of ["open", "mute"]) {
    there.ip(host, "route", "add", "198.51.100.0/30", "via", at(10)[0]);
    there.ip(host, "-6", "route", "add", "2001:db8:1::/64", "via", at(10)[1]);
  }
  ipBatch(["route add default via 198.51.100.1"]);
  ipBatch(["route add default via 2001:db8:1::1"], "-6");
  assert.equal(await ask(ABSENT), ["nobody", "nobody"]);
  assert.equal(await ask(OPEN, MUTE), ["somebody", "somebody", "somebody", "somebody"]);
});

inside("a machine that has no route says nobody, and one that is closed knows nothing", [nft], async () => {
  open();
  ipBatch(["route flush table main"]);
  assert.equal(await ask(ABSENT).then(([four]) => four), "nobody");
  const asking = new AddressProbe();
  asking.close();
  assert.is(await asking.ask(at(OPEN)[0]), "unknown");
});

probe.run();

/** Neighbors and gateways of a real kernel. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ipBatch, linkIndex } from "../workbench/private-network.ts";
import { insideTests } from "../workbench/testing/inside.ts";
import { libc } from "./libc.ts";
import { readGateways, readNeighbors } from "./neighbors.ts";

const NEIGHBORS = suite("kernel neighbors");
const inside = insideTests(NEIGHBORS, import.meta.url);

const neighborLines = () =>
  readNeighbors(libc())
    .filter(({ state }) => state !== "noarp")
    .map(({ linkIndex: index, address, mac = "?", state }) => `${index} ${address} ${mac} ${state}`)
    .sort();
const gatewayLines = () => readGateways(libc()).map(({ linkIndex: index, address, family }) => `${index} ${address} ${family}`);

inside("before there is anything, there is none", [], () => {
  assert.equal(neighborLines(), []);
  assert.equal(readGateways(libc()), []);
});

inside("neighbors of both families are there, with link, MAC and state", [], () => {
  ipBatch([
    "link add eth0 address 02:00:00:00:00:01 type veth peer name far",
    "link add eth1 address 02:00:00:00:00:02 type veth peer name far1",
    ...["eth0", "far", "eth1", "far1"].map((name) => `link set ${name} addrgenmode none up`),
    "address add 192.0.2.1/24 dev eth0",
    "address add 2001:db8::1/64 dev eth0 nodad",
    "neigh add 192.0.2.2 lladdr 02:00:00:00:00:22 nud permanent dev eth0",
    "neigh add 192.0.2.3 lladdr 02:00:00:00:00:23 nud stale dev eth0",
    "neigh add 192.0.2.4 nud failed dev eth0",
    "neigh add 192.0.2.2 lladdr 02:00:00:00:00:24 nud reachable dev eth1",
    "neigh add 2001:db8::2 lladdr 02:00:00:00:00:26 nud stale dev eth0",
    "neigh add fe80::3 lladdr 02:00:00:00:00:27 nud stale dev eth1",
  ]);
  const [first, second] = [linkIndex("eth0"), linkIndex("eth1")];
  const expected = [
    `${first} 192.0.2.2 02:00:00:00:00:22 permanent`,
    `${first} 192.0.2.3 02:00:00:00:00:23 stale`,
    `${first} 192.0.2.4 ? failed`,
    `${second} 192.0.2.2 02:00:00:00:00:24 reachable`,
    `${first} 2001:db8::2 02:00:00:00:00:26 stale`,
    `${second} fe80::3 02:00:00:00:00:27 stale`,
  ];
  assert.equal(neighborLines(), expected.sort());
  assert.ok(readNeighbors(libc(), [6]).every(({ family }) => family === 6));
});

inside("default gateways are those of the main table, each once", [], () => {
  const [first, second] = [linkIndex("eth0"), linkIndex("eth1")];
  ipBatch(["address add 198.51.100.1/24 dev eth1", "route add 203.0.113.0/24 via 192.0.2.9", "route add default via 192.0.2.7 table 7"]);
  assert.equal(gatewayLines(), []);
  ipBatch([
    "route add default via 192.0.2.254 metric 20",
    "route add default via 192.0.2.254 metric 30",
    "route add default metric 10 nexthop via 192.0.2.253 nexthop via 198.51.100.254",
    "route add default via inet6 fe80::9 dev eth0 metric 40",
    "route add default dev eth0 metric 50",
  ]);
  ipBatch(["route add default via fe80::3 dev eth1", "route add blackhole default metric 9999"], "-6");
  assert.equal(gatewayLines(), [
    `${first} 192.0.2.253 4`,
    `${second} 198.51.100.254 4`,
    `${first} 192.0.2.254 4`,
    `${first} fe80::9 6`,
    `${second} fe80::3 6`,
  ]);
});

inside("a table of thousands is read whole, and does not hide the default route", [], () => {
  const many = (write: (address: string) => string) =>
    ipBatch(Array.from({ length: 3000 }, (_, at) => write(`10.0.${at >> 8}.${at & 255}`)));
  const before = neighborLines().length;
  many((address) => `neigh add ${address} lladdr 02:00:00:00:00:33 nud permanent dev eth0`);
  many((address) => `route add ${address}/32 dev eth0`);
  const beganMs = performance.now();
  assert.is(neighborLines().length, before + 3000);
  assert.is(readGateways(libc()).length, 5);
  assert.ok(performance.now() - beganMs < 1000);
});

NEIGHBORS.run();

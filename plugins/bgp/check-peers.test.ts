import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { NodeFact } from "../../host/announcer.ts";
import { type BfdProfile, readBfdProfile } from "./bfd-profile.ts";
import { canEcho, checkPeers, peersOf } from "./check-peers.ts";
import { type Peer, readPeer } from "./peer.ts";

const checked = suite("bgp check-peers");

function peer(name: string, spec: object = {}): Peer {
  const parsed = readPeer({ metadata: { name }, spec: { myASN: 64500, peerASN: 64501, peerAddress: "10.0.0.1", ...spec } });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

function profiles(...names: string[]): Map<string, BfdProfile> {
  const read = names.map((name) => readBfdProfile({ metadata: { name }, spec: { echoMode: name === "echo" } }));
  return new Map(read.flatMap((parsed) => (parsed.ok ? [[parsed.value.name, parsed.value] as const] : [])));
}

const racks = (...names: string[]): Map<string, NodeFact> =>
  new Map(names.map((rack) => [rack, { name: rack, labels: { rack }, networkUnavailable: false, addresses: [] }]));
const onRack = (rack: string) => ({ nodeSelectors: [{ matchLabels: { rack } }] });

/** Names taken, and each problem in a line. */
function show(peers: readonly Peer[], nodes = racks("a", "b"), known = profiles()): string[] {
  const { accepted, problems } = checkPeers(peers, known, nodes);
  return [[...accepted.keys()].join(), ...problems.map(({ object, path, found, expected }) => `${object} ${path} ${found}: ${expected}`)];
}

checked("checkPeers() leaves out the second peer at an address, by name", () => {
  const problem = 'BGPPeer y spec.peerAddress "10.0.0.1": another on the nodes of BGPPeer x: peer 10.0.0.1 already exists';
  assert.equal(show([peer("y"), peer("x")]), ["x", problem]);
  assert.equal(show([peer("y"), peer("x")], racks()), ["x", problem], "before any node is known");
  assert.equal(show([peer("y", { peerPort: 1179 }), peer("x")]), ["x", problem]);
  const link = { peerAddress: undefined, interface: "eth0" };
  assert.equal(show([peer("x", link), peer("y", link)]), [
    "x",
    'BGPPeer y spec.interface "eth0": another on the nodes of BGPPeer x: peer eth0 already exists',
  ]);
});

checked("checkPeers() keeps peers that meet nowhere", () => {
  assert.equal(show([peer("x", onRack("a")), peer("y", onRack("b"))]), ["x,y"]);
  assert.equal(show([peer("x", onRack("a")), peer("y", onRack("a"))]).length, 2);
  assert.equal(show([peer("x", { vrf: "red" }), peer("y")]), ["x,y"]);
  assert.equal(show([peer("x"), peer("y", { peerAddress: "10.0.0.2" })]), ["x,y"]);
  assert.equal(show([peer("x"), peer("y"), peer("z", onRack("a"))])[0], "x", "who was left out stands in nobody's way, but x does");
});

checked("checkPeers() lets AS numbers and router ids differ on one node", () => {
  const other = { peerAddress: "10.0.0.2", myASN: 64999, routerID: "10.0.0.99" };
  assert.equal(show([peer("x"), peer("y", other)]), ["x,y"]);
});

checked("checkPeers() does without a BFD profile that is not there, and says so", () => {
  const problem = 'BGPPeer x spec.bfdProfile "fast": the name of a BFDProfile that exists';
  const bfd = peer("x", { bfdProfile: "fast" });
  assert.equal(show([bfd]), ["x", problem]);
  assert.is(checkPeers([bfd], profiles(), racks("a")).accepted.get("x")?.bfdProfile, undefined);
  assert.equal(show([bfd], racks("a"), profiles("fast")), ["x"]);
  assert.is(checkPeers([bfd], profiles("fast"), racks("a")).accepted.get("x")?.bfdProfile, "fast");
});

checked("checkPeers() says where echo packets cannot come back", () => {
  const echo = { bfdProfile: "echo" };
  const problem = 'BGPPeer x spec.bfdProfile "echo": a profile without echoMode, which needs a neighbor with an IPv4 address';
  for (const spec of [{ peerAddress: "2001:db8::1" }, { peerAddress: undefined, interface: "eth0" }, { ebgpMultiHop: true }]) {
    assert.equal(show([peer("x", { ...echo, ...spec })], racks("a"), profiles("echo")), ["x", problem]);
    assert.is(canEcho(peer("x", spec)), false);
  }
  assert.equal(show([peer("x", echo)], racks("a"), profiles("echo")), ["x"]);
});

checked("peersOf() gives the peers of a node", () => {
  const peers = [peer("x"), peer("y", onRack("a")), peer("z", { nodeSelectors: [{ matchLabels: { rack: "b" } }, {}] })];
  const names = (labels: Record<string, string>) => peersOf(peers, labels).map(({ name }) => name);
  assert.equal(names({ rack: "a" }), ["x", "y", "z"]);
  assert.equal(names({}), ["x", "z"]);
});

checked.run();

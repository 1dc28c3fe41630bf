/** What our end of a connection is known by, what connections are made with, and who we are. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Link } from "../../../host/announcer.ts";
import { peerAt, ROUTER } from "../test-stage.ts";
import { identifierOf } from "./identifier.ts";
import { isNear, localEndOf, splitZone } from "./local-end.ts";
import { transportOf } from "./transport.ts";

const ENDS = suite("bgp local end");

/** `link("eth0", "192.0.2.1/24", "fe80::1/64")` */
function link(name: string, ...addresses: string[]): Link {
  return {
    ...{ id: 1, name, mac: "", up: true, mtu: 1500, broadcast: true, noArp: false, loopback: name === "lo" },
    addresses: addresses.map((text) => ({ address: text.split("/")[0] ?? "", prefixLength: Number(text.split("/")[1]) })),
  };
}

const LINKS = [
  link("eth0", "192.0.2.1/24", "fe80::1/64", "2001:db8::1/64", "2001:db8::2/64"),
  link("eth1", "198.51.100.1/24", "fe80::1/64", "fd00::1/64"),
  link("lo", "127.0.0.1/8", "::1/128"),
];

ENDS("of several links with one link-local address, the one that the zone names counts", () => {
  const end = localEndOf({ localAddress: "fe80::1%eth1", remoteAddress: "fe80::9%eth1" }, LINKS);
  assert.equal(end, {
    ...{ address: "fe80::1", family: 6, isDirect: true },
    link: { ipv4: "198.51.100.1", ipv6: "fd00::1", linkLocal: "fe80::1" },
  });
});

ENDS("a peer on none of the link's networks is not direct", () => {
  const far = localEndOf({ localAddress: "2001:db8::2", remoteAddress: "2001:db9::1" }, LINKS);
  assert.equal([far.isDirect, far.address, far.link.ipv6], [false, "2001:db8::2", "2001:db8::1"]);
  assert.ok(localEndOf({ localAddress: "192.0.2.1", remoteAddress: "192.0.2.200" }, LINKS).isDirect);
});

ENDS("an IPv4 address in IPv6's clothes is IPv4", () => {
  const end = localEndOf({ localAddress: "::ffff:192.0.2.1", remoteAddress: "::FFFF:192.0.2.200" }, LINKS);
  assert.equal([end.address, end.family, end.isDirect, end.link.ipv4], ["192.0.2.1", 4, true, "192.0.2.1"]);
  assert.equal(splitZone("fe80::1%eth0.100"), ["fe80::1", "eth0.100"]);
  assert.equal(splitZone("::ffff:0:1"), ["::ffff:0:1", undefined]);
});

ENDS("an address that is on no link any more has nothing beside it", () => {
  const end = localEndOf({ localAddress: "203.0.113.1", remoteAddress: "203.0.113.2" }, LINKS);
  assert.equal(end, { address: "203.0.113.1", family: 4, link: {}, isDirect: false });
  assert.equal([isNear("203.0.113.2", LINKS), isNear("no address", LINKS), isNear("fd00::77", LINKS)], [false, false, true]);
  assert.ok(isNear("203.0.113.2", [link("ppp0", "10.0.0.1/0")]), "a network may be all there is");
});

ENDS("the identifier is the node's IPv4 address, else one on the peer's network, else made of its name", () => {
  const of = (addresses: readonly string[], peer = ROUTER, node = "a") => identifierOf(node, addresses, LINKS, peer);
  assert.is(of(["2001:db8::7", "10.0.0.7"]), "10.0.0.7");
  assert.is(of(["2001:db8::7"]), "192.0.2.1");
  assert.is(of([], "198.51.100.200"), "198.51.100.1");
  assert.is(of([], "2001:db8::99"), "192.0.2.1", "the peer's link may have both families");
  assert.is(of([], "127.0.0.9"), of([], "203.0.113.9"), "loopback is everybody's");
});

ENDS("identifiers made of names are the same each time, and such as every router takes", () => {
  const names = Array.from({ length: 5_000 }, (_, at) => `node-${at}`);
  const made = names.map((name) => identifierOf(name, [], [], "203.0.113.9"));
  assert.equal(
    made,
    names.map((name) => identifierOf(name, [], [], "2001:db8::1")),
  );
  assert.is(new Set(made).size, names.length);
  for (const text of made) assert.ok(Number(text.split(".")[0]) < 224 && text !== "0.0.0.0", text);
});

ENDS("a connection is made by what the peer says, and only that", () => {
  const { sourceAddress: _source, ...bare } = peerAt(179);
  assert.equal(transportOf(bare, ROUTER), { address: ROUTER, port: 179, hopLimit: 1 });
  assert.is(transportOf({ ...bare, multihop: true }, ROUTER).hopLimit, 255);
  assert.is(transportOf({ ...bare, peerAs: "internal" }, ROUTER).hopLimit, 255);
  const full = peerAt(1179, { at: { link: "eth0" }, vrf: "red", ttlSecurityHops: 2, password: { secret: "md5" } });
  assert.equal(transportOf(full, "fe80::9%eth0"), {
    ...{ address: "fe80::9%eth0", port: 1179, hopLimit: 255, leastHopLimit: 254, sourceAddress: "192.0.2.1", device: "red" },
    md5: { secret: "md5" },
  });
  assert.is(transportOf({ ...bare, at: { link: "eth0" } }, "fe80::9%eth0").device, "eth0");
});

ENDS.run();

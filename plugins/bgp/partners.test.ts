import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Announcement } from "../../host/announcer.ts";
import { partnersOf } from "./partners.ts";
import { type Peer, readPeer } from "./peer.ts";
import { announce } from "./test-stage.ts";

const partners = suite("partnersOf");

function peer(spec: object, metadata: object = {}): Peer {
  const object = {
    ...{ apiVersion: "metallb.io/v1beta2", kind: "BGPPeer", metadata: { name: "router", ...metadata } },
    spec: { myASN: 64512, peerASN: 64513, peerAddress: "192.0.2.1", ...spec },
  };
  const parsed = readPeer(object);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed));
  return parsed.value;
}

const of = (one: Peer, ...announcements: Announcement[]) => partnersOf({ peers: [one], profiles: [], nodeAddresses: [] }, announcements);

partners("says where a peer is, who it is, and what signs its session", () => {
  const router = { protocol: "bgp", name: "router", address: "192.0.2.1", port: 1179, asNumber: 64513, nodeAsNumber: 64512 };
  const found = { ...router, md5: { text: "sesame" }, learns: [] };
  assert.equal(of(peer({ peerPort: 1179, password: "sesame" })), [found]);
});

partners("finds an AS number for a peer that only has to be of our own, or of another", () => {
  const numberOf = (spec: object) => of(peer({ peerASN: undefined, ...spec }))[0]?.asNumber;
  assert.is(numberOf({ dynamicASN: "internal" }), 64512);
  assert.is(numberOf({ dynamicASN: "internal", localASN: 64600 }), 64600);
  assert.is(numberOf({ dynamicASN: "external" }), 64513);
  assert.is(numberOf({ dynamicASN: "external", localASN: 64513 }), 64512);
  assert.is(of(peer({ localASN: 64600 }))[0]?.nodeAsNumber, 64600, "as the peer is told");
});

partners("a peer learns what is meant for it, of the families of its session", () => {
  const all = [
    announce("198.51.100.1"),
    announce("198.51.100.2", { peers: ["other"] }),
    announce("198.51.100.3", { peers: ["router"], aggregationLength: 24 }),
    announce("2001:db8::1"),
  ];
  assert.equal(of(peer({}), ...all)[0]?.learns, ["198.51.100.1", "198.51.100.3"]);
  assert.equal(of(peer({ dualStackAddressFamily: true }), ...all)[0]?.learns, ["198.51.100.1", "198.51.100.3", "2001:db8::1"]);
  assert.equal(of(peer({ peerAddress: "2001:db8::ffff" }), ...all)[0]?.learns, ["2001:db8::1"]);
});

partners("leaves out those that no mere listener at an address can be", () => {
  assert.equal(of(peer({ peerAddress: undefined, interface: "eth0" })), []);
  assert.equal(of(peer({ vrf: "red" })), []);
  assert.equal(of({ ...peer({}), passive: true }), []);
});

partners.run();

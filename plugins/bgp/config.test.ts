import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createCheck } from "../../host/sandbox/check-config.ts";
import { readBgpAdvertisement } from "./advertisement.ts";
import { readBfdProfile } from "./bfd-profile.ts";
import { checkAdvertisements } from "./check-advertisements.ts";
import { ATTRIBUTES_SCHEMA, CONFIG_SCHEMA } from "./config.ts";
import { readPeer } from "./peer.ts";

const config = suite("BGP config");

const checkConfig = createCheck("plugin bgp", CONFIG_SCHEMA);
const checkAttributes = createCheck("plugin bgp", ATTRIBUTES_SCHEMA);

function peer(spec: object, annotations: Readonly<Record<string, string>> = {}) {
  const read = readPeer({
    metadata: { name: "tor", annotations },
    spec: { myASN: 64512, peerASN: 64513, peerAddress: "192.0.2.1", ...spec },
  });
  assert.equal(read.problems, []);
  return read.ok ? read.value : undefined;
}

function attributes(spec: object, annotations: Readonly<Record<string, string>> = {}) {
  const read = readBgpAdvertisement({ metadata: { name: "all", annotations }, spec });
  const pools = [{ name: "p", labels: {}, blocks: [], autoAssign: true, avoidBuggyIPs: false }];
  const { accepted } = checkAdvertisements(read.ok ? [read.value] : [], { pools, nodes: [], aliases: new Map() });
  return accepted[0]?.attributes;
}

const everything = {
  ...{ localASN: 64500, sourceAddress: "192.0.2.2", routerID: "192.0.2.3", peerPort: 1179, vrf: "red", bfdProfile: "fast" },
  ...{ holdTime: "9s", keepaliveTime: "3s", connectTime: "5s", password: "x", enableGracefulRestart: true, dualStackAddressFamily: true },
  ...{ ebgpMultiHop: true, nodeSelectors: [{ matchLabels: { rack: "a" }, matchExpressions: [{ key: "gpu", operator: "Exists" }] }] },
};
const options = { "herald.dev/passive": "true", "herald.dev/delay-open": "1500ms", "herald.dev/ttl-security": "2" };
const profile = readBfdProfile({ metadata: { name: "fast" } });

config("CONFIG_SCHEMA takes whatever the readers give", () => {
  const unnumbered = {
    peerAddress: undefined,
    interface: "eth0",
    peerASN: undefined,
    dynamicASN: "external",
    passwordSecret: { name: "s" },
  };
  const peers = [peer({}), peer(everything, options), peer(unnumbered), peer({ peerAddress: "2001:db8::1" })];
  assert.equal(checkConfig({ peers, profiles: profile.ok ? [profile.value] : [], nodeAddresses: ["192.0.2.11"] }), []);
  assert.equal(checkConfig({ peers: [], profiles: [], nodeAddresses: [] }), []);
});

config("CONFIG_SCHEMA refuses what no reader gives, without saying a password", () => {
  const paths = (change: object) =>
    checkConfig({ peers: [{ ...peer(everything, options), ...change }], profiles: [], nodeAddresses: [] }).map(({ path }) => path);
  assert.equal(paths({ colour: "red" }), ["peers[0].colour"]);
  assert.equal(paths({ myAs: 0 }), ["peers[0].myAs"]);
  assert.equal(paths({ at: {} }), ["peers[0].at"]);
  const said = JSON.stringify(
    checkConfig({ peers: [{ ...peer({}), password: { text: "hush", more: 1 } }], profiles: [], nodeAddresses: [] }),
  );
  assert.ok(said.includes("peers[0].password") && !said.includes("hush"), said);
});

config("ATTRIBUTES_SCHEMA takes whatever advertisements say, and no other terms", () => {
  const full = { aggregationLength: 24, aggregationLengthV6: 64, localPref: 5, peers: ["tor"], communities: ["65000:1", "large:1:2:3"] };
  const said = { "herald.dev/med": "7", "herald.dev/as-path-prepend": "2", "herald.dev/weigh-by-endpoints": "true" };
  for (const each of [attributes({}), attributes(full, said)]) {
    assert.is(Object.keys(each ?? {}).length, 1);
    assert.equal(checkAttributes(each), []);
  }
  assert.equal(
    checkAttributes({ all: { ...(attributes({})?.["all"] as object), localPref: "high" } }).map(({ path }) => path),
    ["all.localPref"],
  );
});

config.run();

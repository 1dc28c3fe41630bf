import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseDuration } from "./duration.ts";
import { readPeer } from "./peer.ts";
import { hopLimitsOf, sessionConfigOf } from "./peer-session.ts";

const peer = suite("bgp peer");

const least = { myASN: 64500, peerASN: 64501, peerAddress: "10.0.0.1" };
const read = (spec: object, { version = "v1beta2", annotations = {} }: { version?: string; annotations?: object } = {}) =>
  readPeer({
    apiVersion: `metallb.io/${version}`,
    kind: "BGPPeer",
    metadata: { name: "router", annotations },
    spec: { ...least, ...spec },
  });
const problemsOf = (...args: Parameters<typeof read>) =>
  read(...args).problems.map(({ path, found, expected }) => `${path} ${found}: ${expected}`);
const good = (...args: Parameters<typeof read>) => {
  const parsed = read(...args);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
};

peer("readPeer() takes the defaults", () => {
  assert.equal(good({}), {
    name: "router",
    myAs: 64500,
    peerAs: 64501,
    multihop: false,
    at: { address: "10.0.0.1", family: 4 },
    port: 179,
    nodeSelectors: [],
    gracefulRestart: false,
    dualStack: false,
    holdTimeSeconds: 180,
    keepaliveSeconds: 60,
    passive: false,
    delayOpenSeconds: 0,
  });
});

peer("readPeer() reads every field", () => {
  const spec = {
    localASN: 4_294_967_295,
    peerASN: 0,
    dynamicASN: "external",
    peerAddress: "2001:DB8:0::1",
    sourceAddress: "2001:db8::2",
    peerPort: 16384,
    holdTime: "1m30s",
    keepaliveTime: "10s",
    connectTime: "65535s",
    routerID: "10.10.10.10",
    nodeSelectors: [{ matchLabels: { rack: "a" } }],
    passwordSecret: { name: "md5", namespace: "elsewhere" },
    bfdProfile: "fast",
    enableGracefulRestart: true,
    ebgpMultiHop: true,
    vrf: "red",
    disableMP: true,
    dualStackAddressFamily: true,
  };
  const annotations = { "herald.dev/passive": "true", "herald.dev/delay-open": "5s", "herald.dev/ttl-security": "2", "example.com/x": "y" };
  assert.equal(good(spec, { annotations }), {
    name: "router",
    myAs: 64500,
    localAs: 4_294_967_295,
    peerAs: "external",
    multihop: true,
    at: { address: "2001:db8::1", family: 6 },
    port: 16384,
    nodeSelectors: [{ matchLabels: { rack: "a" }, matchExpressions: [] }],
    gracefulRestart: true,
    dualStack: true,
    holdTimeSeconds: 90,
    keepaliveSeconds: 10,
    connectRetrySeconds: 65_535,
    passive: true,
    delayOpenSeconds: 5,
    sourceAddress: "2001:db8::2",
    routerId: "10.10.10.10",
    password: { secret: "md5" },
    bfdProfile: "fast",
    vrf: "red",
    ttlSecurityHops: 2,
    listenPort: 179,
  });
  assert.equal(good({ peerAddress: undefined, interface: "eth0" }).at, { link: "eth0" });
  assert.equal(good({ password: "secret", passwordSecret: { name: "" } }).password, { text: "secret" });
  assert.is(good({ peerASN: null, dynamicASN: "internal" }).peerAs, "internal");
});

peer("readPeer() reads the older version, too", () => {
  assert.is(good({ peerPort: 0 }, { version: "v1beta1" }).port, 179);
  assert.equal(problemsOf({ peerPort: 0 }), ["spec.peerPort 0: a whole number from 1 to 16384"]);
  const selectors = [{ matchExpressions: [{ key: "rack", operator: "In", values: ["a", "b"] }] }];
  assert.is(good({ nodeSelectors: selectors }, { version: "v1beta1" }).nodeSelectors.length, 1);
  const { holdTimeSeconds, keepaliveSeconds } = good({}, { version: "v1beta1" });
  assert.equal([holdTimeSeconds, keepaliveSeconds], [180, 60], "no timers do not mean timers of zero");
});

peer("readPeer() derives one timer from the other", () => {
  const timers = (spec: object) => {
    const { holdTimeSeconds, keepaliveSeconds } = good(spec);
    return `${holdTimeSeconds}/${keepaliveSeconds}`;
  };
  assert.is(timers({ holdTime: "90s" }), "90/30");
  assert.is(timers({ holdTime: "10s" }), "10/3");
  assert.is(timers({ keepaliveTime: "20s" }), "60/20");
  assert.is(timers({ holdTime: "3.9s" }), "3/1", "fractions are cut off");
  assert.is(timers({ holdTime: "0s" }), "0/0");
  assert.is(timers({ holdTime: "0s", keepaliveTime: "0s" }), "0/0");
  assert.is(timers({ holdTime: "30s", keepaliveTime: "30s" }), "30/30");
  assert.is(timers({ holdTime: "65535s" }), "65535/21845");
});

const refusals: readonly (readonly [string, object, string])[] = [
  ["myASN", { myASN: 0 }, "spec.myASN 0: an AS number from 1 to 4294967295"],
  ["no myASN", { myASN: undefined }, "spec.myASN nothing: an AS number from 1 to 4294967295"],
  ["a long myASN", { myASN: 2 ** 32 }, "spec.myASN 4294967296: a whole number from 0 to 4294967295"],
  ["AS_TRANS", { peerASN: 23456 }, "spec.peerASN 23456: another AS number: that one is reserved (AS_TRANS)"],
  ["localASN", { localASN: 0 }, "spec.localASN 0: an AS number from 1 to 4294967295"],
  ["no AS", { peerASN: undefined }, "spec.peerASN nothing: an AS number from 1 to 4294967295, or dynamicASN"],
  ["two AS", { dynamicASN: "internal" }, 'spec.dynamicASN "internal": nothing beside peerASN'],
  ["dynamicASN", { peerASN: 0, dynamicASN: "any" }, 'spec.dynamicASN "any": internal or external'],
  ["no address", { peerAddress: "" }, "spec.peerAddress nothing: an IP address, or interface (invalid BGPPeer address)"],
  ["peerAddress", { peerAddress: "router.lan" }, 'spec.peerAddress "router.lan": an IP address (invalid BGPPeer address)'],
  ["address and interface", { interface: "eth0" }, 'spec.interface "eth0": nothing beside peerAddress'],
  ["sourceAddress", { sourceAddress: "here" }, 'spec.sourceAddress "here": an IP address (invalid BGPPeer address)'],
  ["families", { sourceAddress: "2001:db8::1" }, 'spec.sourceAddress "2001:db8::1": an IPv4 address, as the peer\'s is'],
  [
    "family of a link",
    { peerAddress: undefined, interface: "eth0", sourceAddress: "10.0.0.2" },
    'spec.sourceAddress "10.0.0.2": an IPv6 address, as the peer\'s is',
  ],
  [
    "link-local address",
    { peerAddress: "fe80::1" },
    'spec.peerAddress "fe80::1": spec.interface with the link instead, as a link-local address may be on any',
  ],
  ...["0.0.0.0", "224.0.0.5", "255.255.255.255", "::", "ff02::1"].map(
    (peerAddress) => [peerAddress, { peerAddress }, `spec.peerAddress "${peerAddress}": the address of one host`] as const,
  ),
  ["peerPort", { peerPort: 16_385 }, "spec.peerPort 16385: a whole number from 1 to 16384"],
  ["holdTime", { holdTime: "2s" }, 'spec.holdTime "2s": a hold time of 0s or from 3s to 65535s'],
  ["a long holdTime", { holdTime: "19h" }, 'spec.holdTime "19h": a duration of 0s or from 3s to 65535s'],
  ["a number of holdTime", { holdTime: 90 }, "spec.holdTime 90: a duration of 0s or from 3s to 65535s"],
  ["a short keepaliveTime", { keepaliveTime: "500ms" }, 'spec.keepaliveTime "500ms": a hold time of 0s or from 3s to 65535s'],
  ["keepaliveTime", { holdTime: "9s", keepaliveTime: "10s" }, 'spec.keepaliveTime "10s": at most the hold time, 9s'],
  ["keepaliveTime without hold time", { holdTime: "0s", keepaliveTime: "10s" }, 'spec.keepaliveTime "10s": at most the hold time, 0s'],
  ["connectTime", { connectTime: "0s" }, 'spec.connectTime "0s": whole seconds from 1s to 65535s'],
  ["half of connectTime", { connectTime: "1.5s" }, 'spec.connectTime "1.5s": whole seconds from 1s to 65535s'],
  ["routerID", { routerID: "2001:db8::1" }, 'spec.routerID "2001:db8::1": an IPv4 address other than 0.0.0.0'],
  ["zero routerID", { routerID: "0.0.0.0" }, 'spec.routerID "0.0.0.0": an IPv4 address other than 0.0.0.0'],
  ["passwords", { password: "x", passwordSecret: { name: "y" } }, 'spec.passwordSecret.name "y": nothing beside password'],
  ["passwordSecret", { passwordSecret: { name: 7 } }, "spec.passwordSecret.name 7: the name of a Secret"],
  [
    "multihop",
    { peerASN: 64500, ebgpMultiHop: true },
    "spec.ebgpMultiHop true: false, as a peer of our own AS may be any number of hops away",
  ],
  ["vrf", { vrf: 7 }, "spec.vrf 7: a string"],
  ["disableMP", { disableMP: "no" }, 'spec.disableMP "no": true or false'],
  ["nodeSelectors", { nodeSelectors: [{}, {}] }, "spec.nodeSelectors[1] an object: each selector once"],
];
for (const [name, spec, expected] of refusals) {
  peer(`readPeer() refuses a wrong ${name}`, () => assert.equal(problemsOf(spec), [expected]));
}

peer("readPeer() says everything that is wrong at once, whatever else a field does", () => {
  assert.is(problemsOf({ myASN: 0, peerAddress: "x", peerPort: 0, holdTime: "1s", vrf: 1, disableMP: "x" }).length, 6);
  for (const junk of [undefined, null, 7, "x", [], { metadata: 7 }, { metadata: { name: "x" }, spec: [] }])
    assert.is(readPeer(junk).ok, false);
});

peer("readPeer() refuses annotations of ours that mean nothing", () => {
  assert.equal(problemsOf({}, { annotations: { "herald.dev/pasive": "true" } }), [
    'metadata.annotations "herald.dev/pasive": one of herald.dev/passive, herald.dev/listen, herald.dev/delay-open, herald.dev/ttl-security',
  ]);
  const annotations = { "herald.dev/passive": "yes", "herald.dev/delay-open": "2h", "herald.dev/ttl-security": "255" };
  assert.equal(problemsOf({}, { annotations }), [
    'metadata.annotations["herald.dev/passive"] "yes": "true" or "false"',
    'metadata.annotations["herald.dev/delay-open"] "2h": a duration such as 5s, of at most an hour',
    'metadata.annotations["herald.dev/ttl-security"] "255": a whole number from 1 to 254',
  ]);
});

peer("parseDuration() reads Go's durations", () => {
  for (const [text, seconds] of Object.entries({
    "0": 0,
    "90s": 90,
    "1m30s": 90,
    "1.5h": 5400,
    ".5s": 0.5,
    "1.s": 1,
    "250ms": 0.25,
    "-3s": -3,
  })) {
    assert.is(parseDuration(text), seconds, text);
  }
  for (const micro of ["u", "µ", "μ"]) assert.ok(Math.abs((parseDuration(`1h2m3s4ms5${micro}s6ns`) ?? 0) - 3723.004005006) < 1e-9, micro);
  for (const text of ["", "90", "s", "1 s", "1d", "1s2", "--1s", "s1", ".s", `${"1".repeat(70)}s`])
    assert.is(parseDuration(text), undefined, text);
});

peer("sessionConfigOf() speaks of the families that the session is to carry", () => {
  const families = (spec: object) => {
    const { families: spoken, extendedNextHop } = sessionConfigOf(good(spec), "192.0.2.1");
    return `${spoken.map(({ afi }) => afi).join("+")} ${extendedNextHop.length}`;
  };
  assert.is(families({}), "1 0");
  assert.is(families({ peerAddress: "2001:db8::1" }), "2 0");
  assert.is(families({ dualStackAddressFamily: true }), "1+2 0");
  assert.is(families({ peerAddress: "2001:db8::1", dualStackAddressFamily: true }), "1+2 1");
  assert.is(families({ peerAddress: undefined, interface: "eth0" }), "1+2 1");
});

peer("sessionConfigOf() tells each peer the AS number and identifier that are for it", () => {
  const { localAs, localIdentifier, gracefulRestart } = sessionConfigOf(good({}), "192.0.2.1");
  assert.equal([localAs, localIdentifier, gracefulRestart], [64500, "192.0.2.1", undefined]);
  const other = sessionConfigOf(good({ localASN: 64999, routerID: "10.0.0.9", enableGracefulRestart: true }), "192.0.2.1");
  assert.equal([other.localAs, other.localIdentifier], [64999, "10.0.0.9"]);
  assert.equal(other.gracefulRestart, { restartTimeSeconds: 120, notification: true });
});

peer("hopLimitsOf() lets packets go as far as the peer may be", () => {
  assert.equal(hopLimitsOf(good({})), { send: 1 });
  assert.equal(hopLimitsOf(good({ ebgpMultiHop: true })), { send: 255 });
  assert.equal(hopLimitsOf(good({ peerASN: 64500 })), { send: 255 });
  assert.equal(hopLimitsOf(good({ peerASN: 0, dynamicASN: "internal" })), { send: 255 });
  assert.equal(hopLimitsOf(good({ peerASN: 64500, localASN: 64999 })), { send: 1 });
  assert.equal(hopLimitsOf(good({}, { annotations: { "herald.dev/ttl-security": "1" } })), { send: 255, least: 255 });
});

peer.run();

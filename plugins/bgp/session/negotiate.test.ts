import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Capability, OpenMessage } from "../messages.ts";
import type { SessionConfig } from "./config.ts";
import { IPV4_UNICAST, IPV6_UNICAST, makeOpen, negotiate, objectToOpen } from "./negotiate.ts";
import { THEIR_OPEN, THEM, US } from "./test-situations.ts";

const negotiation = suite("bgp session negotiate");

const both = [IPV4_UNICAST, IPV6_UNICAST];
const everything: SessionConfig = {
  ...US,
  families: both,
  extendedNextHop: [IPV4_UNICAST],
  extendedMessage: true,
  enhancedRouteRefresh: true,
  gracefulRestart: { restartTimeSeconds: 120, notification: true },
};
const openOf = (parts: Partial<OpenMessage>): OpenMessage => ({ ...THEIR_OPEN, ...parts });
const sayingAs = (asNumber: number): OpenMessage =>
  openOf({ myAutonomousSystem: Math.min(asNumber, 23456), capabilities: [{ name: "fourOctetAs", asNumber }] });
const objectionTo = (open: OpenMessage, config: Partial<SessionConfig> = {}) => {
  const { errorCode, errorSubcode, data, reason } = objectToOpen({ ...US, ...config }, open) ?? {};
  return errorCode === undefined ? undefined : `${errorCode}/${errorSubcode}${data === "" ? "" : ` ${data}`} ${reason}`;
};

negotiation("makeOpen() says what is configured and nothing else", () => {
  assert.equal(makeOpen(US, false), {
    type: "open",
    version: 4,
    myAutonomousSystem: 65001,
    holdTime: 180,
    bgpIdentifier: "192.0.2.1",
    capabilities: [{ name: "multiprotocol", afi: 1, safi: 1 }, { name: "routeRefresh" }, { name: "fourOctetAs", asNumber: 65001 }],
  });
  assert.equal(makeOpen(everything, true).capabilities, [
    { name: "multiprotocol", afi: 1, safi: 1 },
    { name: "multiprotocol", afi: 2, safi: 1 },
    { name: "routeRefresh" },
    { name: "enhancedRouteRefresh" },
    { name: "extendedNextHop", families: [{ afi: 1, safi: 1, nextHopAfi: 2 }] },
    { name: "extendedMessage" },
    { name: "fourOctetAs", asNumber: 65001 },
    {
      name: "gracefulRestart",
      restartState: true,
      notification: true,
      restartTime: 120,
      families: both.map((family) => ({ ...family, forwardingState: true })),
    },
  ]);
});

negotiation("makeOpen() stands AS_TRANS in for a long AS number", () => {
  assert.is(makeOpen({ ...US, localAs: 65535 }, false).myAutonomousSystem, 65535);
  const { myAutonomousSystem, capabilities } = makeOpen({ ...US, localAs: 65536 }, false);
  assert.is(myAutonomousSystem, 23456);
  assert.equal(capabilities.at(-1), { name: "fourOctetAs", asNumber: 65536 });
});

negotiation("objectToOpen() accepts what is right", () => {
  assert.is(objectionTo(THEIR_OPEN), undefined);
  assert.is(objectionTo(openOf({ holdTime: 0 })), undefined);
  assert.is(objectionTo(openOf({ holdTime: 3 })), undefined);
  assert.is(objectionTo(openOf({ capabilities: [] })), undefined, "IPv4 unicast is what a peer without capabilities speaks");
  assert.is(objectionTo(openOf({ bgpIdentifier: US.localIdentifier })), undefined, "RFC 6286: equal identifiers of different ASes");
  assert.is(objectionTo(sayingAs(4_200_000_000), { peerAs: 4_200_000_000 }), undefined);
  assert.is(objectionTo(sayingAs(65001), { peerAs: "internal" }), undefined);
  assert.is(objectionTo(sayingAs(65009), { peerAs: "external" }), undefined);
});

negotiation("objectToOpen() refuses with the RFC's codes, and says what it wanted", () => {
  assert.is(objectionTo(openOf({ version: 5 })), "2/1 0004 Peer speaks BGP version 5, expected 4");
  assert.is(objectionTo(sayingAs(65003)), "2/2 Peer is AS 65003, expected 65002");
  assert.is(objectionTo(sayingAs(65003), { peerAs: "internal" }), "2/2 Peer is AS 65003, expected our own, 65001");
  assert.is(objectionTo(sayingAs(65001), { peerAs: "external" }), "2/2 Peer is AS 65001, expected another than our own");
  for (const unsaid of [0, 23456]) {
    assert.is(objectionTo(sayingAs(unsaid), { peerAs: "external" }), `2/2 Peer is AS ${unsaid}, expected the AS number of the peer`);
  }
  assert.is(objectionTo(openOf({ bgpIdentifier: "0.0.0.0" })), "2/3 Peer has BGP identifier 0.0.0.0, expected another");
  const twin = { ...sayingAs(65001), bgpIdentifier: US.localIdentifier };
  assert.is(objectionTo(twin, { peerAs: "internal" }), "2/3 Peer has our own BGP identifier 192.0.2.1 and AS 65001, expected another");
  for (const holdTime of [1, 2]) {
    assert.is(objectionTo(openOf({ holdTime })), `2/6 Peer wants a hold time of ${holdTime} s, expected 0 or at least 3 s`);
  }
  assert.is(
    objectionTo(THEIR_OPEN, { families: [IPV6_UNICAST] }),
    "2/7 010400020001 Peer speaks of address families 1/1 only, expected one of 2/1",
  );
});

negotiation("negotiate() takes the smaller hold time, and keepalives that fit it", () => {
  const timers = (config: Partial<SessionConfig>, holdTime: number) => {
    const { holdTimeMs, keepaliveMs } = negotiate({ ...US, ...config }, openOf({ holdTime }));
    return [holdTimeMs, keepaliveMs];
  };
  assert.equal(timers({}, 180), [180_000, 60_000]);
  assert.equal(timers({}, 90), [90_000, 30_000]);
  assert.equal(timers({ keepaliveSeconds: 10 }, 90), [90_000, 10_000]);
  assert.equal(timers({ holdTimeSeconds: 3, keepaliveSeconds: 1 }, 90), [3000, 1000]);
  assert.equal(timers({ keepaliveSeconds: 0 }, 90), [90_000, 30_000], "never a hold time without keepalives");
  assert.equal(timers({ holdTimeSeconds: 0, keepaliveSeconds: 0 }, 90), [0, 0]);
  assert.equal(timers({}, 0), [0, 0]);
});

negotiation("negotiate() keeps what both sides have", () => {
  const theirs = makeOpen({ ...everything, localAs: 65002, families: [IPV6_UNICAST, IPV4_UNICAST] }, true);
  assert.equal(negotiate(everything, theirs), {
    localAs: 65001,
    peerAs: 65002,
    isInternal: false,
    peerIdentifier: "192.0.2.1",
    holdTimeMs: 180_000,
    keepaliveMs: 60_000,
    families: both,
    format: { fourOctetAs: true, extendedMessage: true, extendedNextHop: [IPV4_UNICAST], isInternal: false },
    routeRefresh: true,
    enhancedRouteRefresh: true,
    gracefulRestart: {
      peerRestarted: true,
      peerRestartTimeSeconds: 120,
      notification: true,
      families: [IPV6_UNICAST, IPV4_UNICAST].map((family) => ({ ...family, forwardingState: true })),
    },
  });
});

negotiation("negotiate() drops what one side lacks", () => {
  for (const [config, open] of [
    [everything, openOf({ capabilities: [] })],
    [US, makeOpen({ ...everything, localAs: 65002 }, false)],
  ] as const) {
    const { families, format, enhancedRouteRefresh, gracefulRestart } = negotiate(config, open);
    assert.equal(families, [IPV4_UNICAST]);
    assert.equal({ ...format, fourOctetAs: false }, { fourOctetAs: false, extendedMessage: false, extendedNextHop: [], isInternal: false });
    assert.is(enhancedRouteRefresh, false);
    assert.is(gracefulRestart, undefined);
  }
  assert.is(negotiate(US, openOf({ capabilities: [] })).format.fourOctetAs, false);
  const withoutBit = makeOpen({ ...THEM, gracefulRestart: { restartTimeSeconds: 1, notification: false } }, false);
  assert.is(negotiate(everything, withoutBit).gracefulRestart?.notification, false, "RFC 8538: the N bit counts where both set it");
  const otherWay: Capability = { name: "extendedNextHop", families: [{ ...IPV4_UNICAST, nextHopAfi: 1 }] };
  assert.equal(negotiate(everything, openOf({ capabilities: [otherWay] })).format.extendedNextHop, []);
});

negotiation("negotiate() tells internal from external peers", () => {
  assert.is(negotiate({ ...US, peerAs: "internal" }, sayingAs(65001)).isInternal, true);
  assert.is(negotiate(US, sayingAs(65002)).isInternal, false);
  assert.is(negotiate({ ...US, peerAs: "external" }, openOf({ myAutonomousSystem: 64512, capabilities: [] })).peerAs, 64512);
});

negotiation.run();

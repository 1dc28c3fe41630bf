import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  bgp,
  type Message,
  type MessageFormat,
  type NotificationMessage,
  type OpenMessage,
  type UpdateMessage,
} from "../../host/packets/codec/bgp.ts";
import { pathAttributesOf } from "./path-attributes.ts";
import { makeEndOfRib } from "./session/end-of-rib.ts";
import { IPV4_UNICAST, IPV6_UNICAST, makeOpen, negotiate, objectToOpen } from "./session/negotiate.ts";
import { newSession, type SessionInput } from "./session/session.ts";
import { step } from "./session/step.ts";
import { THEIR_OPEN, THEM, US } from "./session/test-situations.ts";

const messages = suite("bgp messages");

const FORMAT: MessageFormat = { fourOctetAs: true, extendedNextHop: [IPV4_UNICAST] };
const EVERYTHING = {
  ...US,
  localAs: 4_200_000_000,
  families: [IPV4_UNICAST, IPV6_UNICAST],
  extendedNextHop: [IPV4_UNICAST],
  extendedMessage: true,
  enhancedRouteRefresh: true,
  gracefulRestart: { restartTimeSeconds: 120, notification: true },
};

/** What a peer reads of it. The data of a NOTIFICATION is seen as hex, too, where words are read from it. */
function roundTrip(message: Message, format: MessageFormat = FORMAT): Message | undefined {
  const { message: read, errors } = bgp.decode(bgp.encode(message, format), format);
  assert.equal(errors, []);
  return read;
}

messages("what the session says is read as it was meant", () => {
  const open = makeOpen(EVERYTHING, true);
  for (const message of [open, makeOpen(US, false), { type: "keepalive" } as const]) assert.equal(roundTrip(message), message);
  assert.is(objectToOpen({ ...THEM, peerAs: 4_200_000_000 }, roundTrip(open) as OpenMessage), undefined);
  for (const family of [IPV4_UNICAST, IPV6_UNICAST]) assert.equal(roundTrip(makeEndOfRib(family)), makeEndOfRib(family));
});

messages("what the session ends with is read as it was meant", () => {
  const ended = (config: typeof US, inputs: readonly SessionInput[]): NotificationMessage => {
    let session = newSession(config, 1);
    const sent: Message[] = [];
    for (const input of [{ type: "start", restarting: false }, { type: "connected", connection: 1 }, ...inputs] as SessionInput[]) {
      const result = step(session, input, 0);
      session = result.session;
      sent.push(...result.actions.flatMap((action) => (action.type === "send" ? [action.message] : [])));
    }
    const last = roundTrip(sent.at(-1) as Message);
    assert.is(last?.type, "notification");
    return last as NotificationMessage;
  };
  const stop: SessionInput = { type: "stop", why: "shutdown", communication: "Grüße" };
  const { errorSubcode, shutdownCommunication } = ended(US, [stop]);
  assert.equal([errorSubcode, shutdownCommunication], [2, "Grüße"]);
  const theirs = makeOpen({ ...THEM, peerAs: 4_200_000_000, gracefulRestart: EVERYTHING.gracefulRestart }, false);
  const established = [theirs, { type: "keepalive" } as const].map(
    (message): SessionInput => ({ type: "received", connection: 1, message }),
  );
  const hard = ended(EVERYTHING, [...established, stop]);
  assert.equal([hard.errorSubcode, hard.hardReset?.errorSubcode, hard.hardReset?.shutdownCommunication], [9, 2, "Grüße"]);
  const unwanted = ended({ ...US, families: [IPV6_UNICAST] }, [{ type: "received", connection: 1, message: THEIR_OPEN }]);
  assert.equal([unwanted.errorCode, unwanted.errorSubcode, unwanted.data], [2, 7, "010400020001"]);
});

messages("what a route says is read as it was meant", () => {
  const route = { localPref: 7, med: 0, prepend: 1, communities: ["64500:1"], largeCommunities: ["1:2:3"], linkBandwidth: 375_000_000 };
  for (const isInternal of [true, false]) {
    const { format, localAs } = negotiate({ ...EVERYTHING, peerAs: "external" }, THEIR_OPEN);
    const attributes = pathAttributesOf(route, { isInternal, localAs }, true);
    const update: UpdateMessage = {
      type: "update",
      withdrawnRoutes: [],
      pathAttributes: { ...attributes, nextHop: "192.0.2.1" },
      nlri: ["198.51.100.0/24"],
    };
    assert.equal(roundTrip(update, { ...format, isInternal }), update);
  }
});

messages.run();

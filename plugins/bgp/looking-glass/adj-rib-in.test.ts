import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { MessageError, UpdateMessage } from "../messages.ts";
import { AdjRibIn } from "./adj-rib-in.ts";

const RIB = suite("bgp adj-rib-in");

const A = "198.51.100.1/32";
const B = "2001:db8::1/128";
const update = (parts: Partial<UpdateMessage>): UpdateMessage => ({
  type: "update",
  withdrawnRoutes: [],
  pathAttributes: {},
  nlri: [],
  ...parts,
});
const learned = update({ nlri: [A], pathAttributes: { origin: "igp", nextHop: "192.0.2.1" } });
const error = (verb: MessageError["verb"]): MessageError => ({
  ...{ verb, errorCode: 3, errorSubcode: 1, data: "", reason: "COMMUNITIES: odd length" },
});
const eventsOf = (rib: AdjRibIn, message: UpdateMessage, errors: readonly MessageError[] = []): string[] =>
  rib.take(message, errors).map(({ event, prefix }) => `${event} ${prefix}`);

RIB("a route is news once, and again when it changes", () => {
  const rib = new AdjRibIn(10);
  assert.equal(eventsOf(rib, learned), [`learned ${A}`]);
  assert.equal(eventsOf(rib, learned), []);
  const other = { ...learned, pathAttributes: { ...learned.pathAttributes, multiExitDisc: 5 } };
  assert.equal(eventsOf(rib, other), [`learned ${A}`]);
  assert.equal([...rib.routes()], [{ prefix: A, nextHop: "192.0.2.1", attributes: { origin: "igp", multiExitDisc: 5 }, isStale: false }]);
  assert.equal(eventsOf(rib, update({ withdrawnRoutes: [A] })), [`withdrawn ${A}`]);
  assert.equal(eventsOf(rib, update({ withdrawnRoutes: [A] })), [], "it was gone");
});

RIB("multiprotocol routes have their own next hops", () => {
  const rib = new AdjRibIn(10);
  const reach = { afi: 2, safi: 1, nextHop: "2001:db8::2", linkLocalNextHop: "fe80::2", nlri: [B] };
  rib.take(update({ pathAttributes: { origin: "igp", mpReachNlri: reach } }), []);
  assert.equal(
    [...rib.routes()],
    [{ prefix: B, nextHop: "2001:db8::2", linkLocalNextHop: "fe80::2", attributes: { origin: "igp" }, isStale: false }],
  );
  assert.equal(eventsOf(rib, update({ pathAttributes: { mpUnreachNlri: { afi: 2, safi: 1, withdrawnRoutes: [B] } } })), [`withdrawn ${B}`]);
});

RIB("a malformed UPDATE takes its routes away, or only the attribute, and says why", () => {
  const rib = new AdjRibIn(10);
  rib.take(learned, []);
  assert.equal(eventsOf(rib, learned, [error("discardAttribute")]), [`attributeDiscarded ${A}`]);
  assert.is(rib.size, 1);
  assert.equal(rib.take(learned, [error("treatAsWithdraw")]), [
    { event: "treatedAsWithdrawn", prefix: A, reason: "COMMUNITIES: odd length" },
  ]);
  assert.is(rib.size, 0);
});

RIB("stale routes stay until their family is told again", () => {
  const rib = new AdjRibIn(10);
  rib.take(update({ nlri: [A, "198.51.100.2/32"], pathAttributes: { nextHop: "192.0.2.1" } }), []);
  rib.markStale();
  assert.equal(
    Array.from(rib.routes(), ({ isStale }) => isStale),
    [true, true],
  );
  assert.equal(eventsOf(rib, update({ nlri: [A], pathAttributes: { nextHop: "192.0.2.1" } })), [], "the same as before");
  assert.equal(
    rib.dropStale((prefix) => prefix.includes(":")),
    [],
  );
  assert.equal(
    rib.dropStale().map(({ prefix }) => prefix),
    ["198.51.100.2/32"],
  );
  assert.equal(
    rib.clear().map(({ prefix }) => prefix),
    [A],
  );
});

RIB("more routes than it may keep are refused", () => {
  const rib = new AdjRibIn(1);
  rib.take(learned, []);
  assert.throws(() => rib.take(update({ nlri: ["198.51.100.9/32"] }), []), /More than 1 routes/);
});

RIB.run();

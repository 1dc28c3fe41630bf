import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LearnedRoutes, routeTo } from "./learned-routes.ts";

const LEARNED = suite("LearnedRoutes");

const learned = (peer: string, prefix: string, nextHop = peer) => ({ event: "learned", peer, prefix, nextHop });

LEARNED("has each next hop of a prefix once, until its peer takes it back", () => {
  const routes = new LearnedRoutes();
  for (const peer of ["192.0.2.12", "192.0.2.11"]) assert.ok(routes.take(learned(peer, "198.51.100.1/32")));
  routes.take(learned("192.0.2.13", "198.51.100.1/32", "192.0.2.12"));
  assert.equal([...routes.routes], [["198.51.100.1/32", ["192.0.2.11", "192.0.2.12"]]]);
  routes.take(learned("192.0.2.12", "198.51.100.1/32", "192.0.2.14"));
  routes.take({ event: "withdrawn", peer: "192.0.2.13", prefix: "198.51.100.1/32" });
  assert.equal([...routes.routes.values()], [["192.0.2.11", "192.0.2.14"]]);
  routes.take({ event: "treatedAsWithdrawn", peer: "192.0.2.11", prefix: "198.51.100.1/32", reason: "no ORIGIN" });
  routes.take({ event: "withdrawn", peer: "192.0.2.12", prefix: "198.51.100.1/32" });
  assert.equal([...routes.routes], []);
});

LEARNED("says whether an event changed anything", () => {
  const routes = new LearnedRoutes();
  assert.not(routes.take({ event: "withdrawn", peer: "192.0.2.11", prefix: "198.51.100.1/32" }));
  assert.not(routes.take({ event: "endOfRib", peer: "192.0.2.11" }));
  assert.not(routes.take({ event: "listening" }));
  assert.ok(routes.take({ event: "sessionUp", peer: "192.0.2.11" }));
});

LEARNED("knows why a session is not up, and that it is up again", () => {
  const routes = new LearnedRoutes();
  const peer = "192.0.2.11";
  const received = "Cease / Administrative Shutdown";
  routes.take({ event: "sessionFailed", peer, reason: "wrong AS number", notificationSent: "OPEN Message Error / Bad Peer AS" });
  assert.equal(routes.sessions.get(peer), { isUp: false, reason: "wrong AS number; sent OPEN Message Error / Bad Peer AS" });
  routes.take({ event: "sessionDown", peer, reason: `received ${received}`, notificationReceived: received });
  assert.equal(routes.sessions.get(peer), { isUp: false, reason: `received ${received}` });
  routes.take({ event: "sessionUp", peer });
  assert.equal(routes.sessions.get(peer), { isUp: true });
});

LEARNED("routeTo() takes the most specific prefix of the VIP's own family", () => {
  const hops = ["192.0.2.11"];
  const routes = new Map(["0.0.0.0/0", "198.51.100.0/24", "198.51.100.0/31", "198.51.101.0/24", "::/0"].map((prefix) => [prefix, hops]));
  const prefixOf = (vip: string) => routeTo(vip, { routes })?.prefix;
  assert.equal(["198.51.100.1", "198.51.100.2", "203.0.113.1", "2001:db8::1"].map(prefixOf), [
    "198.51.100.0/31",
    "198.51.100.0/24",
    "0.0.0.0/0",
    "::/0",
  ]);
  assert.is(routeTo("198.51.100.1", { routes: new Map() }), undefined);
});

LEARNED.run();

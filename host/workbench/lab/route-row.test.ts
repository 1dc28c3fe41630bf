import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LearnedRoutes } from "./learned-routes.ts";
import type { ExpectedRoute } from "./route-expectation.ts";
import { isRouteGood, lookAgain, type RouteRow, type RouterFacts, routeComplaint, routeResult, routeTarget } from "./route-row.ts";

const ROUTE = suite("route row");

const VIP = "198.51.100.1";
const NODES = new Map([
  ["node-a", "192.0.2.11"],
  ["node-b", "192.0.2.12"],
]);
const expected: ExpectedRoute = {
  ...{ service: "default/photos", vip: VIP, pool: "routed", router: { name: "router", address: "192.0.2.1" }, nodes: [...NODES.keys()] },
  ...{ ports: [{ protocol: "TCP", port: 80 }], isOnRecord: true },
};
const fresh: RouteRow = { expected, nextHops: [], sinceMs: 1000 };

function open(parts: Partial<RouterFacts> = {}) {
  const routes = new LearnedRoutes();
  const facts: RouterFacts = {
    learned: () => routes,
    nameOf: (address) => [...NODES].find(([, own]) => own === address)?.[0] ?? address,
    addressOf: (node) => NODES.get(node) ?? "",
    viaOf: (router, vip) => (vip.includes(":") ? "2001:db8::1" : router),
    objectionTo: () => undefined,
    isReachable: true,
    ...parts,
  };
  const tell = (event: string, node: string) =>
    routes.take({
      event,
      peer: NODES.get(node) ?? node,
      prefix: `${VIP}/32`,
      nextHop: NODES.get(node) ?? node,
      reason: "hold timer expired",
    });
  return { facts, tell };
}

ROUTE("is learned when all next hops are there, and good when the client got through to one of them", () => {
  const { facts, tell } = open();
  tell("learned", "node-b");
  const half = lookAgain(fresh, facts, 1100);
  assert.equal([half.nextHops, routeResult(half).learned, routeResult(half).learnedInMs], [["node-b"], false, null]);
  tell("learned", "node-a");
  const whole = lookAgain(half, facts, 1200);
  assert.equal([routeResult(whole).learned, routeResult(whole).learnedInMs, isRouteGood(whole)], [true, 200, false]);
  assert.not(isRouteGood({ ...whole, reached: null }));
  assert.not(isRouteGood({ ...whole, reached: "node-c" }));
  const good = { ...whole, reached: "node-b" };
  assert.ok(isRouteGood(good));
  assert.equal(lookAgain(good, facts, 9000), good, "nothing has changed");
  assert.is(routeComplaint(good, facts), undefined);
});

ROUTE("counts from the loss of a next hop where one is lost", () => {
  const { facts, tell } = open();
  for (const node of NODES.keys()) tell("learned", node);
  const good = { ...lookAgain(fresh, facts, 1200), reached: "node-b" };
  tell("withdrawn", "node-b");
  const lost = lookAgain(good, facts, 5000);
  assert.equal([lost.nextHops, lost.sinceMs, lost.reached, lost.learnedMs], [["node-a"], 5000, undefined, undefined]);
  tell("learned", "node-b");
  assert.is(routeResult(lookAgain(lost, facts, 6500)).learnedInMs, 1500);
});

ROUTE("routeComplaint() says what was found, what was expected, and why a session is not up", () => {
  const { facts, tell } = open();
  const complaint = () => routeComplaint(lookAgain(fresh, facts, 1100), facts);
  const router = `default/photos ${VIP}: router router (192.0.2.1)`;
  assert.is(complaint(), `${router} has not learned it, expected from node-a, node-b (node-a has not connected; node-b has not connected)`);
  tell("sessionUp", "node-a");
  tell("learned", "node-a");
  tell("sessionFailed", "node-b");
  assert.is(complaint(), `${router} has it from node-a, expected from node-a, node-b (no session with node-b: hold timer expired)`);
  tell("learned", "node-b");
  assert.is(complaint(), `${router} has learned it, but TCP port 80 through it was answered by nobody, expected one of node-a, node-b`);
  tell("learned", "192.0.2.99");
  assert.is(complaint(), `${router} has it from 192.0.2.99, node-a, node-b, expected from node-a, node-b`);
});

ROUTE("routeComplaint() says why there is no route to learn", () => {
  const said = (row: Partial<ExpectedRoute>, parts: Partial<RouterFacts> = {}) =>
    routeComplaint({ ...fresh, expected: { ...expected, ...row } }, open(parts).facts) ?? "";
  const { router: _, ...nowhere } = expected;
  assert.match(
    routeComplaint({ ...fresh, expected: nowhere }, open().facts) ?? "",
    /is announced by node-a, node-b, but the lab has no router/,
  );
  assert.match(
    said({}, { objectionTo: () => "node-b has that address" }),
    /cannot have router router \(192\.0\.2\.1\), as node-b has that address$/,
  );
  assert.match(said({ isOnRecord: false }), /is not given out/);
  assert.is(said({}, { isReachable: false }), "", "a wire without sessions");
});

ROUTE("routeTarget() goes through the router", () => {
  const { facts } = open();
  assert.equal(routeTarget(expected, facts), { vip: VIP, port: { protocol: "TCP", port: 80 }, via: "192.0.2.1" });
  const six = { ...expected, vip: "2001:db8:feed::1" };
  assert.is(routeTarget(six, facts).via, "2001:db8::1", "of the VIP's family");
});

ROUTE.run();

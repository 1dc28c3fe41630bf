/** One row of the lab's routes: what a router should have learned of a VIP, what it has, where the client got through it, and what is wrong. */

import type { Target } from "./ground.ts";
import { type Learned, routeTo } from "./learned-routes.ts";
import type { ExpectedRoute } from "./route-expectation.ts";
import { portToAsk } from "./row.ts";

export interface RouteRow {
  readonly expected: ExpectedRoute;
  /** Where packets for the VIP may go: names of nodes, sorted; an address that is no node's as it is. */
  readonly nextHops: readonly string[];
  readonly prefix?: string;
  /** Node that took the client's connection through the router. */
  readonly reached?: string | null;
  /** When all next hops were there; monotonic milliseconds. */
  readonly learnedMs?: number;
  /** Since when something was to be learned. */
  readonly sinceMs: number;
}

/** As `lab --json` prints it. */
export interface RouteResult {
  /** `namespace/name`. */
  readonly name: string;
  readonly vip: string;
  readonly pool: string | null;
  readonly router: string | null;
  /** What the router learned. */
  readonly prefix: string | null;
  readonly nextHops: readonly string[];
  readonly expectedNextHops: readonly string[];
  /** From all of the expected, and from no other. */
  readonly learned: boolean;
  /** The node that took the client's connection. */
  readonly reached: string | null;
  /** From the start of the speakers, or the edit, until the router had them all. */
  readonly learnedInMs: number | null;
}

/** What is known of the routers. */
export interface RouterFacts {
  learned(router: string): Learned | undefined;
  nameOf(address: string): string;
  /** By which a router knows the node. */
  addressOf(node: string, router: string): string;
  /** By which the client sends what is for the VIP through the router. */
  viaOf(router: string, vip: string): string;
  /** Why there is no router at this address. */
  objectionTo(router: string): string | undefined;
  /** This wire carries sessions, and connections. */
  readonly isReachable: boolean;
}

/** A row as it is with what the router has learned by now. */
export function lookAgain(row: RouteRow, facts: RouterFacts, nowMs: number): RouteRow {
  const { expected, sinceMs, learnedMs, reached } = row;
  const learned = expected.router === undefined ? undefined : facts.learned(expected.router.address);
  const route = learned && routeTo(expected.vip, learned);
  const nextHops = (route?.nextHops ?? []).map((address) => facts.nameOf(address)).sort();
  const found = { expected, nextHops, ...(route === undefined ? {} : { prefix: route.prefix }) };
  const isSame = String(nextHops) === String(row.nextHops);
  if (!isAsExpected(found)) return { ...found, sinceMs: learnedMs === undefined ? sinceMs : nowMs };
  return { ...found, sinceMs, learnedMs: learnedMs ?? nowMs, ...(isSame && reached !== undefined ? { reached } : {}) };
}

export function isAsExpected({ expected, nextHops }: Pick<RouteRow, "expected" | "nextHops">): boolean {
  return expected.router !== undefined && expected.isOnRecord && String(nextHops) === String(expected.nodes);
}

/** Nothing is left to learn or to try. */
export function isRouteGood(row: RouteRow): boolean {
  const isReached = portToAsk(row.expected.ports) === undefined || (row.reached != null && row.nextHops.includes(row.reached));
  return isAsExpected(row) && isReached;
}

export function routeTarget({ vip, ports, router }: ExpectedRoute, { viaOf }: Pick<RouterFacts, "viaOf">): Target {
  const port = portToAsk(ports);
  return { vip, ...(port === undefined ? {} : { port }), ...(router === undefined ? {} : { via: viaOf(router.address, vip) }) };
}

export function routeResult(row: RouteRow): RouteResult {
  const { expected, prefix, nextHops, reached, learnedMs, sinceMs } = row;
  return {
    name: expected.service,
    vip: expected.vip,
    pool: expected.pool ?? null,
    router: expected.router?.name ?? null,
    prefix: prefix ?? null,
    nextHops,
    expectedNextHops: expected.nodes,
    learned: isAsExpected(row),
    reached: reached ?? null,
    learnedInMs: learnedMs === undefined ? null : Math.max(0, Math.round(learnedMs - sinceMs)),
  };
}

/** What is wrong with a row, in one line; undefined where all is well. */
export function routeComplaint(row: RouteRow, facts: RouterFacts): string | undefined {
  const { service, vip, router, nodes, isOnRecord, ports } = row.expected;
  const name = `${service} ${vip}`;
  if (router === undefined) return `${name} is announced by ${nodes.join(", ")}, but the lab has no router that should hear of it`;
  const there = `router ${router.name} (${router.address})`;
  const objection = facts.objectionTo(router.address);
  if (objection !== undefined) return `${name} cannot be learned: the lab cannot have ${there}, as ${objection}`;
  if (!isOnRecord) return `${name} is not given out: the controller has not written it down`;
  if (!facts.isReachable) return undefined;
  if (!isAsExpected(row)) {
    const found = row.nextHops.length === 0 ? "has not learned it" : `has it from ${row.nextHops.join(", ")}`;
    const why = nodes.filter((node) => !row.nextHops.includes(node)).flatMap((node) => whyNot(node, router.address, facts));
    return `${name}: ${there} ${found}, expected from ${nodes.join(", ")}${why.length === 0 ? "" : ` (${why.join("; ")})`}`;
  }
  const port = portToAsk(ports);
  if (port === undefined || (row.reached != null && row.nextHops.includes(row.reached))) return undefined;
  return `${name}: ${there} has learned it, but ${port.protocol} port ${port.port} through it was answered by ${row.reached ?? "nobody"}, expected one of ${nodes.join(", ")}`;
}

function whyNot(node: string, router: string, { learned, addressOf }: RouterFacts): string[] {
  const session = learned(router)?.sessions.get(addressOf(node, router));
  if (session === undefined) return [`${node} has not connected`];
  return session.isUp ? [] : [`no session with ${node}: ${session.reason}`];
}

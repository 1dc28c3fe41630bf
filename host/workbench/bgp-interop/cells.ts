/** The matrix: what is shown at each router, in which session, and which router cannot, and why. */

import * as assert from "uvu/assert";
import type { RouterName, SeenRoute } from "../bgp-peers/routers.ts";
import {
  COMMUNITIES,
  LARGE_COMMUNITIES,
  LOCAL_PREFERENCE,
  MANY,
  MANY_PREFIX,
  MED,
  PREPENDED,
  ROUTE,
  ROUTE6,
  WEIGHED_ROUTE,
} from "./manifests.ts";
import type { Phases } from "./phases.ts";
import { NODE_AS, nodeAddress, type SessionName } from "./sessions.ts";

export interface Cell {
  readonly name: string;
  /** Routers that cannot, with the reason. */
  readonly unable?: Readonly<Partial<Record<RouterName, string>>>;
  check(router: RouterName, phases: Phases): Promise<void>;
}

/** A cell that is a route in a router's own table. */
function routeCell(
  name: string,
  session: SessionName,
  prefix: string,
  look: (route: SeenRoute) => void,
  unable: Cell["unable"] = {},
): Cell {
  return { name, unable, check: async (router, phases) => look(await phases.route(router, nodeAddress(session), prefix)) };
}

function nothing(): never {
  throw new Error("The router was not watched");
}

const BY_ADDRESS = "names neighbors by their addresses only";
const NO_BFD = "has no BFD";
const NO_LONG = "has no extended messages (RFC 8654) in this version";
const GIVES_WAY = "gives up its own attempt when the neighbor connects, so there is no collision to bring about";

export const CELLS: readonly Cell[] = [
  {
    name: "session up",
    async check(router, phases) {
      assert.is(await phases.established(router, nodeAddress("plain")), "established");
    },
  },
  routeCell("IPv4 routes", "plain", ROUTE, ({ nextHops }) => assert.equal(nextHops, [nodeAddress("plain")])),
  routeCell("IPv6 routes", "plain", ROUTE6, ({ nextHops }) => assert.match(nextHops[0] ?? "", /^2001:db8:/)),
  routeCell("AS numbers of four octets", "plain", ROUTE, ({ asPath }) => assert.equal(asPath, [NODE_AS])),
  routeCell("communities", "plain", ROUTE, ({ communities }) => assert.equal(communities, COMMUNITIES)),
  routeCell("large communities", "plain", ROUTE, ({ largeCommunities }) => assert.equal(largeCommunities, LARGE_COMMUNITIES)),
  routeCell("MED", "plain", ROUTE, ({ med }) => assert.is(med, MED)),
  routeCell("local preference (IBGP)", "internal", ROUTE, ({ localPref, asPath }) =>
    assert.equal([localPref, asPath], [LOCAL_PREFERENCE, []]),
  ),
  routeCell("longer AS path", "plain", WEIGHED_ROUTE, ({ asPath }) => assert.equal(asPath, Array(1 + PREPENDED).fill(NODE_AS))),
  // Three endpoints, each as much as a link of 1 Gbit/s.
  routeCell("weights of nodes", "plain", WEIGHED_ROUTE, ({ linkBandwidth }) => assert.is(linkBandwidth, 3 * 125_000_000), {
    openbgpd: "shows the type of this community, not its value",
  }),
  routeCell("TCP MD5", "signed", ROUTE, ({ stale }) => assert.is(stale, false)),
  routeCell("IPv6 session", "ipv6", ROUTE6, ({ nextHops }) => assert.is(nextHops[0], nodeAddress("ipv6"))),
  routeCell("IPv4 routes with IPv6 next hops", "ipv6", ROUTE, ({ nextHops }) => assert.is(nextHops[0], nodeAddress("ipv6")), {
    openbgpd: "has no RFC 8950 in this version",
  }),
  {
    name: "unnumbered",
    unable: {
      bird: "needs its protocol radv beside, to be found on the link; not tested",
      gobgpd: "looks for the neighbor on the link only once, when it starts; not tested",
      openbgpd: BY_ADDRESS,
      exabgp: BY_ADDRESS,
    },
    async check(router, phases) {
      const { nextHops } = await phases.route(router, "eth0", ROUTE);
      assert.match(nextHops.join(" "), /fe80:/);
    },
  },
  routeCell("both sides may connect", "collision", ROUTE, ({ stale }) => assert.is(stale, false)),
  routeCell("only the router connects", "passive", ROUTE, ({ stale }) => assert.is(stale, false)),
  {
    name: "hold timer",
    async check(router, phases) {
      const { hold, plain } = (await phases.frozen()).get(router) ?? nothing();
      // Three seconds since the last message, which may have been a second before.
      assert.ok(hold !== undefined && hold > 1500, `gone after ${hold} ms`);
      assert.is(plain, undefined);
    },
  },
  {
    name: "BFD",
    unable: { gobgpd: NO_BFD, openbgpd: NO_BFD, exabgp: NO_BFD },
    async check(router, phases) {
      const { bfd } = (await phases.frozen()).get(router) ?? nothing();
      // The hold time is far longer than we look.
      assert.ok(bfd !== undefined, "its routes stayed");
    },
  },
  {
    name: "graceful restart",
    unable: { exabgp: "keeps no routes: it hands on what it is told" },
    async check(router, phases) {
      const { wasMissing, wasStale, othersWereMissing } = (await phases.restarted()).get(router) ?? nothing();
      assert.equal({ wasMissing, wasStale, othersWereMissing }, { wasMissing: false, wasStale: true, othersWereMissing: true });
    },
  },
  {
    name: "route refresh",
    unable: { gobgpd: "never asks: it keeps what it was told" },
    async check(router, phases) {
      assert.ok((await phases.captured()).refreshed(router), "nothing came again");
      await phases.route(router, nodeAddress("plain"), ROUTE);
    },
  },
  {
    name: "extended messages",
    unable: { gobgpd: NO_LONG, openbgpd: NO_LONG },
    async check(router, phases) {
      assert.is((await phases.routes(router, nodeAddress("plain"))).filter(({ prefix }) => prefix.startsWith(MANY_PREFIX)).length, MANY);
      assert.ok((await phases.captured()).longest(router) > 4096);
    },
  },
  {
    name: "collision",
    unable: {
      gobgpd: GIVES_WAY,
      openbgpd: GIVES_WAY,
      exabgp: GIVES_WAY,
    },
    check: async (router, phases) => assert.ok((await phases.captured()).collided(router), "no connection was closed for another"),
  },
];

/** Markdown. */
export function matrixTable(routers: readonly RouterName[]): string {
  const reasons: string[] = [];
  const mark = (router: RouterName, { unable = {} }: Cell): string => {
    const reason = unable[router];
    if (reason === undefined) return "yes";
    if (!reasons.includes(reason)) reasons.push(reason);
    return `no [${reasons.indexOf(reason) + 1}]`;
  };
  const rows = CELLS.map((cell) => `| ${[cell.name, ...routers.map((router) => mark(router, cell))].join(" | ")} |`);
  const head = [`| | ${routers.join(" | ")} |`, `|---|${routers.map(() => "---|").join("")}`];
  return [...head, ...rows, "", ...reasons.map((reason, at) => `${at + 1}. It ${reason}`), ""].join("\n");
}

/** The matrix: what is shown at each router, in which session, and which router cannot, and why. */

import * as assert from "uvu/assert";
import type { RouterName, SeenRoute } from "../bgp-peers/routers.ts";
import { GRACEFUL_SHUTDOWN } from "./disturbances.ts";
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
import { NODE, NODE_AS, nodeAddress, type SessionName } from "./sessions.ts";

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
const NO_FAREWELL = "never says AdminDown: BFD that it ends falls silent";
const NO_LONG = "has no extended messages (RFC 8654) in this version";
const NO_COLLISION = "cannot be brought to a collision at will, so none is tested";
const NEVER_ASKS = "never asks: it keeps what it was told";
const NO_NOTIFICATION = "drops all routes at a NOTIFICATION: it has no RFC 8538 in this version";
const KEEPS_NONE = "keeps no routes: it hands on what it is told";

/** Never gone from the router's table, and marked there meanwhile. */
const STAYED = { wasMissing: false, wasStale: true };

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
  {
    name: "both sides listen",
    async check(router, phases) {
      await phases.fresh(router, ["collision"]);
      const stage = await phases.stage();
      assert.equal([stage.listens(NODE), stage.listens(router)], [true, true]);
    },
  },
  routeCell("only the router connects", "passive", ROUTE, ({ stale }) => assert.is(stale, false)),
  {
    name: "hold timer",
    async check(router, phases) {
      const { hold, plain } = (await phases.frozen()).get(router) ?? nothing();
      // Three seconds since the last message, which may have been a second before, and more on a busy machine.
      assert.ok(hold !== undefined && hold > 1000, `gone after ${hold} ms`);
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
    unable: { exabgp: KEEPS_NONE },
    async check(router, phases) {
      const { kept, othersWereMissing } = (await phases.restarted()).get(router) ?? nothing();
      const found = [kept.get("restart"), othersWereMissing];
      assert.equal(found, [STAYED, true], JSON.stringify(found));
    },
  },
  {
    name: "graceful restart with BFD",
    unable: { gobgpd: NO_BFD, openbgpd: NO_BFD, exabgp: NO_BFD },
    async check(router, phases) {
      const { kept } = (await phases.restarted()).get(router) ?? nothing();
      assert.equal(kept.get("bfd-restart"), STAYED);
      const { "bfd-restart": goneAfterMs } = (await phases.frozen()).get(router) ?? nothing();
      assert.is(goneAfterMs, undefined);
    },
  },
  {
    name: "graceful shutdown",
    async check(router, phases) {
      const { plain, internal, kept } = (await phases.departed()).get(router) ?? nothing();
      assert.equal(plain?.communities, [...COMMUNITIES, GRACEFUL_SHUTDOWN]);
      assert.equal([internal?.communities, internal?.localPref], [[...COMMUNITIES, GRACEFUL_SHUTDOWN], 0]);
      // Who keeps routes has nothing else to look for.
      if (router !== "exabgp") assert.equal(kept?.communities, COMMUNITIES);
    },
  },
  {
    name: "routes kept over a NOTIFICATION",
    unable: { bird: NO_NOTIFICATION, openbgpd: NO_NOTIFICATION, exabgp: KEEPS_NONE },
    async check(router, phases) {
      assert.equal((await phases.reconfigured()).get(router), STAYED);
      assert.ok((await phases.captured()).reconfigured(router), "no session ended by that NOTIFICATION");
    },
  },
  {
    name: "BFD ended by AdminDown",
    unable: { bird: NO_FAREWELL, gobgpd: NO_BFD, openbgpd: NO_BFD, exabgp: NO_BFD },
    async check(router, phases) {
      assert.is((await phases.suspended()).get(router), false);
      assert.ok((await phases.captured()).saidAdminDown(router), "it did not say AdminDown");
    },
  },
  {
    name: "route refresh",
    unable: { gobgpd: NEVER_ASKS },
    async check(router, phases) {
      assert.ok((await phases.captured()).refreshed(router), "nothing came again");
      await phases.route(router, nodeAddress("plain"), ROUTE);
    },
  },
  {
    name: "enhanced route refresh",
    unable: { gobgpd: NEVER_ASKS },
    async check(router, phases) {
      const refresh = (await phases.captured()).refresh(router);
      assert.match(refresh, /^(<([12])( u)+ \2>( |$)){2}$/);
      for (const prefix of [ROUTE, ROUTE6]) await phases.route(router, nodeAddress("plain"), prefix);
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
      gobgpd: NO_COLLISION,
      openbgpd: NO_COLLISION,
      exabgp: NO_COLLISION,
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

/** GoBGP: its own port for questions is a socket in the folder; routes of its own are added by command. */

import type { NeighborDescription, OriginatedRoute, Router, RouterDescription, SeenRoute, SeenSession } from "./description.ts";
import type { Workplace } from "./workplace.ts";

const BGP_PORT = 179;
const RESTART_SECONDS = 120;
/** `session_state` in its answers. */
const STATES = ["unknown", "idle", "connect", "active", "opensent", "openconfirm", "established"];

export async function startGobgpd(workplace: Workplace, description: RouterDescription): Promise<Router> {
  const config = workplace.write("gobgpd.toml", gobgpConfig(description));
  const target = `unix://${workplace.path("api")}`;
  workplace.start(["gobgpd", "--log-plain", "-f", config, "--api-hosts", target]);
  const gobgp = (...words: readonly string[]) => workplace.ask("gobgp", "--target", target, ...words);
  // It answers before it has read its configuration.
  const hasNeighbors = async () => (JSON.parse(await gobgp("neighbor", "-j")) as unknown[] | null)?.length === description.neighbors.length;
  await workplace.until(hasNeighbors);
  for (const route of description.routes ?? []) await gobgp(...addRoute(route));
  return {
    name: "gobgpd",
    async routes() {
      const tables = await Promise.all(["ipv4", "ipv6"].map((family) => gobgp("global", "rib", "-a", family, "-j")));
      return tables.flatMap(readRoutes);
    },
    session: async (neighbor) => readSession(await gobgp("neighbor", neighbor, "-j")),
    refresh: async (neighbor) => void (await gobgp("neighbor", neighbor, "softresetin")),
    shutDown: async (neighbor) => void (await gobgp("neighbor", neighbor, "shutdown")),
    detectionMs: async () => undefined,
    ...workplace.life(),
  };
}

function gobgpConfig({ asNumber, routerId, port = BGP_PORT, neighbors }: RouterDescription): string {
  return [
    "[global.config]",
    `as = ${asNumber}`,
    `router-id = "${routerId}"`,
    `port = ${port}`,
    ...neighbors.flatMap(neighborLines),
    "",
  ].join("\n");
}

function neighborLines(neighbor: NeighborDescription): string[] {
  const { at, asNumber, holdTimeSeconds, password, port } = neighbor;
  if ("link" in at) throw new Error("This GoBGP needs a neighbor's address");
  return [
    "[[neighbors]]",
    "[neighbors.config]",
    `neighbor-address = "${at.address}"`,
    `peer-as = ${asNumber}`,
    ...(password === undefined ? [] : [`auth-password = "${password}"`]),
    "[neighbors.timers.config]",
    "connect-retry = 1",
    "idle-hold-time-after-reset = 1",
    ...(holdTimeSeconds === undefined ? [] : [`hold-time = ${holdTimeSeconds}`, `keepalive-interval = ${Math.floor(holdTimeSeconds / 3)}`]),
    "[neighbors.transport.config]",
    `local-address = "${at.localAddress}"`,
    `passive-mode = ${neighbor.passive === true}`,
    ...(port === undefined ? [] : [`remote-port = ${port}`]),
    ...(neighbor.ttlSecurity === true ? ["[neighbors.ttl-security.config]", "enabled = true", "ttl-min = 255"] : []),
    ...(neighbor.multihop === true ? ["[neighbors.ebgp-multihop.config]", "enabled = true", "multihop-ttl = 255"] : []),
    "[neighbors.graceful-restart.config]",
    `enabled = ${neighbor.gracefulRestart === true}`,
    `restart-time = ${RESTART_SECONDS}`,
    // RFC 8538.
    `notification-enabled = ${neighbor.gracefulRestart === true}`,
    ...neighbor.families.flatMap((family) => [
      "[[neighbors.afi-safis]]",
      "[neighbors.afi-safis.config]",
      `afi-safi-name = "ipv${family}-unicast"`,
      "[neighbors.afi-safis.mp-graceful-restart.config]",
      `enabled = ${neighbor.gracefulRestart === true}`,
    ]),
  ];
}

function addRoute({ prefix, med, communities = [], largeCommunities = [] }: OriginatedRoute): string[] {
  const family = prefix.includes(":") ? "ipv6" : "ipv4";
  const words = [
    ...(med === undefined ? [] : ["med", String(med)]),
    ...(communities.length === 0 ? [] : ["community", communities.join(",")]),
    ...(largeCommunities.length === 0 ? [] : ["large-community", largeCommunities.join(",")]),
  ];
  return ["global", "rib", "add", prefix, ...words, "-a", family];
}

interface GobgpPath {
  readonly attrs: readonly GobgpAttribute[];
  readonly stale: boolean;
  readonly "neighbor-ip"?: string;
}

interface GobgpAttribute {
  readonly type: number;
  readonly as_paths?: readonly { readonly asns: readonly number[] }[];
  readonly nexthop?: string;
  readonly metric?: number;
  readonly communities?: readonly number[];
  readonly value?: unknown;
}

interface GobgpLarge {
  readonly ASN: number;
  readonly LocalData1: number;
  readonly LocalData2: number;
}

function readRoutes(json: string): SeenRoute[] {
  const table = (JSON.parse(json) ?? {}) as Readonly<Record<string, readonly GobgpPath[]>>;
  return Object.entries(table).flatMap(([prefix, paths]) =>
    paths.flatMap((path) => {
      const from = path["neighbor-ip"];
      return from === undefined || from === "<nil>" ? [] : [{ prefix, from, stale: path.stale, ...readAttributes(path.attrs) }];
    }),
  );
}

/** By type code: 2 AS_PATH, 3 NEXT_HOP, 4 MED, 5 LOCAL_PREF, 8 COMMUNITIES, 14 MP_REACH_NLRI, 16 and 32 the longer communities. */
function readAttributes(attributes: readonly GobgpAttribute[]): Omit<SeenRoute, "prefix" | "from" | "stale"> {
  const of = (type: number) => attributes.find((attribute) => attribute.type === type);
  const localPref = of(5)?.value as number | undefined;
  const med = of(4)?.metric;
  const extended = of(16)?.value as readonly { readonly bandwidth?: number }[] | undefined;
  const bandwidth = extended?.find((one) => one.bandwidth !== undefined)?.bandwidth;
  const nextHop = of(3)?.nexthop ?? of(14)?.nexthop;
  return {
    nextHops: nextHop === undefined ? [] : [nextHop],
    asPath: of(2)?.as_paths?.flatMap(({ asns }) => asns) ?? [],
    ...(localPref === undefined ? {} : { localPref }),
    ...(med === undefined ? {} : { med }),
    communities: of(8)?.communities?.map((number) => `${number >>> 16}:${number & 0xffff}`) ?? [],
    largeCommunities:
      (of(32)?.value as readonly GobgpLarge[] | undefined)?.map((one) => `${one.ASN}:${one.LocalData1}:${one.LocalData2}`) ?? [],
    ...(bandwidth === undefined ? {} : { linkBandwidth: bandwidth }),
  };
}

function readSession(json: string): SeenSession {
  const { state = {} } = JSON.parse(json) as { state?: { session_state?: number; remote_cap?: readonly { type_url: string }[] } };
  const names = state.remote_cap?.map(({ type_url }) => type_url.replace(/^.*\.(\w+?)(Capability)?$/, "$1"));
  return { state: STATES[state.session_state ?? 0] ?? "unknown", capabilities: [...new Set(names)] };
}

/** ExaBGP's events (JSON lines) → the table and the sessions that they amount to. */

import type { SeenRoute, SeenSession } from "./description.ts";

interface ExabgpEvent {
  readonly neighbor?: ExabgpNeighbor;
}

interface ExabgpNeighbor {
  readonly address: { readonly peer: string };
  readonly state?: string;
  /** The neighbor's: ours are not asked for. */
  readonly open?: { readonly capabilities: Readonly<Record<string, { readonly name: string }>> };
  readonly message?: { readonly update?: ExabgpUpdate };
}

interface ExabgpUpdate {
  readonly attribute?: ExabgpAttributes;
  /** Family → next hop → routes. */
  readonly announce?: Readonly<Record<string, Readonly<Record<string, readonly { readonly nlri: string }[]>>>>;
  readonly withdraw?: Readonly<Record<string, readonly { readonly nlri: string }[]>>;
}

interface ExabgpAttributes {
  readonly "as-path"?: readonly number[];
  readonly med?: number;
  readonly "local-preference"?: number;
  readonly community?: readonly (readonly number[])[];
  readonly "large-community"?: readonly (readonly number[])[];
  /** 64 bits, more than a number of JavaScript has: see `read`. */
  readonly "extended-community"?: readonly { readonly value: string }[];
}

export interface ExabgpSeen {
  readonly routes: readonly SeenRoute[];
  readonly sessions: ReadonlyMap<string, SeenSession>;
}

export function readEvents(text: string): ExabgpSeen {
  const routes = new Map<string, SeenRoute>();
  const sessions = new Map<string, SeenSession>();
  // The last line may not be whole yet.
  for (const line of text.split("\n").slice(0, -1)) {
    const { neighbor } = read(line);
    if (neighbor === undefined) continue;
    const from = neighbor.address.peer;
    sessions.set(from, sessionAfter(sessions.get(from), neighbor));
    if (neighbor.state === "down") for (const [key, route] of routes) if (route.from === from) routes.delete(key);
    take(routes, from, neighbor.message?.update ?? {});
  }
  return { routes: [...routes.values()], sessions };
}

function sessionAfter(before: SeenSession = { state: "", capabilities: [] }, { state, open }: ExabgpNeighbor): SeenSession {
  if (open !== undefined) return { ...before, capabilities: Object.values(open.capabilities).map(({ name }) => name) };
  if (state === undefined) return before;
  return state === "down" ? { state, capabilities: [] } : { ...before, state: state === "up" ? "established" : state };
}

function read(line: string): ExabgpEvent {
  return JSON.parse(line.replaceAll(/"value": (\d+)/g, '"value": "$1"')) as ExabgpEvent;
}

function take(routes: Map<string, SeenRoute>, from: string, { attribute = {}, announce = {}, withdraw = {} }: ExabgpUpdate): void {
  for (const { nlri } of Object.values(withdraw).flat()) routes.delete(`${from} ${nlri}`);
  for (const byNextHop of Object.values(announce)) {
    // A global next hop and a link-local one are shown as two of the same route.
    const nextHops = new Map<string, string[]>();
    for (const [nextHop, list] of Object.entries(byNextHop)) {
      for (const { nlri } of list) nextHops.set(nlri, [...(nextHops.get(nlri) ?? []), nextHop]);
    }
    for (const [prefix, hops] of nextHops) routes.set(`${from} ${prefix}`, routeOf(prefix, from, hops, attribute));
  }
}

function routeOf(prefix: string, from: string, nextHops: readonly string[], attribute: ExabgpAttributes): SeenRoute {
  const { med, "local-preference": localPref } = attribute;
  return {
    prefix,
    from,
    nextHops,
    asPath: attribute["as-path"] ?? [],
    ...(localPref === undefined ? {} : { localPref }),
    ...(med === undefined ? {} : { med }),
    communities: attribute.community?.map((parts) => parts.join(":")) ?? [],
    largeCommunities: attribute["large-community"]?.map((parts) => parts.join(":")) ?? [],
    ...linkBandwidth(attribute["extended-community"]?.map(({ value }) => BigInt(value))),
    stale: false,
  };
}

/** Type 0x4004, an AS number, and a float. */
function linkBandwidth(communities: readonly bigint[] = []): { linkBandwidth?: number } {
  const found = communities.find((community) => community >> 48n === 0x4004n);
  if (found === undefined) return {};
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, found);
  return { linkBandwidth: view.getFloat32(4) };
}

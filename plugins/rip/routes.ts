/** Announcements as routes: which prefix, with what, on which links. */

import { type Address, type Announcement, type Family, type Link, parseAddress } from "herald";
import type { RipAttributes } from "./config.ts";
import { keyOf, maskOf, prefixOf, type Route } from "./route.ts";

export interface LinkedRoute extends Route {
  /** `null`: on every link. */
  readonly links: readonly string[] | null;
}

/** A text: why there is none. */
export function routeOf({ vip, links, attributes }: Announcement): LinkedRoute | string {
  const { metric = 1, tag = 0, nextHop, nextHopV6, aggregationLength = 32, aggregationLengthV6 = 128 } = attributes as RipAttributes;
  const address = parseAddress(vip);
  if (address === undefined) return `found address ${JSON.stringify(vip)}, expected IPv4 or IPv6`;
  const { family } = address;
  const prefix = prefixOf(address, family === 4 ? aggregationLength : aggregationLengthV6);
  const hopText = family === 4 ? nextHop : nextHopV6;
  if (hopText === undefined) return { ...prefix, metric, tag, links };
  const hop = parseAddress(hopText);
  if (hop === undefined || !isHop(hop, family))
    return `attributes ${family === 4 ? "nextHop" : "nextHopV6"}: found ${JSON.stringify(hopText)}, expected ${family === 4 ? "an IPv4 address" : "a link-local IPv6 address"}`;
  return { ...prefix, metric, tag, links, nextHop: hop.value };
}

/**
 * What a link is told, by prefix. Of several announcements of one prefix the best metric counts. A next hop that is not on the link is
 * left out, as those who hear of it would (RFC 2453 §4.4).
 */
export function routesOn(link: Link, routes: Iterable<LinkedRoute>): ReadonlyMap<string, Route> {
  const found = new Map<string, Route>();
  for (const { links, ...route } of routes) {
    const key = keyOf(route);
    const before = found.get(key);
    const isHere = links === null || links.includes(link.name);
    if (isHere && (before === undefined || route.metric < before.metric)) found.set(key, withReachableHop(link, route));
  }
  return found;
}

/** RFC 2080 §2.1.1: a next hop of IPv6 is link-local. */
function isHop({ family, value }: Address, wanted: Family): boolean {
  return family === wanted && (family === 4 ? value !== 0n : value >> 118n === 0xfe80n >> 6n);
}

function withReachableHop({ addresses }: Link, { nextHop, ...route }: Route): Route {
  if (nextHop === undefined) return route;
  const isOnLink = addresses.some(({ address, prefixLength }) => {
    const own = parseAddress(address);
    return own?.family === 4 && ((own.value ^ nextHop) & maskOf(4, prefixLength)) === 0n;
  });
  return route.family === 6 || isOnLink ? { ...route, nextHop } : route;
}

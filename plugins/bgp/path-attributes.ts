/** A route's attributes as a session tells them: what depends on whether the peer is of our AS. */

import type { PathAttributes } from "./messages.ts";
import type { RouteAttributes } from "./rib/routes-plan.ts";
import { twoOctetAs } from "./session/as-number.ts";
import type { Negotiated } from "./session/negotiate.ts";

/** RFC 8326 §3 and §4.1. */
const GRACEFUL_SHUTDOWN = "65535:0";
const GRACEFUL_SHUTDOWN_PREFERENCE = 0;
/** RFC 4271 §5.1.5 has LOCAL_PREF in every internal route; 100 is what everybody takes for none. */
const DEFAULT_PREFERENCE = 100;

/** All but the next hop. `isLeaving`: traffic should go elsewhere before we do. */
export function pathAttributesOf(
  route: RouteAttributes,
  { isInternal, localAs }: Pick<Negotiated, "isInternal" | "localAs">,
  isLeaving: boolean,
): PathAttributes {
  const { localPref = DEFAULT_PREFERENCE, med, prepend, communities, largeCommunities, linkBandwidth } = route;
  const told = isLeaving ? [...new Set([...communities, GRACEFUL_SHUTDOWN])].sort() : communities;
  return {
    origin: "igp",
    asPath: isInternal ? [] : [{ type: "sequence", asNumbers: Array<number>(1 + prepend).fill(localAs) }],
    ...(med === undefined ? {} : { multiExitDisc: med }),
    ...(isInternal ? { localPref: isLeaving ? GRACEFUL_SHUTDOWN_PREFERENCE : localPref } : {}),
    ...(told.length === 0 ? {} : { communities: told }),
    // The community has room for two octets of AS number (draft-ietf-idr-link-bandwidth §2).
    ...(linkBandwidth === undefined ? {} : { extendedCommunities: [`bandwidth:${twoOctetAs(localAs)}:${linkBandwidth}`] }),
    ...(largeCommunities.length === 0 ? {} : { largeCommunities }),
  };
}

/** End-of-RIB: the UPDATE that says "that was all of this family" (RFC 4724 §2). */

import type { AfiSafi, UpdateMessage } from "../messages.ts";
import { IPV4_UNICAST, sameFamily } from "./negotiate.ts";

/** To be sent after the first routes of each family, also where there were none, to peers with graceful restart. */
export function makeEndOfRib(family: AfiSafi): UpdateMessage {
  const pathAttributes = sameFamily(family, IPV4_UNICAST) ? {} : { mpUnreachNlri: { ...family, withdrawnRoutes: [] } };
  return { type: "update", withdrawnRoutes: [], pathAttributes, nlri: [] };
}

/** The family, as `afi/safi`, whose End-of-RIB it is; undefined: it is none. */
export function endOfRibOf({ withdrawnRoutes, pathAttributes, nlri }: UpdateMessage): string | undefined {
  if (withdrawnRoutes.length > 0 || nlri.length > 0) return undefined;
  const names = Object.keys(pathAttributes);
  if (names.length === 0) return `${IPV4_UNICAST.afi}/${IPV4_UNICAST.safi}`;
  const { mpUnreachNlri } = pathAttributes;
  const isEnd = names.length === 1 && mpUnreachNlri?.withdrawnRoutes.length === 0;
  return isEnd ? `${mpUnreachNlri.afi}/${mpUnreachNlri.safi}` : undefined;
}

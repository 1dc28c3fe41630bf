/** Where a peer is: at its address, or, unnumbered, where its Router Advertisements come from. */

import type { Close, Context } from "../../../host/announcer.ts";
import type { Peer } from "../peer.ts";
import { watchNeighbor } from "../unnumbered.ts";

/** Calls back with the address to connect to, with its link where it is link-local, and at every change; undefined: not known. */
export function watchWhereabouts(context: Context, { at }: Peer, call: (address: string | undefined) => void): Close {
  if ("link" in at) return watchNeighbor(context, at.link, call);
  call(at.address);
  return () => {};
}

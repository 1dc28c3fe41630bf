/** Where a peer is: at its address, or, unnumbered, where its Router Advertisements come from. */

import type { Close, Context } from "../../../host/announcer.ts";
import type { Peer } from "../peer.ts";

/** Calls back with the address to connect to, and at every change; undefined: not known. */
export function watchWhereabouts(_context: Context, { at }: Peer, call: (address: string | undefined) => void): Close {
  if ("address" in at) call(at.address);
  return () => {};
}

/** What connections of a peer are made with: of its configuration the part that only a new connection can change. */

import type { ConnectOptions } from "../../../host/announcer.ts";
import type { Peer } from "../peer.ts";
import { hopLimitsOf } from "../peer-session.ts";

/** `address` is where the peer is now, with its link where it is link-local. */
export function transportOf(peer: Peer, address: string): ConnectOptions {
  const { port, sourceAddress, password, vrf } = peer;
  const { send, least } = hopLimitsOf(peer);
  const device = vrf ?? ("link" in peer.at ? peer.at.link : undefined);
  return {
    address,
    port,
    hopLimit: send,
    ...(least === undefined ? {} : { leastHopLimit: least }),
    ...(sourceAddress === undefined ? {} : { sourceAddress }),
    ...(device === undefined ? {} : { device }),
    ...(password === undefined ? {} : { md5: password }),
  };
}

/** What the metrics say of each peer: MetalLB's names, with the labels of its FRR mode (`address:port`, without brackets, and the VRF). */

import type { Context } from "../../host/announcer.ts";
import type { Peering } from "./peering/peering.ts";

type Tell = Parameters<Parameters<Context["metrics"]["collect"]>[0]>[0];

const NO_VRF = "default";

/** A peer whose address is not known yet has no series. */
export function tellPeers(peerings: Iterable<Peering>, tell: Tell): void {
  for (const peering of peerings) if (peering.address !== undefined) tellPeer(peering, peering.address, tell);
}

function tellPeer({ peer, established, told, desired, counts: { sent, received } }: Peering, address: string, tell: Tell): void {
  const labels = { peer: `${address}:${peer.port}`, vrf: peer.vrf ?? NO_VRF };
  const values = {
    metallb_bgp_session_up: established === undefined ? 0 : 1,
    metallb_bgp_announced_prefixes_total: told,
    metallb_bgp_pending_prefixes_total: desired,
    metallb_bgp_opens_sent: sent.open,
    metallb_bgp_opens_received: received.open,
    metallb_bgp_notifications_sent: sent.notification,
    herald_bgp_notifications_received_total: received.notification,
    metallb_bgp_updates_total: sent.update,
    metallb_bgp_updates_total_received: received.update,
    metallb_bgp_keepalives_sent: sent.keepalive,
    metallb_bgp_keepalives_received: received.keepalive,
    metallb_bgp_route_refresh_sent: sent.routeRefresh,
    metallb_bgp_total_sent: sent.total,
    metallb_bgp_total_received: received.total,
  };
  for (const [name, value] of Object.entries(values)) tell(name, value, labels);
}

/** What `herald bench bgp` measures: the plugin as it is, with one peer that connects to it, and routes that differ in one community. */

import type { Announcement, PluginDefinition } from "../../host/announcer.ts";
import type { RouteTerms } from "./advertisement.ts";
import type { BgpConfig } from "./config.ts";
import definition from "./plugin.ts";

interface Station {
  readonly address: string;
  readonly asNumber: number;
}

function config(own: Station, peer: Station, port: number): BgpConfig {
  return {
    nodeAddresses: [own.address],
    profiles: [],
    peers: [
      {
        name: "receiver",
        myAs: own.asNumber,
        peerAs: peer.asNumber,
        at: { address: peer.address, family: 4 },
        port,
        listenPort: port,
        passive: true,
        nodeSelectors: [],
        gracefulRestart: false,
        multihop: false,
        dualStack: false,
        delayOpenSeconds: 0,
        holdTimeSeconds: 180,
        keepaliveSeconds: 60,
      },
    ],
  };
}

/** Announcements of one community share their terms, as those of one BGPAdvertisement do. */
function announcementsOf(community: string): (vip: string) => Announcement {
  const terms: RouteTerms = {
    aggregationLength: 32,
    aggregationLengthV6: 128,
    communities: [community],
    largeCommunities: [],
    peers: [],
    prepend: 0,
    weighted: false,
  };
  const attributes = { bench: terms };
  return (vip) => ({ vip, family: 4, links: null, services: [`default/${vip}`], attributes });
}

export const benchSubject = { definition: definition as PluginDefinition, config, announcementsOf };

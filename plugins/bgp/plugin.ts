/**
 * BGP: makes VIPs routes, told to the routers that the cluster peers with.
 *
 * In come announcements; `rib/` makes routes of them, unites those of one prefix, and keeps what each peer should be told in tables in
 * WebAssembly. In comes a config, too, made of BGPPeer and BFDProfile resources by `translation.ts`; each peer gets a peering
 * (`peering/`): a session (`session/`, a pure machine), the sockets under it, and an Adj-RIB-Out, the record of what that peer was told.
 * Out go UPDATEs. What is remembered beyond the process is only at the peers, and kept there by graceful restart; so there is nothing to
 * hold, and sessions begin with the first `apply`, which brings all that the first plan has: End-of-RIB after less would take routes away.
 *
 * Routes from peers are heard and forgotten. We listen only where a peer is to connect to us.
 *
 * Follows RFC 4271 (BGP-4), 4760 and 2545 (IPv6), 5492 and 9072 (capabilities), 6793 (four-octet AS numbers), 6286 (identifiers), 2918 and
 * 7313 (route refresh), 4724 and 8538 (graceful restart), 8654 (extended messages), 8950 (IPv4 over IPv6 next hops), 1997 and 8092
 * (communities), 8326 (graceful shutdown), 9003 (shutdown communication), 7606 (error handling), 9687 (send hold timer), 5082 (GTSM), 2385
 * (TCP MD5), 5882 and 9384 (BFD). Left out: confederations, route reflection, ADD-PATH, families other than IPv4 and IPv6 unicast.
 */

import { type Announcer, definePlugin, type Permission } from "../../host/announcer.ts";
import { ATTRIBUTES_SCHEMA, type BgpConfig, CONFIG_SCHEMA } from "./config.ts";
import { partnersOf } from "./partners.ts";
import { Speaker } from "./speaker.ts";
import { translation } from "./translation.ts";
import { neighborPermission } from "./unnumbered.ts";

export default definePlugin<BgpConfig>({
  name: "bgp",
  api: 1,
  from: "every-node",
  serves: { kind: "BGPAdvertisement", families: [4, 6] },
  config: CONFIG_SCHEMA,
  attributes: ATTRIBUTES_SCHEMA,
  example: { peers: [], profiles: [], nodeAddresses: ["192.0.2.11"] },
  translation,
  permissions: ({ peers }) => peers.flatMap(permissionsOf),
  partners: partnersOf,

  async start(context, config): Promise<Announcer> {
    const speaker = new Speaker(context, config);
    return {
      apply: (changes) => speaker.apply(changes),
      configure: async (next) => {
        await speaker.configure(next as BgpConfig);
        return true;
      },
      drain: () => speaker.drain(),
      undrain: async () => speaker.undrain(),
      inspect: (what) => speaker.inspect(what),
      audience: (vip) => speaker.audience(vip),
      stop: (why) => speaker.stop(why),
    };
  },
});

function permissionsOf({ at, port, listenPort, password, bfdProfile }: BgpConfig["peers"][number]): Permission[] {
  const host = "link" in at ? "[fe80::/10]" : at.family === 6 ? `[${at.address}]` : at.address;
  return [
    { kind: "net", host: `${host}:${port}` },
    ...("link" in at ? [neighborPermission(at.link)] : []),
    ...(listenPort === undefined ? [] : [{ kind: "listen", host: `*:${listenPort}` } as const]),
    ...(password !== undefined && "secret" in password ? [{ kind: "secret", name: password.secret } as const] : []),
    ...(bfdProfile === undefined ? [] : [{ kind: "liveness", host: `${host}:*` } as const]),
  ];
}

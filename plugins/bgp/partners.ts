/**
 * The routers on the other side of a node, for the lab to put some there, and what each of them should learn from the node.
 *
 * Left out are those that a router which only takes connections on an address cannot be: on a link (unnumbered), in a VRF, and one that the
 * node waits for.
 */

import type { Announcement, LabPartner } from "../../host/announcer.ts";
import type { BgpConfig } from "./config.ts";
import type { Peer } from "./peer.ts";
import { sessionConfigOf } from "./peer-session.ts";
import { RouteBook } from "./rib/route-book.ts";
import { contributionsOf } from "./rib/routes-plan.ts";

/** RFC 6996 "Autonomous System (AS) Reservation for Private Use": for one that only has to be another. */
const PRIVATE_AS = [64512, 64513] as const;

export function partnersOf({ peers }: BgpConfig, announcements: readonly Announcement[]): readonly LabPartner[] {
  const book = new RouteBook();
  for (const announcement of announcements) book.put(announcement);
  return peers.flatMap((peer): LabPartner[] => {
    const { name, at, port, password, passive, vrf, myAs, localAs = myAs } = peer;
    if ("link" in at || passive || vrf !== undefined) return [];
    const learns = announcements.filter((announcement) => isTold(peer, announcement, book)).map(({ vip }) => vip);
    const md5 = password === undefined ? {} : { md5: password };
    return [{ protocol: "bgp", name, address: at.address, port, asNumber: asNumberOf(peer), nodeAsNumber: localAs, ...md5, learns }];
  });
}

function isTold(peer: Peer, announcement: Announcement, book: RouteBook): boolean {
  const { families } = sessionConfigOf(peer, "");
  if (!families.some(({ afi }) => afi === (announcement.family === 4 ? 1 : 2))) return false;
  const wanted = contributionsOf(announcement);
  return typeof wanted !== "string" && wanted.some(({ prefix }) => book.routeTo(peer.name, prefix) !== undefined);
}

function asNumberOf({ peerAs, myAs, localAs = myAs }: Peer): number {
  if (peerAs === "internal") return localAs;
  if (peerAs === "external") return localAs === PRIVATE_AS[0] ? PRIVATE_AS[1] : PRIVATE_AS[0];
  return peerAs;
}

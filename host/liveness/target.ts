/** Who is watched: read once, so that two watches of one neighbor are known as such. */

import type { LivenessTarget } from "../announcer.ts";
import type { HostLink } from "../packets/links.ts";
import type { Family } from "../rules/vocabulary.ts";
import { readPeerAddress, readSocketAddress } from "../sandbox/powers/socket-address.ts";

export interface Neighbor {
  /** Equal for watches that share a session. */
  readonly key: string;
  /** Without a zone, canonical. */
  readonly address: string;
  readonly family: Family;
  /** Ours, as `address`; undefined: the kernel's choice. */
  readonly localAddress: string | undefined;
  /** The link or VRF that it is behind, and the link that a zone named. */
  readonly device: string | undefined;
  readonly zone: string | undefined;
  readonly isMultihop: boolean;
}

/** Throws on what is no address of one host, and on a link-local one that may be on any link. */
export function readTarget({ address, localAddress, device, multihop = false }: LivenessTarget): Neighbor {
  const { text, bare, family } = readPeerAddress(address);
  const zone = text === bare ? undefined : text.slice(bare.length + 1);
  const local = localAddress === undefined ? undefined : readSocketAddress(localAddress);
  if (local !== undefined && local.family !== family)
    throw new Error(`Cannot watch ${text} from ${local.text}: expected two addresses of one family`);
  if (isLinkLocal(bare) && zone === undefined && device === undefined)
    throw new Error(`Cannot watch ${text}: a link-local address needs its link, such as ${bare}%eth0`);
  const key = JSON.stringify([bare, zone ?? device, device, local?.bare, multihop]);
  return { key, address: bare, family, localAddress: local?.bare, device, zone, isMultihop: multihop };
}

/** What of this machine a neighbor is behind. */
export interface Place {
  /** Undefined: whichever the routes say. */
  readonly link: string | undefined;
  readonly vrf: HostLink | undefined;
}

/** Throws where there is no such link now. */
export function findPlace({ device, zone }: Neighbor, links: readonly HostLink[]): Place {
  const find = (name: string): HostLink => {
    const found = links.find((link) => link.name === name);
    if (found === undefined) throw new Error(`There is no link ${name}`);
    return found;
  };
  const vrf = device === undefined ? undefined : asVrf(find(device), links);
  const link = zone ?? (vrf === undefined ? device : undefined);
  if (link !== undefined) find(link);
  return { link, vrf };
}

/** A VRF is the master of links, and does no ARP itself; bridges and bonds are masters too, but neighbors are found by them. */
function asVrf(link: HostLink, links: readonly HostLink[]): HostLink | undefined {
  return link.noArp && links.some(({ master }) => master === link.name) ? link : undefined;
}

/** fe80::/10, RFC 4291 §2.5.6 "Link-Local IPv6 Unicast Addresses". */
export function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/.test(address);
}

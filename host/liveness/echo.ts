/** What the Echo function needs to know of the neighbor: by which link it is, which of our addresses is there, and its MAC, from the kernel. */

import { libc } from "../packets/libc.ts";
import type { HostLink } from "../packets/links.ts";
import { type KernelNeighbor, readNeighbors } from "../packets/neighbors.ts";
import { parseAddress } from "../rules/addresses.ts";
import type { Neighbor, Place } from "./target.ts";

export interface EchoPlace {
  readonly link: string;
  /** Ours, to which echoes come back. */
  readonly ownAddress: string;
  readonly mac: string;
}

/** The IPv4 neighbors that the kernel knows; a test gives its own. */
export type ReadNeighbors = () => readonly KernelNeighbor[];

export const kernelNeighbors: ReadNeighbors = () => readNeighbors(libc(), [4]);

/** Why there is none, or the place. */
export function findEcho(neighbor: Neighbor, place: Place, links: readonly HostLink[], read: ReadNeighbors): EchoPlace | string {
  if (neighbor.family !== 4 || neighbor.isMultihop) return "it is for one hop of IPv4 only";
  if (place.vrf !== undefined) return "it is not for VRFs";
  for (const link of links) {
    if (place.link !== undefined && link.name !== place.link) continue;
    const own = link.addresses.find((one) => isOnLink(neighbor.address, one));
    if (own === undefined) continue;
    const mac = read().find(({ address, linkIndex }) => address === neighbor.address && linkIndex === link.index)?.mac;
    if (mac === undefined) return "the neighbor's MAC is not known yet";
    return { link: link.name, ownAddress: neighbor.localAddress ?? own.address, mac };
  }
  return "none of this machine's links has the neighbor's network";
}

function isOnLink(address: string, { address: own, prefixLength }: { readonly address: string; readonly prefixLength: number }): boolean {
  const [there, here] = [parseAddress(address), parseAddress(own)];
  if (there?.family !== 4 || here?.family !== 4) return false;
  const shift = BigInt(32 - prefixLength);
  return there.value >> shift === here.value >> shift;
}

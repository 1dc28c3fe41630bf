/** What the texts for all routers have in common. What came from manifests must not say more to a router than what it is put down for. */

import type { NeighborPlan, RouterPlan } from "./router-plan.ts";

export const BGP_PORT = 179;
/** Where a password belongs that we have not, or that this router's syntax cannot hold. */
const PASSWORD_PLACEHOLDER = "PUT-THE-PASSWORD-HERE";
/** Of the numbers for private use (RFC 6996). */
const AS_PLACEHOLDER = 65535 - 1;
/** For documentation (RFC 5737). */
const IDENTIFIER_PLACEHOLDER = "192.0.2.1";
const MOST_PASSWORD = 80;

/** A name as part of a comment or a description. */
export function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9._-]/g, "_");
}

/** The router's AS number, and what is to be said about it. */
export function ownAs({ asNumber }: RouterPlan): { readonly asNumber: number; readonly remarks: readonly string[] } {
  if (asNumber !== undefined) return { asNumber, remarks: [] };
  return { asNumber: AS_PLACEHOLDER, remarks: [`Put the router's own AS number in place of ${AS_PLACEHOLDER}`] };
}

/** A BGP identifier for the router. */
export function identifierOf({ address }: RouterPlan): string {
  return address === undefined || address.includes(":") ? IDENTIFIER_PLACEHOLDER : address;
}

/** Undefined: none is needed. */
export function passwordOf({ password }: NeighborPlan): string | undefined {
  if (password === undefined) return undefined;
  return password !== null && password.length <= MOST_PASSWORD && /^[\w.:,;+*/=@%&?~^-]+$/.test(password) ? password : PASSWORD_PLACEHOLDER;
}

/** What a person has to do besides typing, without comment marks. */
export function remarksOf(neighbor: NeighborPlan): string[] {
  const { password, peer } = neighbor;
  const secret = password === null ? `the one in the Secret that BGPPeer ${plain(peer)} names` : `that of BGPPeer ${plain(peer)}`;
  return passwordOf(neighbor) === PASSWORD_PLACEHOLDER ? [`The password is ${secret}`] : [];
}

/** Instead of a neighbor, for a router that has no unnumbered ones. */
export function addressRemark(router: string, { peer }: NeighborPlan): string {
  return `${router} needs a neighbor's address: name this router by peerAddress in BGPPeer ${plain(peer)}, not by interface`;
}

export const NO_BFD = "has no BFD: a node that goes silent is noticed by the hold time";

/** Whether the router waits for the node's connection: a node that takes none would refuse the router's. */
export function waits({ nodePort }: NeighborPlan): boolean {
  return nodePort === undefined;
}

export function headingOf({ peers }: RouterPlan): string {
  return `Herald's nodes as neighbors, for BGPPeer ${peers.map(plain).join(", ")}`;
}

/** Fewest hops of the TTL that is taken (RFC 5082 §3). */
export function leastTtl(hops: number): number {
  return 256 - hops;
}

/** Which routers the lab needs on its switch, by what the plugins say of who is on the other side of each node, and what each should learn. */

import type { LabPartner, PluginDefinition, Secret } from "../../announcer.ts";
import { announceFrom, type Plan } from "../../rules/merge-claims.ts";
import { type Addresses, type HostAddresses, has, sameFamily } from "./addresses.ts";

/** One router; plain data, so that a change of it is one of its text. */
export interface RouterPlan {
  /** As the resources call it; where they have several names for it, the first. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly asNumber: number;
  /** Its host's, `address` among them. */
  readonly own: HostAddresses;
  /** In the order of their addresses. */
  readonly neighbors: readonly NeighborPlan[];
}

/** A node that peers with the router. */
export interface NeighborPlan {
  readonly address: string;
  readonly asNumber: number;
  /** That it signs with (TCP MD5). */
  readonly key?: string;
}

export interface Partner {
  readonly router: Omit<RouterPlan, "neighbors" | "own">;
  /** VIP → the nodes that it should learn it from, sorted. */
  readonly learns: ReadonlyMap<string, readonly string[]>;
  /** By name. */
  readonly nodes: ReadonlyMap<string, Pick<LabPartner, "nodeAsNumber" | "md5">>;
}

/** One partner of one node. */
interface Found {
  readonly node: string;
  readonly partner: LabPartner;
}

/** The config of a plugin on a node. */
export type ConfigOn = (plugin: string, node: string) => unknown;

/** By address: what several resources say of one address is said of one router, which is what the first of them says. */
export function findPartners(
  plugins: readonly PluginDefinition[],
  configOn: ConfigOn,
  nodes: Iterable<string>,
  claims: Plan["claims"],
): ReadonlyMap<string, Partner> {
  const found: Found[] = [];
  for (const plugin of plugins) {
    if (plugin.partners === undefined) continue;
    const own = claims.filter(({ via }) => via === plugin.name);
    for (const node of nodes) {
      const config = configOn(plugin.name, node);
      if (config === undefined) continue;
      const announcements = own.flatMap((claim) => announceFrom(claim, node) ?? []);
      for (const partner of plugin.partners(config, announcements)) found.push({ node, partner });
    }
  }
  found.sort((a, b) => compare(a.partner.name, b.partner.name) || compare(a.node, b.node));
  const byAddress = new Map<string, Found[]>();
  for (const each of found) byAddress.set(each.partner.address, [...(byAddress.get(each.partner.address) ?? []), each]);
  return new Map(Array.from(byAddress, ([address, all]) => [address, joinPartners(address, all)]));
}

function joinPartners(address: string, all: readonly Found[]): Partner {
  const { name, port, asNumber } = (all[0] as Found).partner;
  const learns = new Map<string, readonly string[]>();
  for (const { node, partner } of all)
    for (const vip of partner.learns) learns.set(vip, [...new Set([...(learns.get(vip) ?? []), node])].sort());
  return { router: { name, address, port, asNumber }, learns, nodes: new Map(all.map(({ node, partner }) => [node, partner])) };
}

/** Why the lab cannot have a router there; undefined: it can. */
export function objectionTo(address: string, { nodes, client }: Addresses): string | undefined {
  if (has(client, address)) return "the lab's client has that address";
  const [node] = [...nodes].find(([, taken]) => has(taken, address)) ?? [];
  return node === undefined ? undefined : `${node} has that address`;
}

/** The routers that the lab can have. `passwordOf` gives the text of a Secret. */
export function planRouters(
  partners: Iterable<Partner>,
  addresses: Addresses,
  passwordOf: (secret: Secret) => string | undefined,
): readonly RouterPlan[] {
  return [...partners]
    .filter(({ router }) => objectionTo(router.address, addresses) === undefined)
    .flatMap(({ router, nodes }): RouterPlan[] => {
      const own = addresses.routers.get(router.address);
      if (own === undefined) return [];
      const neighbors = [...nodes].flatMap(([node, { nodeAsNumber, md5 }]): NeighborPlan[] => {
        const addressesOfNode = addresses.nodes.get(node);
        const key = md5 && passwordOf(md5);
        if (addressesOfNode === undefined) return [];
        const address = sameFamily(addressesOfNode, router.address);
        return [{ address, asNumber: nodeAsNumber, ...(key === undefined ? {} : { key }) }];
      });
      return [{ ...router, own, neighbors: neighbors.sort((one, other) => compare(one.address, other.address)) }];
    });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Who has which addresses in the lab: nodes those of their manifests, the client such that nobody else has or may be given; one of each family. */

import { formatAddress, parseAddress } from "../../rules/addresses.ts";
import type { Family, Pool, Snapshot } from "../../rules/vocabulary.ts";

/** Nodes that the lab makes up where the manifests name none. */
export const MADE_UP_NODES: readonly string[] = ["node-a", "node-b", "node-c"];

/** Of one host. */
export interface HostAddresses {
  readonly ipv4: string;
  readonly ipv6: string;
}

export interface Addresses {
  /** By name. */
  readonly nodes: ReadonlyMap<string, HostAddresses>;
  readonly client: HostAddresses;
  /** By the address that the nodes know it by. */
  readonly routers: ReadonlyMap<string, HostAddresses>;
}

type Facts = Pick<Snapshot, "nodes" | "pools">;
type Role = "router" | "node" | "client";

/** How addresses of one family are made up. */
interface Plan {
  readonly family: Family;
  /** Where nothing in the manifests suggests another: RFC 5737 TEST-NET-1, and RFC 3849. */
  readonly defaultSubnet: bigint;
  /** For who has no room among the pools: RFC 5737 TEST-NET-2 and -3, and RFC 9637. */
  readonly spareSubnets: readonly bigint[];
  readonly hostBits: bigint;
  /** Where to begin to look in a subnet; people give the end of it to pools. */
  readonly first: Readonly<Record<Role, bigint>>;
}

const IPV4: Plan = {
  ...{ family: 4, defaultSubnet: 0xc000_0200n, spareSubnets: [0xc633_6400n, 0xcb00_7100n], hostBits: 8n },
  first: { router: 1n, node: 11n, client: 100n },
};
const IPV6: Plan = {
  ...{ family: 6, defaultSubnet: 0x2001_0db8n << 96n, spareSubnets: [0x2001_0db8_ffffn << 80n, 0x3fffn << 112n], hostBits: 64n },
  first: { router: 0x1n, node: 0x11n, client: 0xc1n },
};
/** Of a subnet, from its beginning; a pool that takes as many takes all. */
const TRIED = 256n;

/**
 * Addresses for these nodes, these routers, by the address that is known of each, and the client. Who lacks a family gets an address from the subnet
 * of the nodes. Whoever had one `before` keeps it. Prefixes do not matter: the lab's hosts take everything to be on their link.
 */
export function planAddresses(facts: Facts, before?: Addresses, routers: readonly string[] = []): Addresses {
  const four = planFamily(IPV4, facts, before, routers);
  const six = planFamily(IPV6, facts, before, routers);
  const join = (key: string): HostAddresses => ({ ipv4: four(key), ipv6: six(key) });
  return {
    nodes: new Map([...facts.nodes.keys()].sort().map((name) => [name, join(`node ${name}`)])),
    client: join("client"),
    routers: new Map(routers.map((address) => [address, join(`router ${address}`)])),
  };
}

/** The address of a host that is of the same family as another address. */
export function sameFamily({ ipv4, ipv6 }: HostAddresses, other: string): string {
  return other.includes(":") ? ipv6 : ipv4;
}

export function has({ ipv4, ipv6 }: HostAddresses, address: string): boolean {
  return ipv4 === address || ipv6 === address;
}

/** `192.0.2.1/32`, `2001:db8::1/128`. */
export function hostPrefix(address: string): string {
  return `${address}/${address.includes(":") ? 128 : 32}`;
}

/** Gives the address of a host: `node NAME`, `router ADDRESS`, `client`. */
function planFamily(plan: Plan, { nodes, pools }: Facts, before: Addresses | undefined, routers: readonly string[]) {
  const { family, first } = plan;
  const read = (host: HostAddresses | undefined): string[] => (host === undefined ? [] : [family === 4 ? host.ipv4 : host.ipv6]);
  const known = new Map<string, bigint>();
  const know = (key: string, texts: readonly string[]): void => {
    const [value] = texts.flatMap((text) => parseOf(family, text) ?? []);
    if (value !== undefined) known.set(key, value);
  };
  for (const { name, addresses } of nodes.values()) know(`node ${name}`, [...addresses, ...read(before?.nodes.get(name))]);
  const subnet = subnetOf(plan, [...known.values()], pools.values());
  know("client", read(before?.client));
  for (const address of routers) know(`router ${address}`, [address, ...read(before?.routers.get(address))]);
  const taken = new Set(known.values());
  const take = (key: string, role: Role): void => {
    if (known.has(key)) return;
    const value = freeIn(plan, [subnet, ...plan.spareSubnets], first[role], taken, [...pools.values()]);
    taken.add(value);
    known.set(key, value);
  };
  for (const name of [...nodes.keys()].sort()) take(`node ${name}`, "node");
  take("client", "client");
  for (const address of routers) take(`router ${address}`, "router");
  return (key: string): string => formatAddress({ family, value: known.get(key) as bigint });
}

function parseOf(family: Family, text: string): bigint | undefined {
  const address = parseAddress(text);
  return address?.family === family ? address.value : undefined;
}

/** That of the first node, else of the first pool. */
function subnetOf({ family, defaultSubnet, hostBits }: Plan, nodes: readonly bigint[], pools: Iterable<Pool>): bigint {
  const fromPools = [...pools].flatMap(({ blocks }) => blocks).flatMap((block) => (block.family === family ? [block.first] : []));
  const first = nodes[0] ?? fromPools[0] ?? defaultSubnet;
  return (first >> hostBits) << hostBits;
}

function freeIn({ family }: Plan, subnets: readonly bigint[], from: bigint, taken: ReadonlySet<bigint>, pools: readonly Pool[]): bigint {
  const blocks = pools.flatMap((pool) => pool.blocks).filter((block) => block.family === family);
  const isFree = (value: bigint): boolean => !taken.has(value) && !blocks.some(({ first, last }) => first <= value && value <= last);
  for (const subnet of subnets) {
    for (let step = 0n; step < TRIED; step += 1n) {
      const host = (from + step) % TRIED;
      // Neither network nor broadcast address, nor the routers' anycast address of IPv6.
      if (host !== 0n && host !== TRIED - 1n && isFree(subnet + host)) return subnet + host;
    }
  }
  const tried = subnets.map((value) => formatAddress({ family, value })).join(", ");
  throw new Error(`Cannot build the lab: nodes and pools leave no address for a host in the subnets ${tried}`);
}

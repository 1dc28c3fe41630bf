/** Who has which address in the lab: nodes those of their manifests, the client one that nobody else has or may be given. */

import { formatAddress, parseAddress } from "../../rules/addresses.ts";
import type { Pool, Snapshot } from "../../rules/vocabulary.ts";

/** Nodes that the lab makes up where the manifests name none. */
export const MADE_UP_NODES: readonly string[] = ["node-a", "node-b", "node-c"];

/** RFC 5737 documentation prefix TEST-NET-1: where nothing in the manifests suggests another. */
const DEFAULT_SUBNET = 0xc000_0200n;
/** RFC 5737 TEST-NET-2 and -3, for a client that has no room among the pools. */
const SPARE_SUBNETS = [0xc633_6400n, 0xcb00_7100n];
const SUBNET_SIZE = 256n;
/** Below come routers and nodes, above what people give to pools. */
const FIRST_CLIENT = 100n;

export interface Addresses {
  /** Node name → IPv4 address. */
  readonly nodes: ReadonlyMap<string, string>;
  readonly client: string;
}

type Facts = Pick<Snapshot, "nodes" | "pools">;

/**
 * IPv4 addresses for these nodes and the client. A node without an InternalIP of IPv4 gets one from the subnet of the
 * others. Whoever had one `before` keeps it; nobody gets one of `others`. Prefixes do not matter: the lab's hosts take everything to be on their link.
 */
export function planAddresses({ nodes, pools }: Facts, before?: Addresses, others: readonly string[] = []): Addresses {
  const known = new Map(
    [...nodes.values()].flatMap(({ name, addresses }) => {
      const [value] = [...addresses, before?.nodes.get(name) ?? ""].map(readIpv4).filter((address) => address !== undefined);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
  const client = readIpv4(before?.client ?? "");
  const taken = new Set([...known.values(), ...[client, ...others.map(readIpv4)].filter((value) => value !== undefined)]);
  const subnet = subnetOf([...known.values()], pools.values());
  const take = (from: bigint): bigint => {
    const value = freeIn([subnet, ...SPARE_SUBNETS], from, taken, [...pools.values()]);
    taken.add(value);
    return value;
  };
  const all = [...nodes.keys()].sort().map((name) => [name, formatIpv4(known.get(name) ?? take(11n))] as const);
  return { nodes: new Map(all), client: formatIpv4(client ?? take(FIRST_CLIENT)) };
}

function readIpv4(text: string): bigint | undefined {
  const address = parseAddress(text);
  return address?.family === 4 ? address.value : undefined;
}

function formatIpv4(value: bigint): string {
  return formatAddress({ family: 4, value });
}

/** The /24 of the first node, else of the first pool. */
function subnetOf(nodes: readonly bigint[], pools: Iterable<Pool>): bigint {
  const fromPools = [...pools].flatMap(({ blocks }) => blocks).flatMap(({ family, first }) => (family === 4 ? [first] : []));
  const first = nodes[0] ?? fromPools[0] ?? DEFAULT_SUBNET;
  return first - (first % SUBNET_SIZE);
}

function freeIn(subnets: readonly bigint[], from: bigint, taken: ReadonlySet<bigint>, pools: readonly Pool[]): bigint {
  const blocks = pools.flatMap((pool) => pool.blocks).filter(({ family }) => family === 4);
  const isFree = (value: bigint): boolean => !taken.has(value) && !blocks.some(({ first, last }) => first <= value && value <= last);
  for (const subnet of subnets) {
    for (let step = 0n; step < SUBNET_SIZE; step += 1n) {
      const host = (from + step) % SUBNET_SIZE;
      if (host !== 0n && host !== SUBNET_SIZE - 1n && isFree(subnet + host)) return subnet + host;
    }
  }
  throw new Error(
    "Cannot build the lab: nodes and pools leave no address for the client in their subnet, nor in 198.51.100.0/24 and 203.0.113.0/24",
  );
}

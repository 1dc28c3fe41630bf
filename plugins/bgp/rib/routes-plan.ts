/**
 * Announcements → routes: which prefixes an address gives, with which attributes, and which peers hear of them.
 *
 * An address gives one route for each advertisement that covers it: its own, or the aggregate that it is in. Where several addresses or
 * advertisements give the same prefix, it is one route that unites them. The session adds what is its own: AS_PATH, next hop.
 */

import { type Announcement, formatAddress, parseAddress, widthBits } from "../../../host/announcer.ts";
import type { RouteTerms } from "../advertisement.ts";
import { MOST_COMMUNITIES } from "../check-advertisements.ts";
import { contradict } from "../conflicts.ts";

/** What an address wants of one prefix, by one advertisement. */
export interface Contribution {
  /** Canonical, `192.0.2.0/24`. */
  readonly prefix: string;
  /** Name of the advertisement. */
  readonly source: string;
  readonly terms: RouteTerms;
  /** Endpoints on this node, where the prefix is an address that reaches no others. */
  readonly endpoints?: number;
}

/** What a peer is told of a prefix. */
export interface RouteAttributes {
  readonly localPref?: number;
  readonly med?: number;
  /** How many times more our AS number is in the path. */
  readonly prepend: number;
  readonly communities: readonly string[];
  readonly largeCommunities: readonly string[];
  /** Bytes a second, which only count beside those of other nodes. */
  readonly linkBandwidth?: number;
}

/** Of one endpoint; a gigabit a second. */
const ENDPOINT_BANDWIDTH = 125_000_000;

/** What an announcement wants, or, in words that begin with MetalLB's, why it can have nothing. */
export function contributionsOf({ vip, family, attributes, localEndpoints }: Announcement): readonly Contribution[] | string {
  const address = parseAddress(vip);
  if (address === undefined) return `invalidIP: ${vip} is no address`;
  const { all, conflicts } = readTerms(attributes as Readonly<Record<string, RouteTerms>>);
  const conflict = conflicts[family];
  if (conflict !== undefined) return conflict;
  const width = widthBits(family);
  return all.flatMap(([source, terms]) => {
    const length = family === 4 ? terms.aggregationLength : terms.aggregationLengthV6;
    const hostBits = BigInt(width - length);
    const prefix = `${formatAddress({ family, value: (address.value >> hostBits) << hostBits })}/${length}`;
    const own = { source, terms, ...(localEndpoints === undefined ? {} : { endpoints: localEndpoints }) };
    if (length === width) return [{ ...own, prefix }];
    const aggregate = { source, terms, prefix };
    // Other nodes announce the aggregate, too, and some of them would drop what is for an endpoint that they do not have
    // (MetalLB issue 2811). The address itself draws it to where the endpoints are.
    return localEndpoints === undefined ? [aggregate] : [aggregate, { ...own, prefix: `${vip}/${width}` }];
  });
}

/** By name, with the contradictions among them. */
interface AllTerms {
  readonly all: readonly (readonly [string, RouteTerms])[];
  readonly conflicts: Readonly<Record<4 | 6, string | undefined>>;
}

/** The host shares one object among all announcements of the same terms. */
const known = new WeakMap<object, AllTerms>();

function readTerms(attributes: Readonly<Record<string, RouteTerms>>): AllTerms {
  let terms = known.get(attributes);
  if (terms === undefined) {
    const all = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
    terms = { all, conflicts: { 4: findConflict(4, all), 6: findConflict(6, all) } };
    known.set(attributes, terms);
  }
  return terms;
}

/** What a peer is told of a prefix, by all that is contributed to it, in order of source; undefined: nothing. A text: why nothing. */
export function mergeRoute(contributions: readonly Contribution[], peer: string): RouteAttributes | string | undefined {
  const heard = contributions.filter(({ terms }) => terms.peers.length === 0 || terms.peers.includes(peer));
  const chosen = chooseClosest(heard);
  if (chosen.length === 0) return undefined;
  const communities = unite(chosen, ({ terms }) => terms.communities);
  const largeCommunities = unite(chosen, ({ terms }) => terms.largeCommunities);
  const count = communities.length + largeCommunities.length;
  if (count > MOST_COMMUNITIES)
    return `tooManyCommunities: ${count} by ${unite(chosen, ({ source }) => [source]).join(", ")}, expected at most ${MOST_COMMUNITIES}`;
  // Of two advertisements for different pools, the first by name prevails; for one pool they have been compared.
  const first = <Key extends "localPref" | "med">(key: Key) => chosen.find(({ terms }) => terms[key] !== undefined)?.terms[key];
  const [localPref, med] = [first("localPref"), first("med")];
  const endpoints = Math.max(0, ...chosen.map(({ terms, endpoints: own = 0 }) => (terms.weighted ? own : 0)));
  return {
    ...(localPref === undefined ? {} : { localPref }),
    ...(med === undefined ? {} : { med }),
    prepend: Math.max(...chosen.map(({ terms }) => terms.prepend)),
    communities,
    largeCommunities,
    ...(endpoints === 0 ? {} : { linkBandwidth: endpoints * ENDPOINT_BANDWIDTH }),
  };
}

/** What is said of the prefix itself prevails; beside that, an address takes what is said of the smallest aggregate that it is in. */
function chooseClosest(contributions: readonly Contribution[]): readonly Contribution[] {
  if (contributions.length < 2) return contributions;
  const longest = Math.max(...contributions.map(lengthOf));
  return contributions.filter((contribution) => lengthOf(contribution) === longest);
}

function lengthOf({ prefix, terms }: Contribution): number {
  return prefix.includes(":") ? terms.aggregationLengthV6 : terms.aggregationLength;
}

/** Advertisements for certain Services only are compared here first (MetalLB's `conflictingAdvertisements`). */
function findConflict(family: 4 | 6, all: readonly (readonly [string, RouteTerms])[]): string | undefined {
  for (const [at, [name, terms]] of all.entries()) {
    const rival = all.slice(0, at).find(([, other]) => contradict(family, other, terms));
    if (rival === undefined) continue;
    const [otherName, other] = rival;
    return `conflictingAdvertisements: ${otherName} wants local preference ${other.localPref ?? 0} and ${name} ${terms.localPref ?? 0} for the same prefix and peer`;
  }
  return undefined;
}

/** Of one item it is that item's own list, which is sorted. */
function unite<T>(items: readonly T[], textsOf: (item: T) => readonly string[]): readonly string[] {
  const [only] = items;
  return items.length === 1 && only !== undefined ? textsOf(only) : [...new Set(items.flatMap(textsOf))].sort();
}

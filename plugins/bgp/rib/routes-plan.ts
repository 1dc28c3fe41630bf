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

/** What is said of a prefix: by an advertisement, and where it is an address that reaches endpoints of this node only, of how many. */
export interface Voice {
  /** Name of the advertisement. */
  readonly source: string;
  readonly terms: RouteTerms;
  readonly endpoints?: number;
}

/** What an address wants of one prefix. */
export interface Contribution {
  /** Canonical, `192.0.2.0/24`. */
  readonly prefix: string;
  readonly voice: Voice;
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
export function contributionsOf(
  announcement: Pick<Announcement, "vip" | "family" | "attributes" | "localEndpoints">,
): readonly Contribution[] | string {
  const { vip, family, attributes, localEndpoints } = announcement;
  const { voices, conflicts } = readTerms(attributes as Readonly<Record<string, RouteTerms>>);
  const conflict = conflicts[family];
  if (conflict !== undefined) return conflict;
  const width = widthBits(family);
  const found: Contribution[] = [];
  for (const voice of voices) {
    const own = localEndpoints === undefined ? voice : { ...voice, endpoints: localEndpoints };
    const length = lengthOf(family, voice);
    const aggregate = length === width ? undefined : aggregateOf(vip, length);
    if (typeof aggregate === "object") return aggregate.reason;
    if (aggregate !== undefined) found.push({ prefix: aggregate, voice });
    // Other nodes announce the aggregate, too, and some of them would drop what is for an endpoint that they do not have
    // (MetalLB issue 2811). The address itself draws it to where the endpoints are.
    if (aggregate === undefined || localEndpoints !== undefined) found.push({ prefix: `${vip}/${width}`, voice: own });
  }
  return found;
}

function aggregateOf(vip: string, length: number): string | { readonly reason: string } {
  const address = parseAddress(vip);
  if (address === undefined) return { reason: `invalidIP: ${vip} is no address` };
  const hostBits = BigInt(widthBits(address.family) - length);
  return `${formatAddress({ family: address.family, value: (address.value >> hostBits) << hostBits })}/${length}`;
}

/** By name, with the contradictions among them. */
interface AllTerms {
  readonly voices: readonly Voice[];
  readonly conflicts: Readonly<Record<4 | 6, string | undefined>>;
}

/** The host shares one object among all announcements of the same terms, and what is made of it is shared as well. */
const known = new WeakMap<object, AllTerms>();

function readTerms(attributes: Readonly<Record<string, RouteTerms>>): AllTerms {
  let terms = known.get(attributes);
  if (terms === undefined) {
    const voices = Object.entries(attributes)
      .map(([source, own]) => ({ source, terms: own }))
      .sort((a, b) => (a.source < b.source ? -1 : 1));
    terms = { voices, conflicts: { 4: findConflict(4, voices), 6: findConflict(6, voices) } };
    known.set(attributes, terms);
  }
  return terms;
}

/** What a peer is told of a prefix, by all that is said of it, in order of source; undefined: nothing. A text: why nothing. */
export function mergeRoute(prefix: string, voices: readonly Voice[], peer: string): RouteAttributes | string | undefined {
  const heard = voices.filter((voice) => isFor(voice, peer));
  const chosen = chooseClosest(prefix.includes(":") ? 6 : 4, heard);
  if (chosen.length === 0) return undefined;
  const communities = unite(chosen, ({ terms }) => terms.communities);
  const largeCommunities = unite(chosen, ({ terms }) => terms.largeCommunities);
  const count = communities.length + largeCommunities.length;
  if (count > MOST_COMMUNITIES)
    return `tooManyCommunities: ${count} by ${unite(chosen, ({ source }) => [source]).join(", ")}, expected at most ${MOST_COMMUNITIES}`;
  // Of two advertisements for different pools, the first by name prevails; for one pool they have been compared.
  const localPref = chosen.find(({ terms }) => terms.localPref !== undefined)?.terms.localPref;
  const med = chosen.find(({ terms }) => terms.med !== undefined)?.terms.med;
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

export function isFor({ terms }: Voice, peer: string): boolean {
  return terms.peers.length === 0 || terms.peers.includes(peer);
}

/** What is said of the prefix itself prevails; beside that, an address takes what is said of the smallest aggregate that it is in. */
function chooseClosest(family: 4 | 6, voices: readonly Voice[]): readonly Voice[] {
  if (voices.length < 2) return voices;
  const longest = Math.max(...voices.map((voice) => lengthOf(family, voice)));
  return voices.filter((voice) => lengthOf(family, voice) === longest);
}

function lengthOf(family: 4 | 6, { terms }: Voice): number {
  return family === 4 ? terms.aggregationLength : terms.aggregationLengthV6;
}

/** Advertisements for certain Services only are compared here first (MetalLB's `conflictingAdvertisements`). */
function findConflict(family: 4 | 6, voices: readonly Voice[]): string | undefined {
  for (const [at, { source, terms }] of voices.entries()) {
    const rival = voices.slice(0, at).find((other) => contradict(family, other.terms, terms));
    if (rival === undefined) continue;
    return `conflictingAdvertisements: ${rival.source} wants local preference ${rival.terms.localPref ?? 0} and ${source} ${terms.localPref ?? 0} for the same prefix and peer`;
  }
  return undefined;
}

/** Of one item it is that item's own list, which is sorted. */
function unite<T>(items: readonly T[], textsOf: (item: T) => readonly string[]): readonly string[] {
  const [only] = items;
  return items.length === 1 && only !== undefined ? textsOf(only) : [...new Set(items.flatMap(textsOf))].sort();
}

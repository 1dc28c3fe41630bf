/** Advertisements beside each other, the pools, the nodes and the names of communities; → what the host's plan works with. */

import {
  type Advertisement,
  formatBlock,
  type Labels,
  matchesAny,
  type NodeFact,
  type Pool,
  type Problem,
  widthBits,
} from "../../host/announcer.ts";
import { BGP_ADVERTISEMENT, type BgpAdvertisement, type RouteTerms } from "./advertisement.ts";
import { type Community, parseCommunity } from "./community.ts";
import { conflictOn } from "./conflicts.ts";

/** What is there beside the advertisements. */
export interface Surroundings {
  readonly pools: readonly Pool[];
  readonly nodes: readonly NodeFact[];
  readonly aliases: ReadonlyMap<string, Community>;
  /** What was accepted last: whose names of communities are gone keeps the communities that it had. */
  readonly before?: readonly Advertisement[];
}

/** Advertisements to plan with, each for the pools on which nothing is wrong with it, and all that is wrong. */
export interface CheckedAdvertisements {
  readonly accepted: readonly Advertisement[];
  readonly problems: readonly Problem[];
}

/** An UPDATE carries more, but MetalLB takes no more. */
export const MOST_COMMUNITIES = 63;

/**
 * Takes the advertisements in name order. Where one does not fit a pool, or contradicts one before it on that pool, it is without effect
 * on that pool only: a pool that is added must not take away what others announce. One whose communities are unknown, now and before, is
 * left out: without them, its routes could go further than anybody wants.
 */
export function checkAdvertisements(advertisements: Iterable<BgpAdvertisement>, surroundings: Surroundings): CheckedAdvertisements {
  const { aliases, before = [] } = surroundings;
  const problems: Problem[] = [];
  const accepted: Advertisement[] = [];
  const onPool: OnPool = new Map();
  for (const advertisement of [...advertisements].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const report: Report = (path, value, expected) =>
      problems.push({ object: `${BGP_ADVERTISEMENT} ${advertisement.name}`, path, found: JSON.stringify(value), expected });
    const communities = resolveCommunities(advertisement, aliases, report) ?? lastCommunities(advertisement, before);
    const poolNames = choosePools(advertisement, onPool, surroundings, report);
    // Without a pool to name it would be for all.
    if (communities !== undefined && poolNames.length > 0) accepted.push(finish(advertisement, poolNames, communities));
  }
  return { accepted, problems };
}

/** Advertisements in force, by pool. */
type OnPool = Map<Pool, BgpAdvertisement[]>;

/** The pools that the advertisement is for and may be for. */
function choosePools(advertisement: BgpAdvertisement, onPool: OnPool, { pools, nodes }: Surroundings, report: Report): string[] {
  const names: string[] = [];
  for (const pool of pools) {
    if (!isForPool(advertisement, pool) || !fitsPool(advertisement, pool, report)) continue;
    const others = onPool.get(pool) ?? [];
    const rival = others.find((other) => conflictOn(pool, other, advertisement, nodes));
    if (rival === undefined) {
      onPool.set(pool, [...others, advertisement]);
      names.push(pool.name);
    } else report("spec.localPref", advertisement.terms.localPref ?? 0, localPrefOf(rival, pool));
  }
  return names;
}

type Report = (path: string, found: unknown, expected: string) => void;
type Communities = Pick<RouteTerms, "communities" | "largeCommunities">;

function finish(
  { terms, writtenCommunities: _written, ...rest }: BgpAdvertisement,
  poolNames: readonly string[],
  communities: Communities,
): Advertisement {
  const all: RouteTerms = { ...terms, communities: communities.communities, largeCommunities: communities.largeCommunities };
  return { ...rest, poolNames, poolSelectors: [], attributes: { [rest.name]: all } };
}

function resolveCommunities(
  { writtenCommunities }: BgpAdvertisement,
  aliases: ReadonlyMap<string, Community>,
  report: Report,
): Communities | undefined {
  const sizes = { communities: new Set<string>(), largeCommunities: new Set<string>() };
  let isWhole = true;
  for (const [at, text] of writtenCommunities.entries()) {
    const named = aliases.get(text);
    const parsed = named === undefined ? parseCommunity(text) : ({ ok: true, value: named } as const);
    if (parsed.ok) sizes[parsed.value.isLarge ? "largeCommunities" : "communities"].add(parsed.value.text);
    else {
      isWhole = false;
      // A word without ":" can only have been meant as a name.
      report(`spec.communities[${at}]`, text, text.includes(":") ? parsed.expected : "a name that a Community object gives");
    }
  }
  const count = sizes.communities.size + sizes.largeCommunities.size;
  if (count > MOST_COMMUNITIES) report("spec.communities", count, `at most ${MOST_COMMUNITIES} communities`);
  if (!isWhole || count > MOST_COMMUNITIES) return undefined;
  return { communities: [...sizes.communities].sort(), largeCommunities: [...sizes.largeCommunities].sort() };
}

function lastCommunities({ name }: BgpAdvertisement, before: readonly Advertisement[]): Communities | undefined {
  return before.find((advertisement) => advertisement.name === name)?.attributes[name] as RouteTerms | undefined;
}

/** Named or selected; an advertisement that does neither is for all pools. */
function isForPool(
  { poolNames, poolSelectors }: BgpAdvertisement,
  { name, labels }: { readonly name: string; readonly labels: Labels },
): boolean {
  if (poolNames.length === 0 && poolSelectors.length === 0) return true;
  return poolNames.includes(name) || matchesAny(poolSelectors, labels);
}

/** An aggregate must not reach beyond the pool: for each entry, the widest of its CIDRs has to hold it, as in MetalLB. */
function fitsPool({ terms }: BgpAdvertisement, { name, blocks }: Pool, report: Report): boolean {
  let fits = true;
  const entries = new Set(blocks.map(entryOf));
  for (const entry of entries) {
    const pieces = blocks.filter((block) => entryOf(block) === entry);
    const widest = pieces.reduce((a, b) => (prefixLengthOf(b) < prefixLengthOf(a) ? b : a));
    const isV6 = widest.family === 6;
    const length = isV6 ? terms.aggregationLengthV6 : terms.aggregationLength;
    const prefixLength = prefixLengthOf(widest);
    if (length >= prefixLength) continue;
    fits = false;
    const said = `invalid aggregation length ${length}: prefix ${prefixLength} in this pool is more specific than the aggregation length for addresses ${formatBlock(widest)}`;
    report(
      isV6 ? "spec.aggregationLengthV6" : "spec.aggregationLength",
      length,
      `${prefixLength} or more for IPAddressPool ${name} (${said})`,
    );
  }
  return fits;
}

function entryOf({ family, entry = 0 }: Pool["blocks"][number]): string {
  return `${family} ${entry}`;
}

function prefixLengthOf({ family, first, last }: Pool["blocks"][number]): number {
  return widthBits(family) - ((last - first + 1n).toString(2).length - 1);
}

function localPrefOf({ name, terms }: BgpAdvertisement, pool: Pool): string {
  return `${terms.localPref ?? 0}, as ${BGP_ADVERTISEMENT} ${name} has for IPAddressPool ${pool.name}; or other peers, nodes or aggregation lengths`;
}

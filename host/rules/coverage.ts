/**
 * What advertisements say about nodes, worked out once for each change of pools, advertisements or nodes instead of
 * once a Service: most Services of a pool are covered by the same advertisements.
 */

import { firstObjection } from "./gate.ts";
import { isLinked, isSilent, type NodeOptions, type NodeSubject, nodeGates } from "./node-gates.ts";
import type { Candidate } from "./rank.ts";
import type { Reach } from "./reach.ts";
import { matchesAny, matchesSelector } from "./selectors.ts";
import type { Advertisement, Labels, NodeFact, Pool } from "./vocabulary.ts";

/** How an address is to be announced from one node. */
export interface Placement {
  /** Sorted; `null`: every interface. */
  readonly links: readonly string[] | null;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** What some advertisements of one kind say together. */
export interface Coverage {
  /** Nodes that may announce, by name. */
  readonly candidates: readonly Candidate[];
  /** Those that would be candidates, but whose speakers are taken for dead. */
  readonly silent: readonly Candidate[];
  /** Of each candidate, silent or not. */
  readonly placements: ReadonlyMap<string, Placement>;
  /** Other nodes, by name. */
  readonly refused: readonly { readonly node: string; readonly reason: string }[];
  /** All nodes by name, with those of the advertisements that include them. */
  readonly subjects: readonly NodeSubject[];
  /** By name. */
  readonly advertisements: readonly Advertisement[];
  /** Some advertisement is for certain Services only. */
  readonly selectsServices: boolean;
}

/** Candidates that reach a Service; the silent ones where there are no others, since then nobody is sure of anything. */
export function reaching({ candidates, silent }: Pick<Coverage, "candidates" | "silent">, reach: Reach): readonly Candidate[] {
  const among = (some: readonly Candidate[]) => (reach === "everywhere" ? some : some.filter(({ name }) => reach.has(name)));
  const heard = among(candidates);
  return heard.length > 0 ? heard : among(silent);
}

/** Coverage by advertisement kind, for a Service with these labels and an address of this pool. */
export type Cover = (pool: Pool, serviceLabels: Labels) => ReadonlyMap<string, Coverage>;

/** Makes the function that looks coverage up. */
export function indexCoverage(advertisements: readonly Advertisement[], nodes: ReadonlyMap<string, NodeFact>, options: NodeOptions): Cover {
  const sortedNodes = [...nodes.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const sorted = [...advertisements].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const numbers = new Map(sorted.map((advertisement, at) => [advertisement, at]));
  const byPool = new Map<Pool, readonly Advertisement[]>();
  const known = new Map<string, ReadonlyMap<string, Coverage>>();
  const coverOf = (matching: readonly Advertisement[]) => {
    const identity = matching.map((advertisement) => numbers.get(advertisement)).join();
    const coverages = known.get(identity) ?? coverByKind(matching, sortedNodes, options);
    known.set(identity, coverages);
    return coverages;
  };

  return (pool, serviceLabels) => {
    let ofPool = byPool.get(pool);
    if (ofPool === undefined) {
      ofPool = sorted.filter((advertisement) => isForPool(advertisement, pool));
      byPool.set(pool, ofPool);
    }
    return coverOf(ofPool.filter(({ serviceSelectors }) => serviceSelectors.length === 0 || matchesAny(serviceSelectors, serviceLabels)));
  };
}

/** Named or selected; an advertisement that does neither is for all pools. */
function isForPool({ poolNames, poolSelectors }: Advertisement, pool: Pool): boolean {
  if (poolNames.length === 0 && poolSelectors.length === 0) return true;
  return poolNames.includes(pool.name) || matchesAny(poolSelectors, pool.labels);
}

function coverByKind(advertisements: readonly Advertisement[], nodes: readonly NodeFact[], options: NodeOptions): Map<string, Coverage> {
  const kinds = [...new Set(advertisements.map(({ kind }) => kind))];
  return new Map(
    kinds.map((kind) => [
      kind,
      coverNodes(
        kind,
        advertisements.filter((each) => each.kind === kind),
        nodes,
        options,
      ),
    ]),
  );
}

function coverNodes(kind: string, advertisements: readonly Advertisement[], nodes: readonly NodeFact[], options: NodeOptions): Coverage {
  const covered = nodes.map((node) => {
    const isHere = ({ nodeSelectors }: Advertisement) => nodeSelectors.length === 0 || matchesAny(nodeSelectors, node.labels);
    return { node, advertisements: advertisements.filter(isHere), options };
  });
  const isAnyLinked = covered.some(isLinked);
  const subjects = covered.map((subject): NodeSubject => ({ ...subject, isAnyLinked }));
  const candidates: Candidate[] = [];
  const silent: Candidate[] = [];
  const placements = new Map<string, Placement>();
  const refused: { node: string; reason: string }[] = [];
  for (const subject of subjects) {
    const { name, labels } = subject.node;
    const reason = firstObjection(nodeGates(kind), subject);
    if (reason === undefined) {
      (isSilent(kind, subject.node, options) ? silent : candidates).push({ name, weight: sumWeights(subject.advertisements, labels) });
      placements.set(name, placeOn(subject.advertisements));
    } else refused.push({ node: name, reason });
  }
  const selectsServices = advertisements.some(({ serviceSelectors }) => serviceSelectors.length > 0);
  return { candidates, silent, placements, refused, subjects, advertisements, selectsServices };
}

/** Weights add up, within an advertisement and over several that include the node. */
function sumWeights(here: readonly Advertisement[], labels: Labels): number {
  const preferences = here.flatMap((advertisement) => advertisement.preferences);
  return preferences.reduce((sum, { weight, selector }) => sum + (matchesSelector(selector, labels) ? weight : 0), 0);
}

/** The union of the interfaces; attributes of a later advertisement, by name, go over those of an earlier one. */
function placeOn(here: readonly Advertisement[]): Placement {
  const everywhere = here.some(({ interfaces }) => interfaces.length === 0);
  const links = everywhere ? null : [...new Set(here.flatMap(({ interfaces }) => interfaces))].sort();
  return { links, attributes: Object.assign({}, ...here.map(({ attributes }) => attributes)) as Placement["attributes"] };
}

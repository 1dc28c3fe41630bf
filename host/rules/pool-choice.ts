/** Which pools a Service may take addresses from, and in which order they are tried. */

import type { PoolIndex } from "./pool-index.ts";
import { matchesAny } from "./selectors.ts";
import type { NamespaceFact, Pool, ServiceFact } from "./vocabulary.ts";

/** The answers of all pools to any Service. */
export interface PoolChoice {
  /** Why a Service may not use a pool, whether it asks for it or not; undefined: it may. */
  objection(pool: Pool, service: ServiceFact): string | undefined;
  /**
   * Pools for a Service that names none, in two rounds: first those with a `serviceAllocation` that speaks of it, then
   * those open to all. The second round is only for a Service that the first gave nothing.
   */
  rounds(service: ServiceFact): readonly [pinned: readonly Pool[], open: readonly Pool[]];
}

/** Made once for each change of pools or namespaces. Equal pools come in name order (MetalLB: in any). */
export function choosePools({ pools }: PoolIndex, namespaces: ReadonlyMap<string, NamespaceFact>): PoolChoice {
  const automatic = [...pools.values()].filter(({ autoAssign }) => autoAssign);
  const pinned = automatic.filter(({ allocation }) => allocation !== undefined).sort(comparePriority);
  const open = automatic.filter(({ allocation }) => allocation === undefined);
  const opensTo = (pool: Pool, namespace: string) => isOpenTo(pool, namespace, namespaces.get(namespace));
  // With a pool for each tenant, the selectors are asked once a namespace, not once a Service.
  const pinnedByNamespace = new Map<string, readonly Pool[]>();

  return {
    objection(pool, service) {
      if (!opensTo(pool, service.namespace)) return `Pool "${pool.name}" is not for namespace "${service.namespace}"`;
      if (!selects(pool, service)) return `Pool "${pool.name}" is not for Services with these labels`;
      return undefined;
    },
    rounds(service) {
      let candidates = pinnedByNamespace.get(service.namespace);
      if (candidates === undefined) {
        candidates = pinned.filter((pool) => opensTo(pool, service.namespace));
        pinnedByNamespace.set(service.namespace, candidates);
      }
      return [candidates.length === 0 ? candidates : candidates.filter((pool) => selects(pool, service)), open];
    },
  };
}

/** Lower numbers first; 0 means that nobody gave one. */
function comparePriority(a: Pool, b: Pool): number {
  const rank = ({ allocation }: Pool) => allocation?.priority || Number.POSITIVE_INFINITY;
  const [first, second] = [rank(a), rank(b)];
  return first === second ? 0 : first - second;
}

/**
 * Deviation: where `namespaceSelectors` select no namespace, MetalLB opens the pool to whoever names it; here it stays
 * closed, or the removal of a label would open a tenant's pool to all others.
 */
function isOpenTo({ allocation }: Pool, namespace: string, fact: NamespaceFact | undefined): boolean {
  if (allocation === undefined) return true;
  const { namespaces, namespaceSelectors } = allocation;
  if (namespaces.length === 0 && namespaceSelectors.length === 0) return true;
  return namespaces.includes(namespace) || (fact !== undefined && matchesAny(namespaceSelectors, fact.labels));
}

function selects({ allocation }: Pool, { labels }: ServiceFact): boolean {
  return allocation === undefined || allocation.serviceSelectors.length === 0 || matchesAny(allocation.serviceSelectors, labels);
}

/** Every annotation that is read from a Service, a pool or a Node, or written to one. `docs/services.md` has a row for each. */

import { API_GROUP } from "./api-group.ts";
import type { Labels } from "./vocabulary.ts";

/** An annotation with both of MetalLB's prefixes; the first wins where both are there, even when its value is empty. */
export type AnnotationKeys = readonly [current: string, legacy: string];

const CURRENT = "metallb.io/";
const LEGACY = "metallb.universe.tf/";

/** What a Service may ask for. */
export const SERVICE_ANNOTATIONS = {
  pool: bothPrefixes("address-pool"),
  addresses: bothPrefixes("loadBalancerIPs"),
  sharingKey: bothPrefixes("allow-shared-ip"),
  preferredNodes: `${API_GROUP}/preferred-nodes`,
} as const;

/** Set on the Service beside its ingress: the pool that its addresses are from, or two with a comma. */
export const ALLOCATED_FROM_POOL = `${CURRENT}ip-allocated-from-pool`;

/** What a pool may say. */
export const POOL_ANNOTATIONS = {
  drain: `${API_GROUP}/drain`,
  dualStackWith: `${API_GROUP}/dual-stack-with`,
  probe: `${API_GROUP}/probe`,
  ownership: `${API_GROUP}/ownership`,
} as const;

/** What a Node may say. */
export const NODE_ANNOTATIONS = { drain: `${API_GROUP}/drain` } as const;

/** Empty where absent. */
export function readAnnotation(annotations: Labels, [current, legacy]: AnnotationKeys): string {
  return annotations[current] ?? annotations[legacy] ?? "";
}

/**
 * Annotations with the old prefix, sorted.
 *
 * Deviation: MetalLB also warns of what it once wrote there itself and never takes away (`ip-allocated-from-pool`); that is nobody's to
 * mend.
 */
export function legacyAnnotations(annotations: Labels): string[] {
  const leftover = `${LEGACY}ip-allocated-from-pool`;
  const found = Object.keys(annotations).filter((key) => key.startsWith(LEGACY) && key !== leftover);
  return found.length > 1 ? found.sort() : found;
}

/** The name that an old one has now. */
export function withCurrentPrefix(key: string): string {
  return key.replace(LEGACY, CURRENT);
}

function bothPrefixes(name: string): AnnotationKeys {
  return [`${CURRENT}${name}`, `${LEGACY}${name}`];
}

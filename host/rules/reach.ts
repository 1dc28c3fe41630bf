/** From which nodes a Service is reached. */

import type { EndpointFact, ServiceFact } from "./vocabulary.ts";

/** Nodes that reach the Service: all, or those with endpoints of their own, and how many. */
export type Reach = "everywhere" | ReadonlyMap<string, number>;

/** Undefined where no endpoint can serve. Of endpoints, nothing else counts in a plan. */
export function reachOf(
  { selector, clusterIPs, externalTrafficPolicy }: ServiceFact,
  endpoints: readonly EndpointFact[] | undefined,
): Reach | undefined {
  // Without Kubernetes nobody writes endpoints for a Service without selector: what is behind it counts as there.
  if (endpoints === undefined && selector === undefined && clusterIPs.length === 0) return "everywhere";
  const servable = (endpoints ?? []).filter((endpoint) => endpoint.servable);
  if (servable.length === 0) return undefined;
  if (externalTrafficPolicy === "Cluster") return "everywhere";
  const counts = new Map<string, number>();
  for (const { nodeName } of servable) if (nodeName !== undefined) counts.set(nodeName, (counts.get(nodeName) ?? 0) + 1);
  return counts;
}

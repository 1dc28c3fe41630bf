/** How often this node began to answer for a VIP group. */

import type { Close } from "../announcer.ts";
import type { Standings } from "../liveness/standing.ts";
import type { MetricsRegistry } from "./metrics.ts";

/** Counts from now on; also the first time for each group. */
export function countTakeovers(metrics: Pick<MetricsRegistry, "count">, standings: Standings): Close {
  let owned: ReadonlySet<string> = new Set();
  const count = (by: number): void => metrics.count("herald_takeovers_total", {}, by);
  count(0);
  return standings.onChange(() => {
    const before = owned;
    owned = new Set([...standings.all()].filter(({ standing }) => standing === "owner").map(({ group }) => group));
    const added = [...owned].filter((group) => !before.has(group)).length;
    if (added > 0) count(added);
  });
}

/** What is told of an API server that is followed, by resource. */

import type { WatchState } from "../cluster/source.ts";
import type { TellMetric } from "./metrics.ts";

export function tellWatches(watches: readonly WatchState[], tell: TellMetric): void {
  for (const { type: resource, ...watch } of watches) {
    const labels = { resource };
    tell("herald_source_synced", watch.isSynced ? 1 : 0, labels);
    tell("herald_source_following", watch.isFollowing ? 1 : 0, labels);
    tell("herald_source_objects", watch.objects, labels);
    tell("herald_source_relists_total", watch.relists, labels);
    tell("herald_source_expired_total", watch.expired, labels);
    tell("herald_source_reconnects_total", watch.reconnects, labels);
    tell("herald_source_errors_total", watch.parseErrors + watch.sinkErrors, labels);
    if (watch.lastByteMs !== undefined) tell("herald_source_silence_seconds", Math.max(0, Date.now() - watch.lastByteMs) / 1000, labels);
  }
}

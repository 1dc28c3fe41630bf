/** What is told of where objects come from: whether the configuration is good, and how an API server is followed. */

import type { Close } from "../announcer.ts";
import type { WatchState } from "../cluster/source.ts";
import type { MetricsRegistry, TellMetric } from "./metrics.ts";
import type { SpeakerParts } from "./status.ts";

export interface SourceParts {
  /** Undefined: not everything has been read yet. */
  readonly source?: SpeakerParts["source"] | undefined;
  readonly isReady: boolean;
}

/** `parts` may change. */
export function collectSource(metrics: Pick<MetricsRegistry, "collect">, parts: SourceParts): Close {
  return metrics.collect((tell: TellMetric) => {
    const { source, isReady } = parts;
    const problems = source?.problems().length ?? 0;
    tell("herald_ready", isReady ? 1 : 0);
    tell("herald_config_problems", problems);
    tell("metallb_k8s_client_config_loaded_bool", source === undefined ? 0 : 1);
    tell("metallb_k8s_client_config_stale_bool", problems > 0 ? 1 : 0);
    for (const watch of source?.watches?.() ?? []) tellWatch(watch, tell);
  });
}

function tellWatch({ type: resource, lastByteMs, ...watch }: WatchState, tell: TellMetric): void {
  const labels = { resource };
  tell("herald_source_synced", watch.isSynced ? 1 : 0, labels);
  tell("herald_source_following", watch.isFollowing ? 1 : 0, labels);
  tell("herald_source_objects", watch.objects, labels);
  tell("herald_source_relists_total", watch.relists, labels);
  tell("herald_source_expired_total", watch.expired, labels);
  tell("herald_source_reconnects_total", watch.reconnects, labels);
  tell("herald_source_errors_total", watch.parseErrors + watch.sinkErrors, labels);
  if (lastByteMs !== undefined) tell("herald_source_silence_seconds", Math.max(0, Date.now() - lastByteMs) / 1000, labels);
}

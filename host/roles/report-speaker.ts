/** What a speaker in a cluster reports to the API server: status of Services, sessions and configuration, and Events. */

import type { Close, Log } from "../announcer.ts";
import type { Api } from "../cluster/api/api.ts";
import type { Gate } from "../cluster/kubernetes/coexistence/gate.ts";
import type { EventRecorder, EventSink } from "../cluster/kubernetes/events/events.ts";
import { tellProblemsByEvents } from "../cluster/kubernetes/events/problem-events.ts";
import { serviceReference } from "../cluster/kubernetes/object-reference.ts";
import { ConfigurationReports, isOfSpeakers } from "../cluster/kubernetes/reports/configuration-reports.ts";
import { podOwner } from "../cluster/kubernetes/reports/pod-owner.ts";
import { SessionReports } from "../cluster/kubernetes/reports/session-reports.ts";
import { type FollowedAnnouncer, SpeakerReports } from "../cluster/kubernetes/reports/speaker-reports.ts";
import type { Store } from "../cluster/store.ts";
import type { PluginRun } from "./plugin-run.ts";
import type { Accompanied } from "./speaker.ts";
import type { WarnOfService } from "./warn-of-vip.ts";

export interface ReportOptions {
  readonly api: Api;
  /** Herald's own. */
  readonly namespace: string;
  readonly node: string;
  /** Whose objects they are; absent: nobody's, and they stay when this ends. */
  readonly podName?: string;
  readonly events: EventRecorder;
  readonly gate: Gate;
  readonly log: Log;
}

/** Begins with the plan; `events` is the caller's to close. */
export function reportSpeaker(options: ReportOptions, { store, source, plugins, network, standings }: Accompanied): Close {
  const { api, namespace, podName, events } = options;
  const common = { ...options, ...(podName === undefined ? {} : { owner: podOwner(api, namespace, podName) }) };
  const reports = new SpeakerReports({
    ...common,
    announcers: () => Array.from(plugins.runs.values(), announcerOf),
    onAnnouncers: (call) => plugins.onRuns(call),
    links: network.links,
    standings,
    reference: (key) => {
      const service = store.snapshot().services.get(key);
      return service && serviceReference(service);
    },
  });
  const configuration = new ConfigurationReports({ ...common, source });
  const bgp = plugins.runs.get("bgp");
  const sessions = new SessionReports({ ...common, sessions: () => bgp?.plugin?.announcer.inspect?.("peers") });
  const parts = [reports, configuration, sessions];
  reports.start();
  configuration.start();
  // Sessions begin with the first rows; before, it would look as if there were no peers any more.
  const closeFirst = bgp?.onRows(() => {
    closeFirst?.();
    sessions.start();
  });
  // What the controller reads, it tells.
  const closeEvents = tellProblemsByEvents({ source, events, namespace, tells: isOfSpeakers, isShared: true });
  return () => {
    closeEvents();
    closeFirst?.();
    for (const part of parts) part.close();
  };
}

/** By Events of the Services that there are. */
export function warnByEvents(events: EventSink, store: Pick<Store, "snapshot">): WarnOfService {
  return (key, reason, message) => {
    const service = store.snapshot().services.get(key);
    if (service !== undefined) events.record({ object: serviceReference(service), type: "Warning", reason, message });
  };
}

/** Of the plugin that runs at the moment. */
function announcerOf(run: PluginRun): FollowedAnnouncer {
  return {
    name: run.lane.name,
    kind: run.kind,
    rows: () => run.lane.rows(),
    audience: (vip) => run.plugin?.announcer.audience?.(vip) ?? [],
    onRows: (call) => run.onRows(call),
  };
}

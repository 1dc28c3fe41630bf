/** What is told of a speaker's parts, asked of them as they are at the reading. */

import type { Close } from "../announcer.ts";
import type { LivenessService } from "../liveness/liveness.ts";
import { STANDINGS } from "../liveness/standing.ts";
import type { ProgramStatistics } from "../packets/program-counts.ts";
import { isAnnounced } from "../reconcile/is-announced.ts";
import { collectSource } from "./collect-source.ts";
import type { MetricsRegistry, TellMetric } from "./metrics.ts";
import { countGroups, type SpeakerParts } from "./status.ts";

type Parts = Pick<SpeakerParts, "node" | "isReady" | "source" | "network" | "reconciler" | "liveness" | "announcers" | "standings">;
type Announcer = SpeakerParts["announcers"][number];

const LAYER2 = "L2Advertisement";
/** MetalLB's word for routes outside of any VRF. */
const NO_VRF = "default";
/** Reasons of one announcer that are told apart; they may come from a third party. */
const MOST_REASONS = 20;
const OTHER_REASONS = "other";
const MOST_REASON_LENGTH = 80;

/** `parts` may come later, and one after another. */
export function collectSpeaker(metrics: Pick<MetricsRegistry, "collect">, parts: Parts): Close {
  const closes = [
    collectSource(metrics, parts),
    metrics.collect((tell: TellMetric) => {
      tellChanges(parts, tell);
      for (const announcer of parts.announcers) tellAnnouncer(announcer, parts, tell);
      tellGroups(parts, tell);
    }),
    metrics.collect((tell: TellMetric) => Promise.all(parts.announcers.map((announcer) => tellLayer2(announcer, tell)))),
    metrics.collect(async (tell: TellMetric) => {
      for (const [program, counts] of Object.entries((await parts.network?.statistics()) ?? {})) tellProgram(program, counts, tell);
    }),
    metrics.collect(async (tell: TellMetric) => tellSessions((await parts.liveness?.counts()) ?? [], tell)),
  ];
  return () => {
    for (const close of closes) close();
  };
}

function tellChanges({ reconciler, announcers }: Parts, tell: TellMetric): void {
  tell("metallb_k8s_client_updates_total", reconciler?.state().services ?? 0);
  const failures = announcers.map(({ lane }) => lane.state().failures);
  tell(
    "metallb_k8s_client_update_errors_total",
    failures.reduce((sum, count) => sum + count, 0),
  );
}

function tellGroups({ standings }: Parts, tell: TellMetric): void {
  if (standings === undefined) return;
  const counts = countGroups(standings);
  for (const standing of STANDINGS) tell("herald_vip_groups", counts[standing] ?? 0, { standing });
}

function tellAnnouncer({ lane, kind, restarts, state: run }: Announcer, { node, standings }: Parts, tell: TellMetric): void {
  const { desired, told, untold, unsure, applies, failures } = lane.state();
  const labels = { announcer: lane.name };
  tell("herald_announcer_desired_rows", desired, labels);
  for (const [state, count] of Object.entries({ told, untold, unsure })) tell("herald_announcer_rows", count, { ...labels, state });
  tell("herald_announcer_applies_total", applies, labels);
  tell("herald_announcer_apply_failures_total", failures, labels);
  const ofPlugin = { plugin: lane.name };
  tell("herald_plugin_up", run === "running" ? 1 : 0, ofPlugin);
  tell("herald_plugin_parked", run === "parked" ? 1 : 0, ofPlugin);
  tell("herald_plugin_restarts_total", restarts, ofPlugin);
  const protocol = kind === LAYER2 ? "layer2" : lane.name;
  const refusals = new Map<string, number>();
  for (const row of lane.rows()) {
    const { announcement, refusal } = row;
    const { vip: ip, services } = announcement;
    if (isAnnounced(row, standings)) for (const service of services) tell("metallb_speaker_announced", 1, { service, protocol, node, ip });
    if (refusal !== undefined) countReason(refusals, refusal.reason);
  }
  for (const [reason, count] of refusals) tell("herald_announcer_refused_rows", count, { ...labels, reason });
}

function countReason(counts: Map<string, number>, text: string): void {
  const exact = classOf(text);
  const reason = counts.has(exact) || counts.size < MOST_REASONS ? exact : OTHER_REASONS;
  counts.set(reason, (counts.get(reason) ?? 0) + 1);
}

/** The reason without what is only of this row: quoted names, addresses, numbers. */
function classOf(reason: string): string {
  return reason.replace(/"[^"]*"|\S*\d\S*/g, "…").slice(0, MOST_REASON_LENGTH);
}

async function tellLayer2({ plugin, kind }: Announcer, tell: TellMetric): Promise<void> {
  if (kind !== LAYER2) return;
  for (const [ip, { answered, unanswered, announced, conflicts }] of (await plugin?.program?.counters()) ?? []) {
    // A row on standby sees what the owner answers.
    if (answered + announced + conflicts === 0) continue;
    tell("metallb_layer2_requests_received", answered + unanswered, { ip });
    tell("metallb_layer2_responses_sent", answered, { ip });
    tell("metallb_layer2_gratuitous_sent", announced, { ip });
    tell("herald_address_conflicts_total", conflicts, { ip });
  }
}

function tellProgram(program: string, { rows, received, sent, unsent, drops, batchSeconds }: ProgramStatistics, tell: TellMetric): void {
  tell("herald_packet_rows", rows, { program });
  tell("herald_packets_received_total", received, { program });
  tell("herald_packets_sent_total", sent, { program });
  tell("herald_packets_unsent_total", unsent, { program });
  for (const [reason, count] of Object.entries(drops)) tell("herald_packets_dropped_total", count, { program, reason });
  tell("herald_packet_batch_seconds", batchSeconds, { program });
}

function tellSessions(sessions: Awaited<ReturnType<LivenessService["counts"]>>, tell: TellMetric): void {
  for (const { address: peer, device: vrf = NO_VRF, isUp, received, sent, ups, downs } of sessions) {
    const labels = { peer, vrf };
    tell("metallb_bfd_session_up", isUp ? 1 : 0, labels);
    tell("metallb_bfd_control_packet_input", received, labels);
    tell("metallb_bfd_control_packet_output", sent, labels);
    tell("metallb_bfd_session_up_events", ups, labels);
    tell("metallb_bfd_session_down_events", downs, labels);
  }
}

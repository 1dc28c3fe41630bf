/** The report of `herald bench cluster` for people. */

import { formatMachine } from "../harness/machine.ts";
import { type Column, formatCount, formatNumber, formatTable } from "../harness/table.ts";
import { formatTargets } from "../harness/targets.ts";
import type { ClusterReport, LatencySummary } from "./report.ts";
import type { ControllerRun, SpeakerRun } from "./roles.ts";
import type { UpdateRun } from "./updates.ts";

export function formatReport(report: ClusterReport): string {
  const { controllers, speaker, updates, latencies, latency, targets, notes } = report;
  return `${[
    formatSetting(report),
    `Controller, from the start of its process\n${formatTable(controllerColumns, controllers)}`,
    `Speaker of one node, from the start of its process\n${formatTable(speakerColumns, [speaker])}`,
    `Updates of endpoints: in each the only endpoint of a Local Service of this node is turned, or one of three of another\n${formatTable(updateColumns, updates)}`,
    `One new Service at a time, ${latency.length} of them: from its write until\n${formatTable(latencyColumns, latencies)}`,
    formatTargets(targets),
    ...notes,
  ].join("\n\n")}\n`;
}

function formatSetting({ machine, options, setUp }: ClusterReport): string {
  const { services, nodes } = options;
  return [
    `${formatMachine(machine)}; kube-apiserver and etcd on the same CPUs`,
    `${formatCount(services)} Services, ${formatCount(services)} EndpointSlices, ${formatCount(nodes)} Nodes; one Service of 100 is Local`,
    `${formatCount(setUp.objects)} objects written in ${formatNumber(setUp.seconds)} s`,
  ].join("\n");
}

const megabytes = (bytes: number): string => formatNumber(bytes / 1e6);
const seconds = (ms: number): string => formatNumber(ms / 1000);

const controllerColumns: Column<ControllerRun>[] = [
  { heading: "start", cell: ({ start }) => start, isText: true },
  { heading: "leading s", cell: ({ leadingMs }) => seconds(leadingMs) },
  { heading: "all allocated s", cell: ({ allocatedMs }) => allocatedMs && seconds(allocatedMs) },
  { heading: "at rest s", cell: ({ restMs }) => seconds(restMs) },
  { heading: "changes", cell: ({ changes }) => formatCount(changes) },
  { heading: "changes/s", cell: ({ changes, allocatedMs }) => allocatedMs && formatNumber((changes / allocatedMs) * 1000) },
  { heading: "CPU s", cell: ({ cpuSeconds }) => formatNumber(cpuSeconds.controller) },
  { heading: "until rest", cell: ({ restCpuSeconds }) => formatNumber(restCpuSeconds) },
  { heading: "API server", cell: ({ cpuSeconds }) => formatNumber(cpuSeconds.apiServer) },
  { heading: "etcd", cell: ({ cpuSeconds }) => formatNumber(cpuSeconds.etcd) },
  { heading: "peak MB", cell: ({ peakBytes }) => megabytes(peakBytes) },
  { heading: "RSS MB", cell: ({ residentBytes }) => megabytes(residentBytes) },
];

const speakerColumns: Column<SpeakerRun>[] = [
  { heading: "ready s", cell: ({ readyMs }) => seconds(readyMs) },
  { heading: "CPU s", cell: ({ readyCpuSeconds }) => formatNumber(readyCpuSeconds) },
  { heading: "at rest s", cell: ({ restMs }) => seconds(restMs) },
  { heading: "CPU s", cell: ({ restCpuSeconds }) => formatNumber(restCpuSeconds) },
  { heading: "peak MB", cell: ({ peakBytes }) => megabytes(peakBytes) },
  { heading: "RSS MB", cell: ({ residentBytes }) => megabytes(residentBytes) },
  { heading: "after s at rest", cell: ({ restSeconds }) => `${restSeconds}` },
];

const updateColumns: Column<UpdateRun>[] = [
  { heading: "from", cell: ({ from }) => from, isText: true },
  { heading: "updates/s", cell: ({ updates, seconds: took }) => formatNumber(updates / took) },
  { heading: "for s", cell: ({ seconds: took }) => formatNumber(took) },
  { heading: "CPU µs an update", cell: ({ updates, cpuSeconds }) => formatNumber((cpuSeconds / updates) * 1e6) },
  { heading: "of a core", cell: ({ seconds: took, cpuSeconds }) => `${formatNumber((cpuSeconds / took) * 100)} %` },
  { heading: "announcements", cell: ({ announcements }) => formatCount(announcements) },
  { heading: "peak MB", cell: ({ peakBytes }) => megabytes(peakBytes) },
];

const latencyColumns: Column<LatencySummary>[] = [
  { heading: "until", cell: ({ until }) => until, isText: true },
  { heading: "p50 ms", cell: ({ p50 }) => formatNumber(p50) },
  { heading: "p90 ms", cell: ({ p90 }) => formatNumber(p90) },
  { heading: "p99 ms", cell: ({ p99 }) => formatNumber(p99) },
  { heading: "max ms", cell: ({ max }) => formatNumber(max) },
];

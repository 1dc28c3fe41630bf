/**
 * `herald bench cluster`: Herald in a large cluster, against a real kube-apiserver and etcd, all of it in a private network.
 *
 * - Controller: from the start of its process, with nothing given out, to the last address on record; and again with everything on record.
 * - Speaker: its start, and its memory once nothing is left to do.
 * - New Services, one at a time: from the write to the address on record, and to the announcement that a station on the switch hears.
 * - Updates of endpoints: what each costs the speaker, as fast as the API server can write them, and at 1,000 a second from a replay.
 *
 * API server, etcd, Herald and the bench share the CPUs: times are upper bounds, CPU seconds are the figures to trust.
 */
import { apiServer } from "../../testing/requirements.ts";
import type { StationSetup } from "../answers/arp-station.ts";
import { defineBench, type Run } from "../harness/bench.ts";
import type { Child } from "../harness/child.ts";
import { count, number, type OptionsOf } from "../harness/flags.ts";
import { fillCluster } from "./fill.ts";
import { measureLatency, type NewService } from "./latency.ts";
import { runListener } from "./listener.ts";
import { runReplay } from "./replay.ts";
import { type ClusterMeasured, type ClusterReport, createReport, REPLAYED_PER_SECOND } from "./report.ts";
import { measureControllers, measureSpeaker, type SpeakerRun, STOP_MS } from "./roles.ts";
import { type ClusterPart, ClusterStage } from "./stage.ts";
import { formatReport } from "./text.ts";
import { measureReplayed, measureWritten, type UpdateRun } from "./updates.ts";
import { ServiceWatch } from "./watch.ts";

const flags = {
  services: count("services", { usual: 10_000, most: 60_000, help: "Services, each with an EndpointSlice" }),
  nodes: count("nodes", { usual: 1000, most: 5000, help: "Nodes" }),
  // As many as the pool of new Services has addresses.
  writes: count("writes", { usual: 100, most: 250, help: "new Services, one at a time" }),
  seconds: number("seconds", { usual: 20, most: 60, help: "length of each load of updates" }),
  restSeconds: number("rest", { usual: 30, most: 600, help: "before the memory of a speaker is read" }),
};

export type ClusterOptions = OptionsOf<typeof flags>;

export const cluster = defineBench({
  summary: "controller and speaker on a real API server with 10,000 Services and 1,000 Nodes: allocation, memory, updates, latency",
  network: "all",
  missing: () => (apiServer.isMet() ? undefined : `it needs ${apiServer.what} (${apiServer.remedy})`),
  flags,
  brief: { seconds: "10" },
  estimateSeconds: ({ services, nodes, seconds, restSeconds, writes }) =>
    0.036 * services + 0.01 * nodes + 2 * seconds + restSeconds + 0.3 * writes + 20,
  measure: measureAll,
  format: formatReport,
  part(setup) {
    const part = setup as ClusterPart;
    return "listen" in part ? runListener(part.listen as StationSetup) : runReplay(part.replay);
  },
});

async function measureAll(options: ClusterOptions, run: Run): Promise<ClusterReport> {
  const children = new Set<Child>();
  const opening = ClusterStage.open({ herald: run.herald, part: run.part });
  const stop = async (): Promise<void> => {
    await Promise.all(Array.from(children, (child) => child.stop(STOP_MS)));
    await opening.then(
      (stage) => stage.stop(),
      () => {},
    );
  };
  run.onInterrupt(stop);
  try {
    return createReport(options, await measure(await opening, options, children, run.tell));
  } finally {
    await stop();
  }
}

/** What is started goes into `children`. */
async function measure(stage: ClusterStage, options: ClusterOptions, children: Set<Child>, tell: Run["tell"]): Promise<ClusterMeasured> {
  const { services, nodes, seconds } = options;
  const keep = (child: Child): Child => {
    children.add(child);
    return child;
  };
  tell(`Writing ${2 * services + nodes} objects`, 0);
  const startedMs = performance.now();
  await stage.define();
  const objects = await fillCluster(stage.server.admin, options);
  const setUp = { objects, seconds: (performance.now() - startedMs) / 1000 };
  tell(`Controller, after ${Math.ceil(setUp.seconds)} s`, 0.4);
  const watch = new ServiceWatch(stage.server.admin);
  const controllers = await measureControllers({ stage, watch, services }, keep);
  tell("Speaker", 0.6);
  const listener = keep(await stage.startListener());
  const written = await measureWithSpeaker(stage, { ...options, watch, listener, keep, tell });
  tell("Updates of endpoints from a replay", 0.9);
  const { child, url } = await stage.startReplay();
  const speaker = keep(stage.startSpeaker(url));
  await measureSpeaker(speaker, 0);
  const replayed = await measureReplayed(keep(child), { speaker, listener }, { perSecond: REPLAYED_PER_SECOND, seconds });
  watch.close();
  return { setUp, controllers, speaker: written.speaker, updates: [written.updates, replayed], latency: written.latency };
}

interface WithSpeaker extends ClusterOptions {
  readonly watch: ServiceWatch;
  readonly listener: Child;
  readonly keep: (child: Child) => Child;
  readonly tell: Run["tell"];
}

/** What is measured with a speaker that is told by the API server itself. */
async function measureWithSpeaker(
  stage: ClusterStage,
  options: WithSpeaker,
): Promise<{ speaker: SpeakerRun; latency: NewService[]; updates: UpdateRun }> {
  const { tell, listener } = options;
  const child = options.keep(stage.startSpeaker());
  const speaker = await measureSpeaker(child, options.restSeconds);
  tell("New Services", 0.7);
  const latency = await measureLatency(stage, options, options.writes);
  tell("Updates of endpoints from the API server", 0.8);
  const updates = await measureWritten(stage, { speaker: child, listener }, options);
  await child.stop(STOP_MS);
  return { speaker, latency, updates };
}

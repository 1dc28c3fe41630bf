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
import type { CommandIo } from "../../../cli/command.ts";
import { enter, findWay, isInside, onLetGo } from "../../private-network.ts";
import { apiServer } from "../../testing/requirements.ts";
import type { StationSetup } from "../arp/station.ts";
import type { Bench, ClusterOptions, Self } from "../harness/bench.ts";
import type { Child } from "../harness/child.ts";
import { fillCluster } from "./fill.ts";
import { measureLatency, type NewService } from "./latency.ts";
import { runListener } from "./listener.ts";
import { runReplay } from "./replay.ts";
import { type ClusterMeasured, createReport, REPLAYED_PER_SECOND } from "./report.ts";
import { measureControllers, measureSpeaker, type SpeakerRun, STOP_MS } from "./roles.ts";
import { type ClusterPart, ClusterStage } from "./stage.ts";
import { formatReport } from "./text.ts";
import { measureReplayed, measureWritten, type UpdateRun } from "./updates.ts";
import { ServiceWatch } from "./watch.ts";

const NOT_ALLOWED = 3;
const INTERRUPTED = 130;

export const cluster: Bench = {
  run,
  part(setup) {
    const part = setup as ClusterPart;
    return "listen" in part ? runListener(part.listen as StationSetup) : runReplay(part.replay);
  },
};

async function run(options: ClusterOptions, io: CommandIo, self: Self): Promise<number> {
  if (!isInside()) {
    const way = findWay();
    const missing = way.ok ? undefined : `no private network can be made here: ${way.reason}`;
    const problem = missing ?? (apiServer.isMet() ? undefined : `it needs ${apiServer.what} (${apiServer.remedy})`);
    if (way.ok && problem === undefined) return enter(way, self.all);
    io.stderr.write(`herald bench cluster: nothing is measured, since ${problem}\n`);
    return NOT_ALLOWED;
  }
  const children = new Set<Child>();
  const opening = ClusterStage.open(programsOf(self));
  const stop = async (): Promise<void> => {
    await Promise.all(Array.from(children, (child) => child.stop(STOP_MS)));
    await opening.then(
      (stage) => stage.stop(),
      () => {},
    );
  };
  onLetGo(() => void stop().finally(() => process.exit(INTERRUPTED)));
  try {
    const tell = (what: string) => io.stderr.write(`${what}\n`);
    const report = createReport(options, await measure(await opening, options, children, tell));
    io.stdout.write(options.json ? `${JSON.stringify(report)}\n` : formatReport(report));
    return 0;
  } finally {
    await stop();
  }
}

function programsOf({ program, part }: Self) {
  const node = [process.execPath, ...process.execArgv];
  return { herald: [...node, program], part: (setup: ClusterPart) => [...node, ...part, JSON.stringify(setup)] };
}

/** What is started goes into `children`. */
async function measure(
  stage: ClusterStage,
  options: ClusterOptions,
  children: Set<Child>,
  tell: (what: string) => void,
): Promise<ClusterMeasured> {
  const { services, nodes, seconds, restSeconds, writes } = options;
  const keep = (child: Child): Child => {
    children.add(child);
    return child;
  };
  const estimate = 0.036 * services + 0.01 * nodes + 2 * seconds + restSeconds + 0.3 * writes + 20;
  tell(`Writing ${2 * services + nodes} objects, then four measurements: about ${Math.ceil(estimate)} s`);
  const startedMs = performance.now();
  await stage.define();
  const objects = await fillCluster(stage.server.admin, options);
  const setUp = { objects, seconds: (performance.now() - startedMs) / 1000 };
  tell(`Controller, after ${Math.ceil(setUp.seconds)} s`);
  const watch = new ServiceWatch(stage.server.admin);
  const controllers = await measureControllers({ stage, watch, services }, keep);
  tell("Speaker");
  const listener = keep(await stage.startListener());
  const written = await measureWithSpeaker(stage, { ...options, watch, listener, keep, tell });
  tell("Updates of endpoints from a replay");
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
  readonly tell: (what: string) => void;
}

/** What is measured with a speaker that is told by the API server itself. */
async function measureWithSpeaker(
  stage: ClusterStage,
  options: WithSpeaker,
): Promise<{ speaker: SpeakerRun; latency: NewService[]; updates: UpdateRun }> {
  const { tell, listener } = options;
  const child = options.keep(stage.startSpeaker());
  const speaker = await measureSpeaker(child, options.restSeconds);
  tell("New Services");
  const latency = await measureLatency(stage, options, options.writes);
  tell("Updates of endpoints from the API server");
  const updates = await measureWritten(stage, { speaker: child, listener }, options);
  await child.stop(STOP_MS);
  return { speaker, latency, updates };
}

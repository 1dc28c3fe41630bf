/**
 * One node's Herald, put together: source → store → reconciler → lanes → announcers → packets.
 *
 * Every part is made here and knows only what it is given; what a part says that it cannot go on without ends the process. Where the
 * objects come from, and who gives out addresses there, is for the surroundings: a directory of manifests, or a cluster.
 */

import type { Log, PluginDefinition, ProgramEvent } from "../announcer.ts";
import { serviceSource } from "../cluster/service-source.ts";
import type { Source } from "../cluster/source.ts";
import { Store } from "../cluster/store.ts";
import type { Translator } from "../cluster/translated.ts";
import { Conflicts } from "../liveness/conflicts.ts";
import { knownStations } from "../liveness/known-stations.ts";
import { LivenessService } from "../liveness/liveness.ts";
import { Members } from "../liveness/members.ts";
import { speakerMacs } from "../liveness/speaker-macs.ts";
import type { Standings } from "../liveness/standing.ts";
import { collectProcess } from "../observe/collect-process.ts";
import { collectSpeaker } from "../observe/collect-speaker.ts";
import { serveControl } from "../observe/control.ts";
import type { ControlPlace } from "../observe/control-place.ts";
import { ControlInUse } from "../observe/control-socket.ts";
import { countTakeovers } from "../observe/count-takeovers.ts";
import { createMetrics, type MetricsRegistry } from "../observe/metrics.ts";
import { answerFrom, type SpeakerParts } from "../observe/status.ts";
import { timeRuns } from "../observe/time-runs.ts";
import type { Network } from "../packets/network.ts";
import { createRank } from "../packets/rank.ts";
import { Reconciler } from "../reconcile/reconciler.ts";
import type { PlanOptions } from "../rules/plan.ts";
import { clock } from "./clock.ts";
import type { Endpoints } from "./endpoints.ts";
import { type End, Ends } from "./ends.ts";
import { NodeDrain } from "./node-drain.ts";
import type { Watched } from "./service-manager.ts";
import { type MorePlugins, SpeakerPlugins } from "./speaker-plugins.ts";
import { startSelfTest } from "./start-self-test.ts";
import { tellProblems } from "./tell-problems.ts";
import { type WarnOfService, warnOfVip } from "./warn-of-vip.ts";

/** Where a speaker lives. */
export interface Surroundings {
  /** What is read, as a person knows it: a directory, or an API server. */
  readonly reads: string;
  readonly isController: boolean;
  readonly plan?: PlanOptions;
  /** Tells people of a Service, where it is looked at; absent: the log does. */
  readonly warn?: (store: Store) => WarnOfService;
  /** Tells of this node by an Event; default: nobody is told. */
  readonly warnOfNode?: (reason: string, message: string) => void;
  /** Opens what fills the store; resolves when everything has been read once. */
  open(store: Store, translators: readonly Translator[]): Promise<Source>;
  /** Starts what else runs there, such as what gives out addresses; called with everything made and nothing announced. */
  accompany(speaker: Accompanied): Promise<End>;
}

/** The parts of a speaker, for what runs beside it. */
export interface Accompanied {
  readonly store: Store;
  readonly source: Source;
  readonly plugins: Pick<SpeakerPlugins, "runs" | "onRuns">;
  readonly reconciler: Reconciler;
  readonly network: Network;
  /** Who is owner and who stands by is decided from moment to moment; undefined: nobody decides, and the plan holds. */
  readonly standings?: Standings | undefined;
  /** Whether this node is out of service. */
  readonly drain: Pick<NodeDrain, "isOn" | "onChange">;
  readonly metrics: MetricsRegistry;
}

export interface SpeakerOptions {
  readonly node: string;
  readonly surroundings: Surroundings;
  /** Opens the network to announce on; `onLost`: nothing is announced any more. */
  readonly openNetwork: (onLost: (error: Error) => void) => Promise<Network>;
  /** Built-ins, and what flags say of their configs, before resources do; one with a translation has its config from resources alone. */
  readonly plugins: readonly { readonly definition: PluginDefinition; readonly config: unknown }[];
  /** Others, for whom somebody wants them; default: there are none. */
  readonly more?: MorePlugins;
  /** Where it answers questions about itself; default: nowhere. */
  readonly control?: ControlPlace | undefined;
  /** An owner that lives and does not answer loses what it does not answer for. Default: it is only told of. */
  readonly mayDepose?: boolean;
  /** Opens where others may ask for health and metrics; default: nowhere. */
  readonly endpoints?: Endpoints | undefined;
  /** Which Herald this is, for who asks. */
  readonly version?: string;
  readonly log: Log;
  /** Called where it cannot go on. */
  readonly onFatal: (error: Error) => void;
}

export interface Speaker {
  readonly metrics: MetricsRegistry;
  watched(): Watched;
  stop(why: "leave" | "replace"): Promise<void>;
}

/** Resolves when everything runs and the first plan is made. */
export async function startSpeaker(options: SpeakerOptions): Promise<Speaker> {
  const metrics = createMetrics();
  const ends = new Ends();
  const parts: SpeakerParts = {
    ...{ node: options.node, version: options.version ?? "", reads: options.surroundings.reads, announcers: [], isReady: false },
    ...{ isController: options.surroundings.isController, startedAtMs: performance.now() },
  };
  try {
    await startParts(options, parts, metrics, ends);
  } catch (error) {
    await ends.run("replace").catch(() => {}); // what went wrong first is what matters
    throw error;
  }
  return { metrics, watched: () => watchedOf(parts), stop: (why) => ends.run(why) };
}

function watchedOf({ node, network, announcers }: SpeakerParts): Watched {
  const states = announcers.map(({ lane }) => lane.state());
  const [told, desired] = [states.reduce((sum, state) => sum + state.told, 0), states.reduce((sum, state) => sum + state.desired, 0)];
  return { beats: network?.packets.beats, summary: `${node}: ${told} of ${desired} announcements made` };
}

async function startParts(options: SpeakerOptions, parts: SpeakerParts, metrics: MetricsRegistry, ends: Ends): Promise<void> {
  const { node, log, surroundings } = options;
  collectProcess(metrics, parts.version);
  collectSpeaker(metrics, parts);
  // The first, so that a second speaker of this node ends before it has touched anything.
  ends.push(await openControl(options, parts));
  const health = { problem: () => parts.network?.packets.problem, isReady: () => parts.isReady };
  ends.push((await options.endpoints?.({ metrics, ...health })) ?? (() => {}));
  const store = new Store();
  parts.store = store;
  const plugins = new SpeakerPlugins({ builtIns: options.plugins, ...options.more });
  const source = await surroundings.open(store, plugins.translators());
  parts.source = source;
  ends.inputs.push(() => source.close());
  tellProblems(source, log);

  const network = await options.openNetwork(options.onFatal);
  parts.network = network;
  ends.push(() => network.links.close());
  ends.push(() => network.packets.stop());
  const liveness = new LivenessService({ ...network, log });
  parts.liveness = liveness;
  ends.push(() => liveness.stop());
  const { packets } = network;
  const stations = network.stations && knownStations(network.stations, log);
  const nodes = () => store.snapshot().nodes;
  const speakers = speakerMacs(nodes, () => stations?.().neighbors ?? []);
  const members = new Members({
    ...{ node, packets, stations, liveness, nodes, macs: speakers, warn: surroundings.warnOfNode, log },
    // A session that is up says that a node lives, whatever its Lease does.
    onSession: (name) => nodes().get(name)?.speaker?.isSilent && reconciler.replan(),
  });
  parts.standings = members;
  ends.push(() => members.close());
  ends.push(countTakeovers(metrics, members));
  const nodeDrain = new NodeDrain({
    ...{ node, clock, log, standings: members, replan: () => reconciler.replan() },
    handOver: (isLeaving) => packets.leave(isLeaving),
    announcers: () => Array.from(plugins.runs.values(), ({ plugin }) => plugin?.announcer ?? []).flat(),
  });
  const isNodeDraining = () => store.snapshot().nodes.get(node)?.isDraining ?? false;
  parts.isDraining = () => nodeDrain.isOn;
  parts.drain = (isOn) => nodeDrain.drain(isOn);
  const timeRun = timeRuns(metrics);
  const reconciler = new Reconciler({
    ...{ node, store, announcers: plugins.facts(), rank: createRank(), now: () => performance.now() },
    plan: { ...surroundings.plan, isDrained: nodeDrain.isDrained, isHeard: (name) => members.isUp(name) },
    onRun: (tookMs) => {
      timeRun(tookMs);
      nodeDrain.note(isNodeDraining());
      members.followNodes();
    },
  });
  parts.reconciler = reconciler;
  ends.inputs.push(async (why) => {
    for (const { announcer, error } of await reconciler.stop(why)) log.error("Announcer did not stop", { announcer, error });
  });
  const warn = warnOfVip(
    () => Array.from(plugins.runs.values(), ({ lane }) => lane.rows().map(({ announcement }) => announcement)).flat(),
    surroundings.warn?.(store) ?? (() => {}),
  );
  const conflicts = new Conflicts({ ...{ links: network.links, log, clock, metrics }, speakers, warn });
  parts.conflicts = conflicts;
  const onEvent = (_: string, { kind, address: vip, ...event }: ProgramEvent) =>
    void (kind === "conflict" && conflicts.hear({ vip, ...event }));
  const { secrets } = source.translated;
  const host = { node, ...network, secrets, services: serviceSource(store), liveness, members, log, metrics, onEvent };
  parts.pending = () => plugins.pending();
  plugins.onRuns(() => parts.announcers.splice(0, parts.announcers.length, ...plugins.runs.values()));
  ends.push(() => plugins.close());
  await plugins.prepare({ source, reconciler, host, standings: members, warnOfNode: surroundings.warnOfNode, clock, log });
  ends.inputs.unshift(() => plugins.halt());
  // Before anything is taken down: what others can have is theirs first.
  ends.inputs.unshift(() => members.handOver());
  nodeDrain.start(isNodeDraining());
  ends.inputs.push(
    await surroundings.accompany({ store, source, plugins, reconciler, network, drain: nodeDrain, metrics, standings: members }),
  );
  ends.inputs.push(() => tellStatistics(network, log));
  reconciler.start();
  reconciler.run();
  // Not before there is a plan: the first thing that an announcer hears is all of it.
  await plugins.start();
  const { mayDepose = false } = options;
  ends.inputs.unshift(
    startSelfTest({ node, runs: plugins.runs, network, members, conflicts, speakers, warn, mayDepose, log, clock, metrics }),
  );
  parts.isReady = true;
}

async function openControl({ control, log }: SpeakerOptions, parts: SpeakerParts): Promise<End> {
  if (control === undefined) return () => {};
  try {
    return await serveControl(control.path, answerFrom(parts));
  } catch (error) {
    if (control.isDemanded || error instanceof ControlInUse) throw error;
    log.warn("No control socket", { reason: (error as Error).message });
    return () => {};
  }
}

/** What the packet programs did, with the frames that got no answer by reason. */
async function tellStatistics({ statistics }: Network, log: Log): Promise<void> {
  for (const [program, { drops, batchSeconds: _, ...counts }] of Object.entries(await statistics())) {
    log.info("Packets", { program, ...counts, drops: Object.fromEntries(Object.entries(drops).filter(([, count]) => count > 0)) });
  }
}

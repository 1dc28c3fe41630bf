/**
 * One node's Herald, put together: source → store → reconciler → lanes → announcers → packets.
 *
 * Every part is made here and knows only what it is given; what a part says that it cannot go on without ends the process.
 */

import type { Announcer, Log, PluginDefinition } from "./announcer.ts";
import { Controller } from "./cluster/controller.ts";
import { ManifestsSource } from "./cluster/manifests.ts";
import { Store } from "./cluster/store.ts";
import { createMetrics, type MetricsRegistry } from "./observe/metrics.ts";
import type { Network } from "./packets/network.ts";
import { createRank } from "./packets/rank.ts";
import { Lane } from "./reconcile/lane.ts";
import { Reconciler } from "./reconcile/reconciler.ts";
import { announcerFact, type RunningPlugin, startPlugin } from "./sandbox/start-plugin.ts";

export interface SpeakerOptions {
  readonly manifests: string;
  readonly node: string;
  /** Also allocate, and write `allocations`. */
  readonly isController: boolean;
  readonly allocations?: string;
  /** Opens the network to announce on; `onLost`: nothing is announced any more. */
  readonly openNetwork: (onLost: (error: Error) => void) => Promise<Network>;
  /** Built-ins with their configs. */
  readonly plugins: readonly { readonly definition: PluginDefinition; readonly config: unknown }[];
  readonly log: Log;
  /** Called where it cannot go on. */
  readonly onFatal: (error: Error) => void;
}

export interface Speaker {
  readonly metrics: MetricsRegistry;
  stop(why: "leave" | "replace"): Promise<void>;
}

/** Resolves when everything runs and the first plan is made. */
export async function startSpeaker(options: SpeakerOptions): Promise<Speaker> {
  const { node, log, plugins, onFatal } = options;
  const metrics = createMetrics();
  const store = new Store();
  const place = options.allocations === undefined ? {} : { allocations: options.allocations };
  const source = await ManifestsSource.open({ path: options.manifests, node, follow: true, ...place }, store);
  tellProblems(source, log);
  const controller = options.isController ? new Controller({ store, source, status: source.allocations, log }) : undefined;

  const network = await options.openNetwork(onFatal);
  const announcers = plugins.map(({ definition }) => announcerFact(definition));
  const reconciler = new Reconciler({ node, store, announcers, rank: createRank(), now: () => performance.now() });
  const running: RunningPlugin[] = [];
  for (const { definition, config } of plugins) {
    const plugin = await startPlugin(definition, config, { node, ...network, log, metrics });
    running.push(plugin);
    const lane = new Lane({ name: plugin.name, clock: clock(), log });
    await lane.start(tellChanges(plugin.announcer, plugin.name, log));
    reconciler.attach(lane);
  }
  await controller?.start();
  reconciler.start();
  reconciler.run();

  return {
    metrics,
    async stop(why) {
      source.close();
      await controller?.close();
      for (const { announcer, error } of await reconciler.stop(why)) log.error("Announcer did not stop", { announcer, error: String(error) });
      for (const plugin of running.reverse()) plugin.close();
      await network.packets.stop();
      network.links.close();
    },
  };
}

function clock() {
  return {
    now: () => performance.now(),
    after(delayMs: number, call: () => void) {
      const timer = setTimeout(call, delayMs);
      return () => clearTimeout(timer);
    },
  };
}

/** Each problem is said once, when it appears. */
function tellProblems(source: ManifestsSource, log: Log): void {
  let known = new Set<string>();
  const tell = (): void => {
    const lines = source.problems().map(({ file, line, object, path, found, expected }) => `${file}:${line}: ${object}${path === "" ? "" : ` ${path}`}: found ${found}, expected ${expected}`);
    for (const line of lines) if (!known.has(line)) log.warn(line);
    known = new Set(lines);
  };
  source.onProblems(tell);
  tell();
}

const MOST_LINES = 20;

/** The announcer, and a line in the log for each row that it has taken over. */
function tellChanges(announcer: Announcer, via: string, log: Log): Announcer {
  return {
    ...(announcer.held === undefined ? {} : { held: () => announcer.held?.() as ReturnType<NonNullable<Announcer["held"]>> }),
    stop: (why) => announcer.stop(why),
    async apply(changes) {
      const refused = await announcer.apply(changes);
      const isRefused = new Set(refused.map(({ vip }) => vip));
      const told = [
        ...[...changes.added, ...changes.changed].map((row) => ({ event: "serviceAnnounced", row })),
        ...changes.removed.map((row) => ({ event: "serviceWithdrawn", row })),
      ].filter(({ row }) => !isRefused.has(row.vip));
      for (const { event, row } of told.slice(0, MOST_LINES)) log.info(event, { vip: row.vip, services: row.services, via });
      if (told.length > MOST_LINES) log.info("And more rows", { rows: told.length - MOST_LINES, via });
      return refused;
    },
  };
}

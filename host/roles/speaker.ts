/**
 * One node's Herald, put together: source → store → reconciler → lanes → announcers → packets.
 *
 * Every part is made here and knows only what it is given; what a part says that it cannot go on without ends the process.
 */

import { access, constants } from "node:fs/promises";
import { dirname } from "node:path";
import type { Log, PluginDefinition } from "../announcer.ts";
import { Controller } from "../cluster/controller.ts";
import { ManifestsSource } from "../cluster/manifests/manifests.ts";
import { Store } from "../cluster/store.ts";
import { translatorsOf } from "../cluster/translated.ts";
import { LivenessService } from "../liveness/liveness.ts";
import { serveControl } from "../observe/control.ts";
import type { ControlPlace } from "../observe/control-place.ts";
import { ControlInUse } from "../observe/control-socket.ts";
import { createMetrics, type MetricsRegistry } from "../observe/metrics.ts";
import { problemText } from "../observe/problem-text.ts";
import { answerFrom, type SpeakerParts } from "../observe/status.ts";
import type { Network } from "../packets/network.ts";
import { createRank } from "../packets/rank.ts";
import { Reconciler } from "../reconcile/reconciler.ts";
import { announcerFact } from "../sandbox/start-plugin.ts";
import { PluginRun } from "./plugin-run.ts";

export interface SpeakerOptions {
  readonly manifests: string;
  readonly node: string;
  /** Also allocate, and write `allocations`. */
  readonly isController: boolean;
  readonly allocations?: string;
  /** Opens the network to announce on; `onLost`: nothing is announced any more. */
  readonly openNetwork: (onLost: (error: Error) => void) => Promise<Network>;
  /** Built-ins with their configs; one with a translation has its config from resources. */
  readonly plugins: readonly { readonly definition: PluginDefinition; readonly config: unknown }[];
  /** Where it answers questions about itself; default: nowhere. */
  readonly control?: ControlPlace | undefined;
  /** Which Herald this is, for who asks. */
  readonly version?: string;
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
  const metrics = createMetrics();
  const ends = new Ends();
  try {
    await startParts(options, metrics, ends);
  } catch (error) {
    await ends.run("replace").catch(() => {}); // what went wrong first is what matters
    throw error;
  }
  return { metrics, stop: (why) => ends.run(why) };
}

type End = (why: "leave" | "replace") => unknown;

/** What has been started, and how it ends: first nothing new comes in, then what is there is taken down, the newest first. */
class Ends {
  readonly inputs: End[] = [];
  readonly #parts: End[] = [];

  push(end: End): void {
    this.#parts.unshift(end);
  }

  /** Ends everything, also where one of them fails; the first failure is thrown afterwards. */
  async run(why: "leave" | "replace"): Promise<void> {
    const failures: unknown[] = [];
    for (const end of [...this.inputs.splice(0), ...this.#parts.splice(0)]) {
      try {
        await end(why);
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

async function startParts(options: SpeakerOptions, metrics: MetricsRegistry, ends: Ends): Promise<void> {
  const { node, log, plugins, manifests, isController, version = "" } = options;
  const parts: SpeakerParts = { node, version, manifests, isController, startedAtMs: performance.now(), announcers: [], isReady: false };
  // The first, so that a second speaker of this node ends before it has touched anything.
  ends.push(await openControl(options, parts));
  const store = new Store();
  const definitions = plugins.map(({ definition }) => definition);
  const place = options.allocations === undefined ? {} : { allocations: options.allocations };
  const source = await ManifestsSource.open(
    { path: manifests, node, follow: true, translators: translatorsOf(definitions), ...place },
    store,
  );
  parts.source = source;
  ends.inputs.push(() => source.close());
  if (isController) await demandWritable(dirname(source.allocations.path));
  tellProblems(source, log);

  const network = await options.openNetwork(options.onFatal);
  parts.network = network;
  ends.push(() => network.links.close());
  ends.push(() => network.packets.stop());
  const liveness = new LivenessService({ ...network, log });
  ends.push(() => liveness.stop());
  const announcers = definitions.map(announcerFact);
  const reconciler = new Reconciler({ node, store, announcers, rank: createRank(), now: () => performance.now() });
  parts.reconciler = reconciler;
  ends.inputs.push(async (why) => {
    for (const { announcer, error } of await reconciler.stop(why)) log.error("Announcer did not stop", { announcer, error });
  });
  const runs = new Map<string, PluginRun>();
  const { translated } = source;
  for (const { definition, config } of plugins) {
    const { name, translation } = definition;
    const host = { node, ...network, secrets: translated.secrets, liveness, log, metrics };
    const run = await PluginRun.open(definition, translation === undefined ? config : translated.config(name), host, clock());
    ends.push(() => run.close());
    runs.set(name, run);
    parts.announcers.push(run);
    reconciler.attach(run.lane);
  }
  ends.inputs.push(translated.onConfig((name) => runs.get(name)?.configure(translated.config(name))));
  ends.inputs.unshift(() => Promise.all(Array.from(runs.values(), (run) => run.halt())));
  if (isController) {
    const controller = new Controller({ store, source, status: source.allocations, log });
    ends.inputs.push(() => controller.close());
    await controller.start();
  } else tellMissingController(store, source, log);
  ends.inputs.push(() => tellStatistics(network, log));
  reconciler.start();
  reconciler.run();
  // Not before there is a plan: the first thing that an announcer hears is all of it.
  for (const run of runs.values()) await run.start();
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
async function tellStatistics({ packets }: Network, log: Log): Promise<void> {
  for (const [program, { rows, drops, ...counts }] of Object.entries(await packets.statistics())) {
    log.info("Packets", { program, rows, ...counts, drops: Object.fromEntries(Object.entries(drops).filter(([, count]) => count > 0)) });
  }
}

/** A flag forgotten on a single box would leave every Service without address, and not a word in the log. */
function tellMissingController(store: Store, { allocations }: ManifestsSource, log: Log): void {
  const wanting = [...store.snapshot().services.values()].filter(({ type, ingress }) => type === "LoadBalancer" && ingress.length === 0);
  if (wanting.length === 0 || allocations.records().size > 0) return;
  log.warn("No address is on record; waiting for the one speaker with --controller", {
    services: wanting.length,
    record: allocations.path,
  });
}

/** Said once and at once: a controller that cannot keep its record gives out nothing. */
async function demandWritable(directory: string): Promise<void> {
  await access(directory, constants.W_OK | constants.X_OK).catch((error: NodeJS.ErrnoException) => {
    const remedy = "make it writable for this user, or name a file elsewhere with --allocations";
    throw new Error(`Cannot give out addresses: no file can be written in ${directory} (${error.code}); ${remedy}`, { cause: error });
  });
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
    const lines = source.problems().map(problemText);
    for (const line of lines) if (!known.has(line)) log.warn(line);
    known = new Set(lines);
  };
  source.onProblems(tell);
  tell();
}

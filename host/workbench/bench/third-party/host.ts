/** A host for the plugins of `herald bench plugins`: everything that a speaker lends them, a network in memory, and a log that nobody reads. */
import { createMetrics } from "../../../observe/metrics.ts";
import { memoryFrames } from "../../../packets/frame-socket.ts";
import { memoryLinks } from "../../../packets/links.ts";
import { localService } from "../../../packets/local-service.ts";
import { memoryWire } from "../../../packets/memory-wire.ts";
import { Cells, type CellsOptions } from "../../../sandbox/cell/cells.ts";
import { openForeignPlugin } from "../../../sandbox/foreign-plugin.ts";
import type { HostedPlugin, PluginBundle } from "../../../sandbox/hosted.ts";
import { type PluginHost, type RunningPlugin, startPlugin } from "../../../sandbox/start-plugin.ts";
import { hostilePlugins } from "./hostile.ts";

const RESTART_AFTER_MS = 1000;
const nothing = (): void => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** A plugin that runs in a process of its own. */
export interface Lodger {
  readonly pid: number;
  readonly hosted: HostedPlugin;
  readonly running: RunningPlugin;
}

export class BenchHost {
  readonly #cells: Cells;
  readonly #host: PluginHost;
  /** How often a plugin's process had ended and another was started. */
  restarts = 0;
  #hasEnded = false;

  constructor(mode: NonNullable<CellsOptions["mode"]>) {
    const wire = memoryWire();
    this.#cells = new Cells({ log, mode });
    this.#host = {
      ...{ node: "node-a", packets: localService(wire), links: memoryLinks([]), frames: memoryFrames(wire) },
      ...{ log, metrics: createMetrics() },
    };
  }

  async open(bundle: PluginBundle): Promise<Lodger> {
    const hosted = await openForeignPlugin(bundle, this.#cells);
    try {
      return { hosted, pid: hosted.foreign?.process?.pid ?? 0, running: await startPlugin(hosted, {}, this.#host) };
    } catch (error) {
      await hosted.foreign?.close();
      throw error;
    }
  }

  async close({ hosted, running }: Lodger): Promise<void> {
    await running.close();
    await hosted.foreign?.close();
  }

  /** Opens so many hostile plugins, each again and again. */
  async harbor(count: number): Promise<void> {
    await Promise.all(hostilePlugins(count).map((bundle) => this.#keep(bundle)));
  }

  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#cells.close();
  }

  async #keep(bundle: PluginBundle): Promise<void> {
    const lodger = await this.open(bundle);
    lodger.hosted.foreign?.onLost(() => {
      if (this.#hasEnded) return;
      this.restarts += 1;
      void this.close(lodger);
      setTimeout(() => this.#hasEnded || this.#keep(bundle).catch(nothing), RESTART_AFTER_MS).unref();
    });
  }
}

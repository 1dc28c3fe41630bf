/**
 * The processes of a host's plugins: one for each, with a user of its own, or one for all (`cell` mode, for small boards), in which a plugin that breaks takes the others
 * with it, though not the host.
 */

import { readdirSync, statSync } from "node:fs";
import type { Log } from "../../announcer.ts";
import type { PluginBundle } from "../hosted.ts";
import { type Cell, openCell } from "./cell.ts";
import type { CellEnd } from "./cell-end.ts";
import type { Channel } from "./channel.ts";
import type { Isolation } from "./isolation.ts";
import type { Limits } from "./limits.ts";

export interface CellsOptions {
  readonly log: Log;
  /** Default: `process`. */
  readonly mode?: "process" | "cell";
  /** Refuse to run plugins as the host's own user: so in a cluster. Default: false. */
  readonly demandOwnUid?: boolean;
  /** Uids, which are gids too, that nothing else on this machine has. Default: 52000 to 52999. */
  readonly uids?: { readonly first: number; readonly count: number };
  /** Default: the Node that runs this. */
  readonly nodePath?: string;
  readonly limits?: Partial<Limits>;
}

/** A plugin in its process. */
export interface Lodging {
  readonly pid: number;
  readonly isolation: Isolation;
  readonly channel: Channel;
  /** Once: the process has ended, for whatever reason. */
  onEnd(call: (end: CellEnd) => void): void;
  /** Ends the plugin, and the process with the last one in it. Harmless twice. */
  close(): Promise<void>;
}

const UIDS = { first: 52_000, count: 1000 };

export class Cells {
  readonly #options: CellsOptions;
  readonly #usedUids = new Set<number>();
  readonly #open = new Set<Cell>();
  readonly #manifests = new Map<string, string>();
  /** In `cell` mode: the one, while it lives, and how many are in it. */
  #shared: { readonly cell: Promise<Cell>; lodgers: number } | undefined;

  constructor(options: CellsOptions) {
    this.#options = options;
  }

  /** Starts a process where one is needed, and loads the plugin there. `name` is for logs and stacks. */
  async open(name: string, bundle: PluginBundle): Promise<Lodging> {
    const shared = this.#options.mode === "cell" ? this.#share() : undefined;
    const cell = await (shared?.cell ?? this.#start());
    const leave = async (): Promise<void> => {
      if (shared !== undefined && --shared.lodgers > 0) return;
      if (this.#shared === shared) this.#shared = undefined;
      await cell.close();
    };
    let channel: Channel;
    try {
      channel = await cell.load(name, bundle);
    } catch (error) {
      await leave();
      throw error;
    }
    const end = (): Promise<void> => {
      cell.unload(channel);
      return leave();
    };
    let closed: Promise<void> | undefined;
    return {
      ...{ pid: cell.pid, isolation: cell.isolation, channel },
      onEnd: (call) => cell.onEnd(call),
      close: () => (closed ??= end()),
    };
  }

  /** Throws where the plugin of that pin said something else of itself before: it does not mean what it says. */
  demandSame(pin: string, manifest: unknown): void {
    const said = JSON.stringify(manifest);
    const before = this.#manifests.get(pin) ?? said;
    if (before !== said) throw new Error("its definition is not the one that it had before: it must be the same each time that it is read");
    this.#manifests.set(pin, said);
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    await Promise.all(Array.from(this.#open, (cell) => cell.close()));
  }

  #share(): { readonly cell: Promise<Cell>; lodgers: number } {
    const shared = (this.#shared ??= { cell: this.#start(), lodgers: 0 });
    shared.lodgers++;
    const forget = (): void => {
      if (this.#shared === shared) this.#shared = undefined;
    };
    shared.cell.then((cell) => cell.onEnd(forget), forget);
    return shared;
  }

  async #start(): Promise<Cell> {
    const { log, demandOwnUid = false, nodePath, limits, uids: { first, count } = UIDS } = this.#options;
    const others = usersOfProcesses();
    const uid = Array.from({ length: count }, (_, at) => first + at).find((one) => !this.#usedUids.has(one) && !others.has(one));
    if (uid === undefined) throw new Error(`Cannot start a process for plugins: all ${count} users are taken`);
    this.#usedUids.add(uid);
    try {
      const cell = await openCell({
        log,
        uid,
        demandOwnUid,
        ...(nodePath === undefined ? {} : { nodePath }),
        ...(limits === undefined ? {} : { limits }),
      });
      this.#open.add(cell);
      cell.onEnd(() => {
        this.#open.delete(cell);
        this.#usedUids.delete(uid);
      });
      return cell;
    } catch (error) {
      this.#usedUids.delete(uid);
      throw error;
    }
  }
}

/** Of all processes that can be seen here: another Herald's plugins could be signalled by ours, were they of one user. */
function usersOfProcesses(): ReadonlySet<number> {
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return new Set(pids.map((pid) => statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid ?? 0));
}

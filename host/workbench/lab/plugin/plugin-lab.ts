/**
 * `herald lab --plugin PATH`: three nodes on a switch, and nothing on them but the plugin, each in a process of its own as a speaker runs it.
 *
 *   plugin-lab.ts (outside) → a private network → plugin-lab.ts (inside) → plugin-node.ts on each node, a tap on the switch
 *
 * Each node is given addresses as a plan would: an owner's to one node each, else to every node or to one. What the plugin sends is decoded as
 * it passes the switch. With `--watch` a saved file is taken over on every node; what cannot be loaded or started is shown, and what ran goes
 * on. It has what it asks for, here and only here: the grants are for this path and end with the lab.
 */

import { watch } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Announcement, Permission } from "../../../announcer.ts";
import { createLog } from "../../../observe/log.ts";
import { openFrameTap } from "../../../packets/frame-tap.ts";
import { libc } from "../../../packets/libc.ts";
import type { HostedPlugin } from "../../../sandbox/hosted.ts";
import { loadPlugin } from "../../../sandbox/source/load-bundle.ts";
import { apart } from "../../authoring/open-apart.ts";
import { row } from "../../conformance/play.ts";
import { enter, findWay, isInside, linkIndex, onLetGo, PrivateNetwork } from "../../private-network.ts";
import { HostProcess } from "../host-process.ts";
import type { LabIo } from "../io.ts";
import { describeFrame } from "./describe-frame.ts";
import type { Order } from "./plugin-node.ts";

export interface PluginLabOptions {
  readonly path: string;
  /** A folder or a file's. */
  readonly folder: string;
  readonly watch: boolean;
  readonly once: boolean;
  /** The command line after `lab`, to run it again inside. */
  readonly args: readonly string[];
}

const NODES = ["node-a", "node-b", "node-c"] as const;
const VIPS = { 4: ["192.0.2.240", "192.0.2.241", "192.0.2.242"], 6: ["2001:db8::240", "2001:db8::241", "2001:db8::242"] } as const;
/** Of the private network's own `/run`. */
export const CACHE = "/run/herald-plugin";
const ONCE_LIMIT_MS = 15_000;
/** An editor writes in several steps. */
const SETTLED_MS = 150;

/** Resolves to the exit code. */
export async function runPluginLab(options: PluginLabOptions, io: LabIo): Promise<number> {
  // What is open ends with this process, and needs no farewell.
  if (isInside()) process.exit(await runInside(options, io));
  const way = findWay();
  if (!way.ok) {
    io.complain(`This machine gives it no network namespaces: ${way.reason}`);
    return 1;
  }
  io.say("Your own network is untouched: the lab runs in network namespaces of its own.");
  return await enter(way, [process.argv[1] ?? "", "lab", ...options.args]);
}

async function runInside(options: PluginLabOptions, io: LabIo): Promise<number> {
  const lab = new PluginLab(options, io);
  let lose: (error: Error) => void = () => {};
  const lost = new Promise<never>((_, reject) => {
    lose = reject;
  });
  const letGo = new Promise<number>((done) => onLetGo(() => done(options.once ? 130 : 0)));
  try {
    return await Promise.race([lab.run(lose), lost, letGo]);
  } catch (error) {
    io.complain((error as Error).message);
    return 1;
  }
}

class PluginLab {
  readonly #options: PluginLabOptions;
  readonly #io: LabIo;
  readonly #network = new PrivateNetwork();
  readonly #nodes = new Map<string, HostProcess>();
  readonly #macs = new Map<string, string>();
  readonly #heard = new Set<string>();
  readonly #startMs = Date.now();
  #permissions: readonly Permission[] = [];
  #onFrame: () => void = () => {};

  constructor(options: PluginLabOptions, io: LabIo) {
    this.#options = options;
    this.#io = io;
  }

  async run(onLost: (error: Error) => void): Promise<number> {
    NODES.forEach((node, at) => {
      this.#network.addHost(node, `192.0.2.${11 + at}/24`, `2001:db8::${11 + at}/64 nodad`);
      this.#macs.set(this.#network.mac(node), node);
      const command = [process.execPath, ...process.execArgv, process.argv[1] ?? "", "lab", "part", "plugin", node];
      this.#nodes.set(node, new HostProcess(`host on ${node}`, this.#network.on(node, ...command), onLost));
    });
    const { bridge } = this.#network;
    openFrameTap(libc(), { name: bridge, index: linkIndex(bridge) }, (frame, nanoseconds) => this.#show(frame, nanoseconds));
    const files = await this.#load();
    if (this.#options.once) return await this.#judge();
    if (this.#options.watch) this.#follow(files);
    this.#io.say(this.#options.watch ? "Save a file and it is taken over; Ctrl-C ends the lab." : "Ctrl-C ends the lab.");
    return await new Promise<never>(() => {});
  }

  /** Gives the folders that its files are in. */
  async #load(): Promise<ReadonlySet<string>> {
    const { path, folder } = this.#options;
    const { bundle, entry } = await loadPlugin(resolve(path), { cache: CACHE });
    const plugin = await apart(bundle, createLog({ level: "warn", format: "text", write: (line) => process.stderr.write(line) }))();
    try {
      const permissions = await plugin.permissions(plugin.example);
      const rows = rowsOf(plugin);
      this.#permissions = permissions;
      this.#io.say(`${plugin.name} starts on each node, with its example ${JSON.stringify(plugin.example)}`);
      for (const [node, own] of rows) if (own.length > 0) this.#io.say(`  ${node}: ${own.map(({ vip }) => vip).join(", ")}`);
      const order = (node: string): Order => ({ path: resolve(path), rows: rows.get(node) ?? [] });
      await Promise.all([...this.#nodes].map(([node, host]) => host.call(order(node))));
    } finally {
      await plugin.foreign?.close();
    }
    return new Set(Object.keys(entry.files).map((file) => dirname(join(folder, file))));
  }

  #follow(folders: ReadonlySet<string>): void {
    let timer: NodeJS.Timeout | undefined;
    let running = Promise.resolve();
    const reload = async (): Promise<void> => {
      await this.#load().catch((error: Error) => this.#io.complain(`${error.message}\nWhat ran before goes on.`));
    };
    const isSource = (name: string | null) => name === null || /\.([cm]?[jt]s|json|wasm)$/.test(name);
    for (const folder of folders) {
      watch(folder, (_, name) => {
        if (!isSource(name)) return;
        clearTimeout(timer);
        timer = setTimeout(() => (running = running.then(reload)), SETTLED_MS);
      });
    }
  }

  #show(frame: Uint8Array, nanoseconds: bigint): void {
    const { source, text } = describeFrame(frame, this.#permissions);
    const node = this.#macs.get(source);
    if (node === undefined || text === undefined) return;
    const seconds = (Number(nanoseconds / 1_000_000n) - this.#startMs) / 1000;
    this.#io.say(`${seconds.toFixed(3).padStart(8)} s  ${node} eth0  ${text}`);
    this.#heard.add(node);
    this.#onFrame();
  }

  /** Every node that has something to announce has sent something. */
  async #judge(): Promise<number> {
    const isDone = () => NODES.every((node) => this.#heard.has(node));
    const done = new Promise<boolean>((resolve) => {
      this.#onFrame = () => void (isDone() && resolve(true));
      this.#onFrame();
      setTimeout(() => resolve(this.#heard.size > 0), ONCE_LIMIT_MS).unref();
    });
    if (await done) return 0;
    this.#io.complain(`The plugin sent nothing within ${ONCE_LIMIT_MS / 1000} s`);
    return 1;
  }
}

/** By node: an owner's addresses to one each, those of a whole cluster to the first, else all to every node. */
function rowsOf({ from, serves }: HostedPlugin): ReadonlyMap<string, readonly Announcement[]> {
  const isHere = { owner: (at: number, vip: number) => at === vip, cluster: (at: number) => at === 0, "every-node": () => true }[from];
  const here = (at: number) => serves.families.flatMap((family) => VIPS[family].filter((_, vip) => isHere(at, vip)).map((vip) => row(vip)));
  return new Map(NODES.map((node, at) => [node, here(at)]));
}

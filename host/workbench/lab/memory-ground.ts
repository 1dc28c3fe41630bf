/**
 * The lab in memory, for machines that allow no namespaces: the same rules, plugins and packet programs in this one process, on one
 * Ethernet segment in memory, and a client that speaks ARP and NDP, and nothing else.
 */

import type { PluginDefinition } from "../../announcer.ts";
import { createLog } from "../../observe/log.ts";
import { type MemorySegment, memoryWire } from "../../packets/memory-wire.ts";
import { openMemoryNetwork } from "../../packets/network.ts";
import { onManifests } from "../../roles/on-manifests.ts";
import { type Speaker, startSpeaker } from "../../roles/speaker.ts";
import type { Addresses, HostAddresses } from "./addresses.ts";
import type { Ground, GroundEvents, Probe, Target } from "./ground.ts";
import { NEIGHBOR_FILTERS, readNeighborFrame, requestFrame } from "./neighbor-frames.ts";
import { NeighborLog } from "./neighbor-log.ts";

const CLIENT_MAC = "02:00:00:00:00:01";
/** In one process an answer takes microseconds; nobody answers later than this. */
const PATIENCE_MS = 300;
const LOOK_MS = 2;

export interface MemoryGroundOptions {
  readonly manifests: string;
  readonly allocations: string;
  readonly plugins: readonly PluginDefinition[];
  readonly events: GroundEvents;
}

export class MemoryGround implements Ground {
  readonly wire = "memory";
  readonly hints = [];
  readonly segment: MemorySegment = memoryWire();
  readonly #options: MemoryGroundOptions;
  readonly #macs = new Map<string, string>();
  readonly #speakers = new Map<string, Speaker>();
  /** The client's neighbor table. */
  readonly #neighbors = new Map<string, string>();
  readonly #log = new NeighborLog(CLIENT_MAC);
  #addresses: HostAddresses | undefined;
  #transmit: ((frame: Uint8Array) => void) | undefined;
  #haveSpeakersStarted = false;
  #nextMac = 0x0a;

  constructor(options: MemoryGroundOptions) {
    this.#options = options;
  }

  async setAddresses({ nodes, client }: Addresses): Promise<void> {
    this.#joinClient(client);
    const [controller] = this.#speakers.keys();
    const leaving = [...this.#macs.keys()].filter((name) => !nodes.has(name));
    for (const name of leaving) this.#macs.delete(name);
    // Without its controller the lab begins anew; what was given out is on record.
    await this.#stop(controller !== undefined && leaving.includes(controller) ? [...this.#speakers.keys()] : leaving);
    for (const name of nodes.keys()) {
      if (!this.#macs.has(name)) this.#macs.set(name, `02:00:00:00:00:${(this.#nextMac++ % 256).toString(16).padStart(2, "0")}`);
    }
    if (this.#haveSpeakersStarted) await this.startSpeakers();
  }

  /** Nothing but ARP and NDP travels on this segment. */
  async setListeners(): Promise<void> {}

  async setRouters(): Promise<void> {}

  learned(): undefined {
    return undefined;
  }

  async startSpeakers(): Promise<void> {
    this.#haveSpeakersStarted = true;
    const { manifests, allocations, events } = this.#options;
    // What talks to others would do so on this machine's own network.
    const plugins = this.#options.plugins.filter(({ partners }) => partners === undefined);
    for (const [node, mac] of this.#macs) {
      if (this.#speakers.has(node)) continue;
      const log = createLog({ level: "info", format: "text", write: (line) => events.onLog(line.trimEnd()) }, { node });
      const speaker = await startSpeaker({
        node,
        surroundings: onManifests({ manifests, allocations, node, isController: this.#speakers.size === 0, log }),
        plugins: plugins.map((definition) => ({ definition, config: { interfaces: ["eth0"] } })),
        openNetwork: async () => openMemoryNetwork(this.segment, node, mac),
        log,
        onFatal: events.onLost,
      });
      this.#speakers.set(node, speaker);
    }
  }

  mac(node: string): string | undefined {
    return this.#macs.get(node);
  }

  async probe(targets: readonly Target[], isFresh: boolean): Promise<readonly Probe[]> {
    const vips = [...new Set(targets.map(({ vip }) => vip))];
    this.#log.forget(vips);
    if (isFresh) for (const vip of vips) this.#neighbors.delete(vip);
    const unknown = vips.filter((vip) => !this.#neighbors.has(vip));
    for (const vip of unknown) this.#ask(vip);
    for (let left = PATIENCE_MS; left > 0 && !unknown.every((vip) => this.#neighbors.has(vip)); left -= LOOK_MS) await sleep(LOOK_MS);
    return targets.map(({ vip }) => ({
      mac: this.#neighbors.get(vip) ?? null,
      reached: null,
      ...this.#log.answer(vip),
    }));
  }

  async close(): Promise<void> {
    await this.#stop([...this.#speakers.keys()]);
  }

  async #stop(nodes: readonly string[]): Promise<void> {
    for (const node of nodes) {
      await this.#speakers.get(node)?.stop("replace");
      this.#speakers.delete(node);
    }
  }

  #joinClient(addresses: HostAddresses): void {
    if (this.#addresses === undefined) {
      const link = { name: "client", mac: CLIENT_MAC };
      for (const filter of NEIGHBOR_FILTERS) this.#transmit = this.segment.join(link, filter, (frame) => this.#hear(frame)).transmit;
    }
    this.#addresses = addresses;
  }

  #ask(vip: string): void {
    if (this.#addresses === undefined) return;
    const request = requestFrame(vip, { mac: CLIENT_MAC, addresses: this.#addresses });
    this.#log.take(request, process.hrtime.bigint());
    this.#transmit?.(request);
  }

  /** As a kernel does: an answer to itself makes an entry, an announcement only changes one that is there. */
  #hear(frame: Uint8Array): void {
    this.#log.take(frame, process.hrtime.bigint());
    const read = readNeighborFrame(frame, CLIENT_MAC);
    if (read?.kind === "answer" || (read?.kind === "announcement" && this.#neighbors.has(read.address)))
      this.#neighbors.set(read.address, read.mac);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

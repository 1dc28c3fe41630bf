/**
 * The main thread's half of ownership: it tells the machine in the packet worker of the other nodes, and keeps what that tells of VIP groups.
 *
 *   successions of rows ─► which nodes to watch ─► BFD sessions ─┐
 *   nodes, speakers' Leases, the kernel's neighbors ─► MACs ─────┴─► peers, witnesses ─► packet worker ─► standings
 *
 * Nothing here is in the way of a take-over. Whatever is not known yet (an address, a MAC) is looked for again; a session outlives its need
 * by a minute, since the other end may still need it, and its end would look like a farewell.
 */

import type { Close, LivenessProfile, Log } from "../announcer.ts";
import type { Stations } from "../packets/neighbors.ts";
import type { PacketService } from "../packets/service.ts";
import { parseAddress } from "../rules/addresses.ts";
import type { Family, NodeFact, Succession } from "../rules/vocabulary.ts";
import { packRows } from "../sandbox/program/program-rows.ts";
import { FollowedRows } from "./followed-rows.ts";
import type { LivenessService } from "./liveness.ts";
import type { GroupReport } from "./ownership/ownership.ts";
import type { PeerSpec } from "./ownership/peer.ts";
import { Pace } from "./pace.ts";
import type { SpeakerMacs } from "./speaker-macs.ts";
import type { GroupState, Standings } from "./standing.ts";
import { watchList } from "./watch-list.ts";
import { chooseWitnesses } from "./witnesses.ts";

export interface MembersHost {
  readonly node: string;
  readonly packets: PacketService;
  readonly liveness: Pick<LivenessService, "watch" | "discriminator">;
  readonly nodes: () => ReadonlyMap<string, NodeFact>;
  readonly macs: Pick<SpeakerMacs, "of">;
  /** Hears of each session that comes up or goes down. */
  readonly onSession?: (node: string) => void;
  /** What the kernel knows of stations around; default: nothing. Throws never. */
  readonly stations?: (() => Stations) | undefined;
  /** Tells somebody who looks after the node. Default: the log alone. */
  readonly warn?: ((reason: string, message: string) => void) | undefined;
  readonly log: Log;
}

const PROFILE: LivenessProfile = { receiveIntervalMs: 100, transmitIntervalMs: 100, detectMultiplier: 3 };
const LINGER_MS = 60_000;
/** Neighbors and gateways come and go without a word. */
const REFRESH_MS = 5000;
const LEAVE_LIMIT_MS = 3000;

interface Watched {
  readonly address: string;
  close: Close;
  /** Undefined: it is needed. */
  unneededMs: number | undefined;
  isUp: boolean;
}

export class Members implements Standings {
  readonly #host: MembersHost;
  readonly #rows = new FollowedRows();
  readonly #watched = new Map<string, Watched>();
  readonly #groups = new Map<string, GroupState>();
  readonly #calls = new Set<(changed: readonly GroupState[]) => void>();
  readonly #closes: Close[];
  readonly #timer: NodeJS.Timeout;
  readonly #pace = new Pace();
  #nodes: ReadonlyMap<string, NodeFact> | undefined;
  #told = "";
  readonly #toldWitnesses = new Map<string, string>();
  #scheduled: NodeJS.Immediate | undefined;
  #hasEnded = false;

  constructor(host: MembersHost) {
    this.#host = host;
    this.#closes = [host.packets.onReports((reports) => this.#take(reports)), host.packets.onLate((lateMs) => this.#hearLate(lateMs))];
    this.#timer = setInterval(() => {
      if (this.#pace.rest(performance.now())) this.#watchAnew("can keep up again");
      this.refresh();
    }, REFRESH_MS).unref();
  }

  /** A row of a plugin is of this succession from now on; undefined: of none. */
  follow(plugin: string, vip: string, succession: Succession | undefined): void {
    if (this.#rows.set(plugin, vip, succession)) this.refresh();
  }

  /** The packet program of a plugin is gone, and with it whatever it was told. */
  forget(plugin: string): void {
    this.#rows.forget(plugin);
    this.#toldWitnesses.delete(plugin);
    this.refresh();
  }

  /** Something has changed, mostly nothing of the nodes. */
  followNodes(): void {
    const nodes = this.#host.nodes();
    if (nodes === this.#nodes) return;
    this.#nodes = nodes;
    this.refresh();
  }

  /** What is known of nodes or of rows may have changed. */
  refresh(): void {
    if (this.#hasEnded) return;
    this.#scheduled ??= setImmediate(() => {
      this.#scheduled = undefined;
      if (!this.#hasEnded) this.#tell();
    });
  }

  ofVip(vip: string): GroupState | undefined {
    const group = this.#rows.groupOf(vip);
    return group === undefined ? undefined : this.#groups.get(group);
  }

  all(): Iterable<GroupState> {
    return this.#groups.values();
  }

  /** The session with that node is up. */
  isUp(node: string): boolean {
    return this.#watched.get(node)?.isUp ?? false;
  }

  onChange(call: (changed: readonly GroupState[]) => void): Close {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }

  /** Hands over all groups, and takes none from then on; resolves when nothing is owned any more, or 3 s have passed. */
  async handOver(): Promise<void> {
    await this.#host.packets.leave(true).catch(() => {});
    if (this.#hasLeft) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, LEAVE_LIMIT_MS);
      const stop = this.onChange(() => {
        if (!this.#hasLeft) return;
        clearTimeout(timer);
        stop();
        resolve();
      });
    });
  }

  close(): void {
    this.#hasEnded = true;
    clearInterval(this.#timer);
    clearImmediate(this.#scheduled);
    for (const close of this.#closes) close();
    for (const { close } of this.#watched.values()) close();
    this.#watched.clear();
  }

  get #hasLeft(): boolean {
    return [...this.#groups.values()].every(({ standing }) => standing !== "owner" && standing !== "leaving");
  }

  #take(reports: readonly GroupReport[]): void {
    const changed: GroupState[] = [];
    for (const { isGone, ...state } of reports) {
      if (isGone) this.#groups.delete(state.group);
      else this.#groups.set(state.group, state);
      changed.push(state);
    }
    for (const call of [...this.#calls]) call(changed);
  }

  #tell(): void {
    const { node, packets, nodes, log } = this.#host;
    const known = nodes();
    const addresses = new Map(
      [...known].flatMap(([name, fact]) => (addressOf(fact) === undefined ? [] : [[name, addressOf(fact) as string]])),
    );
    const wanted = watchList(node, [...addresses.keys()], this.#rows.successions());
    this.#watch(new Map([...wanted].map((name) => [name, addresses.get(name) as string])));
    const { neighbors = [], gateways = [] } = this.#host.stations?.() ?? {};
    const names = new Set([...wanted, ...this.#rows.members()]);
    names.delete(node);
    const peers = [...names].sort().map((name): PeerSpec => {
      const address = addresses.get(name);
      const discriminator = wanted.has(name) && address !== undefined ? this.#host.liveness.discriminator({ address }) : undefined;
      return { node: name, discriminator, macs: this.#host.macs.of(name) };
    });
    const text = JSON.stringify(peers);
    const fail = (error: Error): void => log.debug("Packet worker takes no peers", { error: error.message });
    if (text !== this.#told) packets.setPeers(peers, this.#pace.intervalMs).catch(fail);
    this.#told = text;
    const vips = new Set(this.#rows.vips());
    const facts = { gateways, neighbors, nodes: [...names].flatMap((name) => known.get(name)?.addresses ?? []), vips };
    for (const [plugin, families] of this.#rows.plugins())
      this.#tellWitnesses(
        plugin,
        [...families].flatMap((family) => chooseWitnesses(facts, family)),
        fail,
      );
  }

  #tellWitnesses(plugin: string, addresses: readonly string[], fail: (error: Error) => void): void {
    const text = addresses.join(" ");
    if (this.#toldWitnesses.get(plugin) === text) return;
    this.#toldWitnesses.set(plugin, text);
    const rows = packRows(
      addresses.map((address) => ({ address, links: null, state: "standby" })),
      () => 0,
    );
    this.#host.packets.setWitnesses(plugin, rows).catch(fail);
  }

  #hearLate(lateMs: number): void {
    if (this.#pace.hear(lateMs, performance.now())) this.#watchAnew(`came ${Math.round(lateMs)} ms late`);
  }

  /** All sessions by the pace of now; the new watch of each begins before the old ends, so that the session goes on. */
  #watchAnew(why: string): void {
    const { intervalMs } = this.#pace;
    const message = `This machine ${why}: neighbors notice its death within ${intervalMs * PROFILE.detectMultiplier} ms from now on`;
    this.#host.log.warn(message);
    this.#host.warn?.("livenessTimers", message);
    for (const [name, watched] of this.#watched) {
      const { close } = watched;
      watched.close = this.#open(name, watched);
      close();
    }
    this.#told = "";
    this.refresh();
  }

  #open(name: string, watched: Watched): Close {
    const { address } = watched;
    return this.#host.liveness.watch({ address }, { ...PROFILE, transmitIntervalMs: this.#pace.intervalMs }, ({ state }) => {
      if (watched.isUp === (state === "up")) return;
      watched.isUp = !watched.isUp;
      this.#host.onSession?.(name);
    });
  }

  /** By name: the address at which it is watched. */
  #watch(wanted: ReadonlyMap<string, string>): void {
    const nowMs = performance.now();
    for (const [name, watched] of this.#watched) {
      const isNeeded = wanted.get(name) === watched.address;
      watched.unneededMs = isNeeded ? undefined : (watched.unneededMs ?? nowMs);
      const isMoved = wanted.has(name) && !isNeeded;
      if (!isMoved && (isNeeded || nowMs - (watched.unneededMs ?? nowMs) < LINGER_MS)) continue;
      watched.close();
      this.#watched.delete(name);
    }
    for (const [name, address] of wanted) {
      if (this.#watched.has(name)) continue;
      try {
        const session: Watched = { address, isUp: false, close: () => {}, unneededMs: undefined };
        session.close = this.#open(name, session);
        this.#watched.set(name, session);
      } catch (error) {
        this.#host.log.warn("Node cannot be watched", { node: name, address, error: (error as Error).message });
      }
    }
  }
}

/** Where a node is watched: its first address, IPv4 before IPv6. */
function addressOf({ addresses }: NodeFact): string | undefined {
  const byFamily = (family: Family): string | undefined => addresses.find((text) => parseAddress(text)?.family === family);
  return byFamily(4) ?? byFamily(6);
}

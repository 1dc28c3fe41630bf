/** The other nodes and the stations around, and how it is found out whether they are there: sessions, questions on the wire, frames heard. */

import type { Group } from "./group.ts";
import { Peer, type PeerSpec, type SessionView } from "./peer.ts";
import type { OwnedRow } from "./row.ts";
import type { Wire } from "./wire.ts";
import { WitnessRows } from "./witness-rows.ts";
import type { Heard, World } from "./world.ts";

/** VIPs that are asked for to know whether a node serves: it serves all or none. */
const SAMPLE = 8;

const REPEAT_MS = 1000;
/** 500 groups a second at most. */
const REPEAT_A_GROUP_MS = 2;

export interface PeerNews {
  readonly peer: Peer;
  /** Its session is up again after it was down. */
  readonly isBack: boolean;
}

export class Neighborhood implements World {
  isLeaving = false;
  /** Of this node. */
  groupCount = 0;
  readonly witnesses: WitnessRows;
  readonly #wire: Wire;
  readonly #peers = new Map<string, Peer>();
  readonly #macs = new Map<string, string>();

  constructor(wire: Wire) {
    this.#wire = wire;
    this.witnesses = new WitnessRows(wire);
  }

  /** Whole set. */
  setPeers(specs: readonly PeerSpec[], nowMs: number): void {
    const wanted = new Set(specs.map(({ node }) => node));
    for (const node of this.#peers.keys()) if (!wanted.has(node)) this.#peers.delete(node);
    this.#macs.clear();
    for (const spec of specs) {
      const peer = this.#peers.get(spec.node) ?? new Peer(spec.node, nowMs);
      this.#peers.set(spec.node, peer);
      peer.configure(spec, nowMs);
      for (const mac of spec.macs) this.#macs.set(mac, spec.node);
    }
  }

  /** Looks at every peer, and has asked for the VIPs of those that fall silent; gives those whose health has changed. */
  look(groups: ReadonlyMap<string, Group>, nowMs: number): PeerNews[] {
    // All are looked at before one is asked for: which VIPs might be this node's next depends on every one of them.
    const looked = Array.from(this.#peers.values(), (peer) => {
      const before = peer.health;
      const isNews = peer.look(this.#sessionOf(peer), nowMs);
      return { peer, isNews, isBack: peer.health === "up" && before === "down" };
    });
    return looked.filter(({ peer, isNews }) => this.#askAfter(peer, groups, nowMs) || isNews);
  }

  /** Gives true where it is known now that nobody answers. */
  #askAfter(peer: Peer, groups: ReadonlyMap<string, Group>, nowMs: number): boolean {
    if (peer.mustAsk(nowMs)) this.#askFor(peer, groups, nowMs);
    peer.askAgain(nowMs);
    return peer.isDue(nowMs) && this.#judge(peer);
  }

  #sessionOf({ discriminator }: Peer): SessionView | undefined {
    return discriminator === undefined ? undefined : this.#wire.session(discriminator);
  }

  /** Asks for some of the VIPs that would be this node's next. */
  #askFor(peer: Peer, groups: ReadonlyMap<string, Group>, nowMs: number): void {
    const rows: OwnedRow[] = [];
    for (const group of groups.values()) {
      if (rows.length >= SAMPLE) break;
      if (group.mayFollow(peer.node, this)) rows.push(...group.rows.values());
    }
    if (rows.length === 0) return;
    peer.ask(rows, nowMs);
    this.witnesses.ask(nowMs);
  }

  #judge(peer: Peer): boolean {
    for (const row of peer.asked) {
      const claim = this.claimOf([row], peer.askedMs);
      if (claim !== undefined && peer.macs.has(claim.mac)) peer.answer(claim.atMs);
    }
    return peer.judge();
  }

  /** When some peer must be looked at though nothing was told, ms. */
  get nextLookMs(): number {
    let nextMs = Infinity;
    for (const peer of this.#peers.values()) nextMs = Math.min(nextMs, peer.nextLookMs(this.#sessionOf(peer)?.heardMs));
    return nextMs;
  }

  get repeatMs(): number {
    return Math.max(REPEAT_MS, this.groupCount * REPEAT_A_GROUP_MS);
  }

  peer(node: string): Peer | undefined {
    return this.#peers.get(node);
  }

  nodeOf(mac: string): string | undefined {
    return this.#macs.get(mac);
  }

  hasCarrier(row: OwnedRow): boolean {
    return this.#wire.hasCarrier(row.program, row.links);
  }

  claimOf(rows: Iterable<OwnedRow>, sinceMs: number): Heard | undefined {
    for (const row of rows) {
      const claim = this.#wire.claimOf(row.program, row.id);
      if (claim !== undefined && claim.atMs >= sinceMs) return claim;
    }
    return undefined;
  }

  isIsolated(rows: Iterable<OwnedRow>, sinceMs: number): boolean {
    for (const peer of this.#peers.values()) if (peer.health === "up") return false;
    let hasWitness = false;
    for (const row of rows) {
      const heardMs = this.#wire.heardMs(row.program, row.links);
      if (heardMs === undefined || heardMs >= sinceMs) return false;
      hasWitness ||= this.witnesses.has(row.program);
    }
    return hasWitness;
  }

  askWitnesses(nowMs: number): void {
    this.witnesses.ask(nowMs);
  }
}

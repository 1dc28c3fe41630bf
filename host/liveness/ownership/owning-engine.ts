/**
 * The packet engine with the ownership machine beside it: rows with a succession go by the machine, and after each turn it looks at
 * what the turn has brought. What it then does leaves in the same turn.
 *
 * It answers for the thread too. A turn that comes much later than it was due finds a world in which others may have taken over, so before
 * anything is answered all is in doubt. A main thread that has fallen silent may have lost its VIPs without being able to say so: they are
 * handed over.
 */

import { PacketEngine } from "../../packets/engine.ts";
import type { HeardClaim } from "../../packets/hearing.ts";
import { formatMac } from "../../packets/mac.ts";
import { type LoadedProgram, type RawEvent, ROW_BYTES } from "../../packets/program.ts";
import type { Wire as PacketWire } from "../../packets/wire.ts";
import { type GroupReport, Ownership } from "./ownership.ts";
import type { PeerSpec } from "./peer.ts";
import { PeerSessions } from "./peer-sessions.ts";
import type { Membership } from "./world.ts";

/** Others declare a node down when three of its packets are missing: with so many intervals of delay the second is. */
const STALLED_INTERVALS = 2;
/** What is worth telling. */
const LATE_MS = 50;
const CONFLICT = 1;
const BFD = "bfd";

export class OwningEngine extends PacketEngine {
  readonly #ownership: Ownership;
  readonly #sessions: PeerSessions;
  #events: { program: string; event: RawEvent }[] = [];
  #states: { program: string; states: Uint8Array }[] = [];
  #isToldToLeave = false;
  #isMainSilent = false;
  #intervalMs = 100;
  #lateMs = 0;

  constructor(wire: PacketWire, onReadable?: () => void) {
    super(wire, onReadable);
    this.#sessions = new PeerSessions((record) => void super.put(BFD, record));
    this.#ownership = new Ownership({
      put: (program) => (record) => this.program(program)?.put(record) ?? -1,
      remove: (program, record) => this.program(program)?.remove(record),
      session: (discriminator) => this.#sessions.find(discriminator, this.program(BFD)),
      hasCarrier: (program, links) => (this.linksUp(program) & links) !== 0n,
      claimOf: (program, row) => this.program(program)?.hearing.claimOf(row),
      heardMs: (program, links) => this.#heardMs(program, links & this.linksUp(program)),
    });
  }

  #demandProgram(name: string): LoadedProgram {
    const found = this.program(name);
    if (found === undefined) throw new Error(`Cannot use packet program ${name}: it is not loaded`);
    return found;
  }

  #heardMs(program: string, links: bigint): number | undefined {
    const hearing = this.program(program)?.hearing;
    if (hearing === undefined) return undefined;
    let latestMs = -Infinity;
    for (let link = 0, left = links; left !== 0n; link++, left >>= 1n)
      if ((left & 1n) !== 0n) latestMs = Math.max(latestMs, hearing.linkHeardMs(link));
    return latestMs;
  }

  /** `memberships`: of each row that has a succession. */
  override put(name: string, rows: Uint8Array, memberships?: readonly (Membership | undefined)[]): ReturnType<PacketEngine["put"]> {
    if (name === BFD) return super.put(name, this.#sessions.take(rows));
    const program = this.#demandProgram(name);
    const nowMs = performance.now();
    const ids = new Int32Array(rows.length / ROW_BYTES);
    const refused: { at: number; reason: string }[] = [];
    for (let at = 0; at < ids.length; at++) {
      const record = rows.subarray(at * ROW_BYTES, (at + 1) * ROW_BYTES);
      const membership = memberships?.[at];
      if (membership === undefined) this.#ownership.remove(name, record, false, nowMs);
      const id = membership === undefined ? program.put(record) : this.#ownership.put(name, record, membership, nowMs);
      ids[at] = Math.max(id, -1);
      if (id < 0) refused.push({ at, reason: program.refusalName(id) });
    }
    return { ids, refused };
  }

  /** `moved`: a byte a row, 1 where another node has it now. */
  override remove(name: string, rows: Uint8Array, moved?: Uint8Array): void {
    if (name === BFD) this.#sessions.forget(rows);
    const program = this.#demandProgram(name);
    const nowMs = performance.now();
    for (let at = 0; at < rows.length; at += ROW_BYTES) {
      const record = rows.subarray(at, at + ROW_BYTES);
      if (!this.#ownership.remove(name, record, moved?.[at / ROW_BYTES] === 1, nowMs)) program.remove(record);
    }
  }

  override removeProgram(name: string): void {
    super.removeProgram(name);
    this.#ownership.forgetProgram(name);
  }

  override attach(name: string, links: Parameters<PacketEngine["attach"]>[1]): ReturnType<PacketEngine["attach"]> {
    const failures = super.attach(name, links);
    this.#ownership.followLinks(performance.now());
    return failures;
  }

  /** `intervalMs`: at which this node speaks to them. */
  setPeers(peers: readonly PeerSpec[], intervalMs: number): void {
    this.#intervalMs = intervalMs;
    this.#sessions.setPeers(new Set(peers.flatMap(({ discriminator }) => discriminator ?? [])));
    this.#ownership.setPeers(peers, performance.now());
  }

  /** `rows`: whole rows of stations that are asked to know whether anybody is heard. */
  setWitnesses(name: string, rows: Uint8Array): void {
    this.#demandProgram(name);
    const records = Array.from({ length: rows.length / ROW_BYTES }, (_, at) => rows.slice(at * ROW_BYTES, (at + 1) * ROW_BYTES));
    this.#ownership.setWitnesses(name, records);
  }

  /** Sends a probe for a row of a group that is on standby; false where there is none. */
  ask(name: string, record: Uint8Array): boolean {
    const row = this.#ownership.rowOf(name, record);
    if (row?.state !== "standby") return false;
    row.ask();
    return true;
  }

  /** The station that was last heard to use the address of a row of a group. */
  claimOf(name: string, record: Uint8Array): HeardClaim | undefined {
    const row = this.#ownership.rowOf(name, record);
    return row && this.program(name)?.hearing.claimOf(row.id);
  }

  depose(group: string, node: string): void {
    this.#ownership.depose(group, node, performance.now());
  }

  /** Hands over every group, and takes none; or is as others again. Reports tell when it is done. */
  leave(isLeaving: boolean): void {
    this.#isToldToLeave = isLeaving;
    this.#followLeave();
  }

  /** What the heartbeat says of main. A silent one has its groups handed over, and from then on nothing is answered. */
  followMain(isSilent: boolean): void {
    this.#isMainSilent = isSilent;
    this.#followLeave();
    this.isMuted = isSilent && this.#ownership.hasLeft;
  }

  #followLeave(): void {
    const isLeaving = this.#isToldToLeave || this.#isMainSilent;
    this.#ownership.leave(isLeaving, performance.now());
    this.#sessions.leave(isLeaving);
  }

  /** This thread was stopped amid its turn: what it had to say may be another's by now. */
  protected override isOver(turnMs: number): boolean {
    return performance.now() - turnMs > STALLED_INTERVALS * this.#intervalMs;
  }

  override turn(nowMs: number, all = false): boolean {
    const dueMs = super.nextTickMs;
    const lateMs = dueMs > 0 ? Math.max(nowMs - dueMs, 0) : 0;
    this.#lateMs = Math.max(this.#lateMs, lateMs);
    if (lateMs > STALLED_INTERVALS * this.#intervalMs) this.#ownership.doubt(nowMs);
    let hasMore = super.turn(nowMs, all);
    this.#ownership.react(nowMs, this.#takeNews(nowMs));
    if (super.nextTickMs <= nowMs) hasMore = super.turn(nowMs) || hasMore;
    return hasMore;
  }

  /** Gives true where a session has changed. */
  #takeNews(nowMs: number): boolean {
    for (const taken of super.takeEvents()) {
      this.#events.push(taken);
      const { program, event } = taken;
      if (event.kind === CONFLICT)
        this.#ownership.hear(program, event.address, { mac: formatMac(event.mac), isClaim: event.isClaim }, nowMs);
    }
    const states = super.takeStates();
    this.#states.push(...states);
    const news = states.find(({ program }) => program === BFD);
    if (news !== undefined) this.#sessions.read(news.states);
    return news !== undefined;
  }

  override get nextTickMs(): number {
    return Math.min(super.nextTickMs, this.#ownership.nextDueMs);
  }

  override takeEvents(): { program: string; event: RawEvent }[] {
    return this.#events.splice(0);
  }

  override takeStates(): { program: string; states: Uint8Array }[] {
    return this.#states.splice(0);
  }

  /** How late the latest turn was since the last call; undefined: none was late. */
  takeLateness(): number | undefined {
    const lateMs = this.#lateMs;
    if (lateMs < LATE_MS) return undefined;
    this.#lateMs = 0;
    return lateMs;
  }

  takeReports(): GroupReport[] {
    return this.#ownership.takeReports();
  }
}

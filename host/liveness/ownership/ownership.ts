/**
 * The ownership machine: which VIP groups this node answers for at this moment. It lives in the packet worker, beside the engine, so that
 * a node's death is noticed, judged and made good within one thread, whatever the main thread is doing.
 *
 *   rows with their succession, peers, witnesses (main) ─┐
 *   BFD sessions, claims on the wire, links (engine) ────┴─► peers' health ─► groups ─► rows active, standby or draining ─► standings (main)
 *
 * It is asked after every turn of the engine (`react`) and does nothing where nothing is due and nothing is new. Who should own a group is
 * not decided here, that is rank; what is decided is who of its members is there. No vote, no message of its own: neighbors are watched
 * by BFD, VIPs are asked for on the wire, and an announcement is a claim (`group.ts`).
 */

import type { Succession } from "../../rules/vocabulary.ts";
import type { Standing } from "../standing.ts";
import { Group } from "./group.ts";
import { Neighborhood } from "./neighborhood.ts";
import type { Peer, PeerSpec } from "./peer.ts";
import { OwnedRow, rowKey } from "./row.ts";
import type { Wire } from "./wire.ts";
import type { Heard, Membership } from "./world.ts";

/** For main. */
export interface GroupReport {
  readonly group: string;
  readonly succession: Succession;
  readonly standing: Standing;
  readonly sinceMs: number;
  readonly reason: string;
  readonly heard?: Heard & { readonly node?: string };
  /** This node is no member any more. */
  readonly isGone?: true;
}

const EARLY_MS = 60;
/** After a start everything is asked for before it is answered for. */
const SETTLED_MS = 5000;

export class Ownership {
  readonly #wire: Wire;
  readonly #neighborhood: Neighborhood;
  readonly #groups = new Map<string, Group>();
  readonly #byRow = new Map<string, Group>();
  readonly #told = new Map<string, string>();
  #startedMs: number | undefined;
  #dueMs = Infinity;
  /** Some group may have changed since the last reports. */
  #hasNews = false;

  constructor(wire: Wire) {
    this.#wire = wire;
    this.#neighborhood = new Neighborhood(wire);
  }

  /** Takes a row; gives its id, or a negative number. */
  put(program: string, record: Uint8Array, succession: Membership, nowMs: number): number {
    this.#startedMs ??= nowMs;
    const key = rowKey(program, record);
    this.#neighborhood.witnesses.forget(key);
    const before = this.#byRow.get(key);
    const known = before?.rows.get(key);
    if (before !== undefined && before.succession.group !== succession.group) this.#drop(before, key);
    const row = known ?? new OwnedRow(program, record, this.#wire.put(program));
    const id = row.update(record);
    if (id < 0) {
      this.#forget(key);
      return id;
    }
    const group = this.#groupFor(succession, nowMs);
    this.#byRow.set(key, group);
    group.addRow(row);
    group.look(this.#neighborhood, nowMs);
    this.#wake();
    return id;
  }

  #groupFor(succession: Membership, nowMs: number): Group {
    const known = this.#groups.get(succession.group);
    if (known !== undefined) {
      known.isEnding = false;
      known.rankAs(succession);
      return known;
    }
    const mustAsk = succession.isSticky || nowMs < (this.#startedMs ?? nowMs) + SETTLED_MS;
    const group = new Group(succession, mustAsk, nowMs);
    this.#groups.set(succession.group, group);
    return group;
  }

  /** False: it is no row of a group. `isMoved`: another node announces it now, so where this one is the owner it goes when that is heard. */
  remove(program: string, record: Uint8Array, isMoved: boolean, nowMs: number): boolean {
    const key = rowKey(program, record);
    this.#neighborhood.witnesses.forget(key);
    const group = this.#byRow.get(key);
    const row = group?.rows.get(key);
    if (group === undefined || row === undefined) return false;
    this.#wake();
    if (isMoved && (group.standing === "owner" || group.standing === "leaving")) {
      group.isEnding = true;
      group.look(this.#neighborhood, nowMs);
      return true;
    }
    this.#drop(group, key);
    this.#wire.remove(program, record);
    return true;
  }

  #drop(group: Group, key: string): void {
    group.rows.delete(key);
    this.#byRow.delete(key);
    if (group.rows.size === 0) this.#groups.delete(group.succession.group);
  }

  /** A program was unloaded, with all its rows. */
  forgetProgram(program: string): void {
    for (const key of [...this.#byRow.keys()]) if (key.startsWith(`${program} `)) this.#forget(key);
    this.#neighborhood.witnesses.forgetProgram(program);
  }

  #forget(key: string): void {
    const group = this.#byRow.get(key);
    if (group !== undefined) this.#drop(group, key);
  }

  #wake(): void {
    this.#dueMs = 0;
    this.#hasNews = true;
  }

  /** The other nodes from now on, whole set. */
  setPeers(specs: readonly PeerSpec[], nowMs: number): void {
    this.#neighborhood.setPeers(specs, nowMs);
    this.#wake();
    for (const group of this.#groups.values()) group.dueMs = 0;
  }

  /** Stations that are asked to know whether anybody is heard: rows on standby, whole set of a program. */
  setWitnesses(program: string, records: readonly Uint8Array[]): void {
    this.#neighborhood.witnesses.set(
      program,
      records.filter((record) => !this.#byRow.has(rowKey(program, record))),
    );
  }

  /** The row of a group that has this family and address. */
  rowOf(program: string, record: Uint8Array): OwnedRow | undefined {
    const key = rowKey(program, record);
    return this.#byRow.get(key)?.rows.get(key);
  }

  /** Hands over what it has and takes nothing, or is as others again. */
  leave(isLeaving: boolean, nowMs: number): void {
    if (this.#neighborhood.isLeaving === isLeaving) return;
    this.#neighborhood.isLeaving = isLeaving;
    this.#lookAtAll(nowMs);
  }

  /** Nothing of it answers any more, or waits to. */
  get hasLeft(): boolean {
    return [...this.#groups.values()].every(({ standing }) => standing !== "leaving" && standing !== "owner");
  }

  /** This thread was stopped for longer than the others wait: what it has may be another's. */
  doubt(nowMs: number): void {
    for (const group of this.#groups.values()) group.doubt(this.#neighborhood, nowMs);
    this.#wake();
  }

  /** The links of a program have changed. */
  followLinks(nowMs: number): void {
    this.#lookAtAll(nowMs);
  }

  #lookAtAll(nowMs: number): void {
    for (const group of this.#groups.values()) group.look(this.#neighborhood, nowMs);
    this.#wake();
  }

  /** Another station uses the address (16 bytes) of a row that answers, or did until then; or claims it. */
  hear(program: string, address: Uint8Array, { mac, isClaim }: { readonly mac: string; readonly isClaim: boolean }, nowMs: number): void {
    const group = this.#byRow.get(rowKey(program, address));
    if (group === undefined) return;
    const who = this.#neighborhood.nodeOf(mac);
    // The kernel of a node that has served the VIP may still speak from it.
    if (!isClaim && who !== undefined) return;
    if (who !== undefined) this.#neighborhood.peer(who)?.claim(nowMs);
    if (isClaim) group.hear({ mac, atMs: nowMs }, this.#neighborhood, nowMs);
    else group.defend({ mac, atMs: nowMs }, nowMs);
    this.#wake();
  }

  /** That member does not answer for the group though its session is up: as far as this group goes it counts as gone. */
  depose(group: string, node: string, nowMs: number): void {
    const found = this.#groups.get(group);
    if (found === undefined) return;
    found.depose(node, nowMs);
    found.look(this.#neighborhood, nowMs);
    this.#wake();
  }

  /** After a turn: looks at what is due and at what is new. `isNews`: some session has changed. */
  react(nowMs: number, isNews: boolean): void {
    // Turns that come anyway do the looking, so that none has to come for it: a packet is rarely late.
    if (!isNews && nowMs < this.#dueMs - EARLY_MS) return;
    this.#neighborhood.groupCount = this.#groups.size;
    this.#lookAtPeers(nowMs);
    for (const group of this.#groups.values()) {
      // Most turns are for the peers alone, and ten thousand groups take milliseconds to report.
      if (nowMs >= group.dueMs) {
        group.look(this.#neighborhood, nowMs);
        this.#hasNews = true;
      }
      if (group.isEnding && group.standing !== "leaving") this.#end(group);
    }
    this.#dueMs = this.#nextDueMs();
  }

  #end(group: Group): void {
    for (const [key, row] of group.rows) {
      this.#byRow.delete(key);
      this.#wire.remove(row.program, row.record);
    }
    this.#groups.delete(group.succession.group);
  }

  #lookAtPeers(nowMs: number): void {
    for (const { peer, isBack } of this.#neighborhood.look(this.#groups, nowMs)) {
      for (const group of this.#groups.values()) {
        if (!group.others.includes(peer.node)) continue;
        if (isBack) group.assert();
        group.dueMs = 0;
      }
    }
  }

  #nextDueMs(): number {
    let dueMs = this.#neighborhood.nextLookMs;
    for (const group of this.#groups.values()) dueMs = Math.min(dueMs, group.dueMs);
    return dueMs;
  }

  get nextDueMs(): number {
    return this.#dueMs;
  }

  get isLeaving(): boolean {
    return this.#neighborhood.isLeaving;
  }

  /** For tests. */
  peer(node: string): Peer | undefined {
    return this.#neighborhood.peer(node);
  }

  states(): Iterable<Pick<Group, "succession" | "standing" | "reason">> {
    return this.#groups.values();
  }

  /** Groups whose standing has changed since the last call, and those that are gone. */
  takeReports(): GroupReport[] {
    if (!this.#hasNews) return [];
    this.#hasNews = false;
    const reports: GroupReport[] = [];
    for (const group of this.#groups.values()) {
      const { succession, standing, sinceMs, reason, heard } = group;
      const node = heard && this.#neighborhood.nodeOf(heard.mac);
      const report = { group: succession.group, succession, standing, sinceMs, reason };
      const text = `${standing} ${reason} ${succession.members.join(" ")} ${heard?.mac}`;
      if (this.#told.get(report.group) === text) continue;
      this.#told.set(report.group, text);
      reports.push(heard === undefined ? report : { ...report, heard: { ...heard, ...(node === undefined ? {} : { node }) } });
    }
    for (const group of this.#told.keys()) {
      if (this.#groups.has(group)) continue;
      this.#told.delete(group);
      const succession = { group, members: [], isSticky: false };
      reports.push({ group, succession, standing: "heir", sinceMs: 0, reason: "", isGone: true });
    }
    return reports;
  }
}

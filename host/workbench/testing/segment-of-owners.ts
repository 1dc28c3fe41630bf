/**
 * A segment in memory with the ownership machines of several nodes, in steps of 10 ms: asks and claims are carried, sessions go down after
 * 300 ms of silence and up after 1.5 s of hearing, and a test parts, kills, freezes and heals as it likes.
 */

import { Ownership } from "../../liveness/ownership/ownership.ts";
import type { SessionView } from "../../liveness/ownership/peer.ts";
import { rowKey } from "../../liveness/ownership/row.ts";
import { recordOf } from "./owner-record.ts";

const STEP_MS = 10;
const INTERVAL_MS = 90;
const DETECTION_MS = 300;
const UP_AFTER_MS = 1500;
const PROGRAM = "arp";
const ACTIVE = 1;
const STANDBY = 2;

interface Row {
  id: number;
  record: Uint8Array;
  isSilent: boolean;
  claim?: { mac: string; atMs: number };
  announcedMs: number;
}

interface Session {
  heardMs: number;
  isUp: boolean;
  isRemoteAdminDown: boolean;
  /** As the machine was told last. */
  wasRemoteAdminDown: boolean;
  /** Since when both ends hear each other without a gap. */
  hearingMs: number | undefined;
}

export class Station {
  readonly name: string;
  readonly mac: string;
  machine: Ownership;
  readonly rows = new Map<string, Row>();
  readonly sessions = new Map<string, Session>();
  /** Stations of the same number hear each other. */
  part = 0;
  /** Stations whose BFD packets do not reach this one. */
  readonly deaf = new Set<string>();
  isRunning = true;
  isFrozen = false;
  hasCarrier = true;
  heardMs = -Infinity;

  constructor(name: string, mac: string, machine: (station: Station) => Ownership) {
    this.name = name;
    this.mac = mac;
    this.machine = machine(this);
  }

  isAnswering(key: string): boolean {
    const row = this.rows.get(key);
    return this.isRunning && !this.isFrozen && this.hasCarrier && row !== undefined && row.record[1] !== STANDBY && !row.isSilent;
  }
}

export class SegmentOfOwners {
  readonly stations: Station[];
  nowMs = 1000;
  /** A station that is no node answers for these, or for nothing: part of 0. */
  readonly strangers = new Map<string, string>();
  /** Whether a frame on its way to one station is lost. */
  isLost: () => boolean = () => false;
  #nextId = 0;
  /** VIP groups in which somebody answered twice or nobody did, by step: what a client would see. */
  readonly #vips: readonly string[];
  successions: readonly { readonly group: string; readonly members: readonly string[]; readonly isSticky: boolean }[];

  constructor(names: readonly string[], successions: SegmentOfOwners["successions"]) {
    this.successions = [...successions];
    this.#vips = successions.map(({ group }) => group);
    this.stations = names.map((name, at) => new Station(name, `02:00:00:00:00:0${at + 1}`, (station) => this.#machine(station)));
    for (const station of this.stations) this.start(station.name);
  }

  station(name: string): Station {
    const found = this.stations.find((one) => one.name === name);
    if (found === undefined) throw new Error(`No station ${name}`);
    return found;
  }

  /** A new process on that node. */
  start(name: string): void {
    const station = this.station(name);
    station.rows.clear();
    station.sessions.clear();
    station.isRunning = true;
    station.isFrozen = false;
    station.machine = this.#machine(station);
    this.tellPeers(name, true);
    station.machine.setWitnesses(PROGRAM, [recordOf("192.0.2.1")]);
    this.#plan(station);
  }

  /** Tells a machine of the other nodes, with their MACs or without. */
  tellPeers(name: string, hasMacs: boolean): void {
    const others = this.stations.filter((one) => one.name !== name);
    const peers = others.map(({ name: node, mac }, at) => ({ node, discriminator: at + 1, macs: hasMacs ? [mac] : [] }));
    this.station(name).machine.setPeers(peers, this.nowMs);
  }

  /** A VIP group has these members from now on; who is frozen hears of it when it is thawed. */
  rank(group: string, members: readonly string[]): void {
    this.successions = this.successions.map((one) => (one.group === group ? { ...one, members } : one));
    for (const station of this.stations) if (station.isRunning && !station.isFrozen) this.#plan(station);
  }

  #plan(station: Station): void {
    for (const { group, members, isSticky } of this.successions) {
      const [record, at] = [recordOf(group), members.indexOf(station.name)];
      if (at >= 0) station.machine.put(PROGRAM, record, { group, members, isSticky, at }, this.nowMs);
      else station.machine.remove(PROGRAM, record, true, this.nowMs);
    }
  }

  kill(name: string): void {
    this.station(name).isRunning = false;
  }

  freeze(name: string): void {
    this.station(name).isFrozen = true;
  }

  thaw(name: string): void {
    const station = this.station(name);
    station.isFrozen = false;
    station.machine.doubt(this.nowMs);
    this.#plan(station);
  }

  leave(name: string): void {
    this.station(name).machine.leave(true, this.nowMs);
  }

  setCarrier(name: string, hasCarrier: boolean): void {
    const station = this.station(name);
    station.hasCarrier = hasCarrier;
    station.machine.followLinks(this.nowMs);
  }

  /** Who answers for the VIP, by name. */
  owners(vip: string): string[] {
    const key = rowKey(PROGRAM, recordOf(vip));
    return this.stations.filter((station) => station.isAnswering(key)).map(({ name }) => name);
  }

  /** Runs for so long; `each` is called after every step. */
  run(durationMs: number, each: () => void = () => {}): void {
    for (const endMs = this.nowMs + durationMs; this.nowMs < endMs; ) {
      this.nowMs += STEP_MS;
      if (this.nowMs % INTERVAL_MS < STEP_MS) this.#exchange();
      for (const station of this.stations) if (station.isRunning && !station.isFrozen) this.#turn(station);
      each();
    }
  }

  /** How long nobody answered for a VIP at a time at most, in what was run. */
  longestGapMs(vip: string, durationMs: number): number {
    let longest = 0;
    let sinceMs = this.nowMs;
    this.run(durationMs, () => {
      if (this.owners(vip).length > 0) sinceMs = this.nowMs;
      longest = Math.max(longest, this.nowMs - sinceMs);
    });
    return longest;
  }

  /** Groups that not exactly one station answers for. */
  get unsettled(): string[] {
    return this.#vips.filter((vip) => this.owners(vip).length !== 1);
  }

  #hears(station: Station, other: Station): boolean {
    return station !== other && station.part === other.part && station.hasCarrier && other.hasCarrier;
  }

  #exchange(): void {
    for (const station of this.stations) {
      for (const other of this.stations) {
        if (!station.isRunning || !other.isRunning || other.isFrozen || station.deaf.has(other.name)) continue;
        if (!this.#hears(station, other)) continue;
        this.#session(station, other).heardMs = this.nowMs;
        this.#session(station, other).isRemoteAdminDown = other.machine.isLeaving;
      }
    }
  }

  #session(station: Station, other: Station): Session {
    const found = station.sessions.get(other.name) ?? {
      heardMs: 0,
      isUp: false,
      isRemoteAdminDown: false,
      wasRemoteAdminDown: false,
      hearingMs: undefined,
    };
    station.sessions.set(other.name, found);
    return found;
  }

  #turn(station: Station): void {
    let isNews = false;
    for (const other of this.stations) {
      if (other === station) continue;
      const session = this.#session(station, other);
      const back = this.#session(other, station);
      const isHeard = this.nowMs - session.heardMs < DETECTION_MS;
      const isHeardBack = this.nowMs - back.heardMs < DETECTION_MS && other.isRunning;
      session.hearingMs = isHeard && isHeardBack ? (session.hearingMs ?? this.nowMs) : undefined;
      const isAllowed = isHeard && isHeardBack && !session.isRemoteAdminDown && !station.machine.isLeaving;
      const isUp = isAllowed && (session.isUp || this.nowMs - (session.hearingMs ?? this.nowMs) >= UP_AFTER_MS);
      isNews ||= isUp !== session.isUp || session.isRemoteAdminDown !== session.wasRemoteAdminDown;
      session.isUp = isUp;
      session.wasRemoteAdminDown = session.isRemoteAdminDown;
    }
    station.machine.react(this.nowMs, isNews);
    const { nextDueMs } = station.machine;
    if (nextDueMs < this.nowMs) throw new Error(`Machine of ${station.name} is due at ${nextDueMs} ms after its turn at ${this.nowMs} ms`);
    for (const row of station.rows.values()) this.#repeat(station, row);
  }

  #repeat(station: Station, row: Row): void {
    const everyMs = new DataView(row.record.buffer).getUint32(32, true);
    if (row.record[1] === ACTIVE && everyMs > 0 && this.nowMs >= row.announcedMs + everyMs) this.#claim(station, row);
  }

  #machine(station: Station): Ownership {
    return new Ownership({
      put: () => (record) => this.#put(station, record),
      remove: (_, record) => void station.rows.delete(rowKey(PROGRAM, record)),
      session: (discriminator): SessionView | undefined => {
        const others = this.stations.filter((one) => one !== station);
        const other = others[discriminator - 1];
        return other === undefined ? undefined : this.#session(station, other);
      },
      hasCarrier: () => station.hasCarrier,
      claimOf: (_, id) => [...station.rows.values()].find((row) => row.id === id)?.claim,
      heardMs: () => station.heardMs,
    });
  }

  #put(station: Station, record: Uint8Array): number {
    const key = rowKey(PROGRAM, record);
    const before = station.rows.get(key);
    const row: Row = { id: before?.id ?? this.#nextId++, announcedMs: -Infinity, isSilent: false, ...before, record: record.slice() };
    if (before?.record[1] !== record[1]) row.isSilent = false;
    station.rows.set(key, row);
    const serial = (bytes: Uint8Array | undefined, at: number) =>
      bytes === undefined ? 0 : new DataView(bytes.buffer).getUint32(at, true);
    if (record[1] === STANDBY && serial(record, 36) !== serial(before?.record, 36)) this.#ask(station, key);
    const isNew = record[1] === ACTIVE && before?.record[1] !== ACTIVE;
    if (isNew || (record[1] === ACTIVE && serial(record, 40) !== serial(before?.record, 40))) this.#claim(station, row);
    return row.id;
  }

  #ask(station: Station, key: string): void {
    if (!station.isRunning || station.isFrozen) return;
    for (const other of this.stations) {
      if (!this.#hears(station, other) || !other.isRunning) continue;
      if (!other.isFrozen) other.heardMs = this.nowMs;
      if (other.isAnswering(key) && !this.isLost()) this.#note(station, key, other.mac);
    }
    const stranger = station.part === 0 && station.hasCarrier ? this.strangers.get(key) : undefined;
    if (stranger !== undefined) this.#note(station, key, stranger);
  }

  #note(station: Station, key: string, mac: string): void {
    station.heardMs = this.nowMs;
    const row = station.rows.get(key);
    if (row !== undefined) row.claim = { mac, atMs: this.nowMs };
  }

  #claim(station: Station, row: Row): void {
    row.announcedMs = this.nowMs;
    const key = rowKey(PROGRAM, row.record);
    for (const other of this.stations) {
      if (!this.#hears(station, other) || !other.isRunning || other.isFrozen) continue;
      if (this.isLost()) continue;
      const wasAnswering = other.isAnswering(key);
      this.#note(other, key, station.mac);
      if (!wasAnswering) continue;
      const theirs = other.rows.get(key) as Row;
      if (theirs.record[1] !== ACTIVE) theirs.isSilent = true;
      other.machine.hear(PROGRAM, row.record.subarray(16, 32), { mac: station.mac, isClaim: true }, this.nowMs);
    }
  }
}

/** A gateway answers for its own address. */
export function withGateway(segment: SegmentOfOwners): SegmentOfOwners {
  segment.strangers.set(rowKey(PROGRAM, recordOf("192.0.2.1")), "02:00:00:00:00:fe");
  return segment;
}

/**
 * One name on one link: claimed by probes, announced, defended, given up. RFC 6762 §8 "Probing and Announcing on Startup", §9 "Conflict
 * Resolution", §10.1 "Goodbye Packets".
 */

import type { Close, Context } from "herald";
import { CLASS_IN, type DnsRecord, type Message, TYPE_ANY } from "./message.ts";
import { compareRecords, compareSets, isSame } from "./records.ts";

/** RFC 6762 §8.1. */
const PROBES = 3;
const PROBE_MS = 250;
/** RFC 6762 §8.1: from so many conflicts on, each waits so long. */
const MANY_CONFLICTS = 15;
const MANY_CONFLICTS_PAUSE_MS = 5000;
/** RFC 6762 §8.2: who loses against a simultaneous probe. */
const LOST_PAUSE_MS = 1000;
/** RFC 6762 §8.3: so many, the second a second after the first. */
const ANNOUNCEMENTS = 2;
const ANNOUNCE_MS = 1000;
/** RFC 6762 §9: a name that has been defended so often in so long is given up. */
const MOST_DEFENSES = 3;
const DEFENSE_MS = 10_000;

export interface ClaimOptions {
  readonly clock: Context["clock"];
  readonly random: Context["random"];
  /** How often this Service has lost a name. */
  readonly conflicts: number;
  /** To the group. */
  send(message: Message): void;
  /** It is ours now. */
  won(): void;
  /** It is somebody else's; `end` comes next. */
  lost(): void;
}

export class Claim {
  readonly #options: ClaimOptions;
  #records: readonly DnsRecord[];
  #isOurs = false;
  /** While it is not ours: somebody else was heard to have it. */
  #isDoubted = false;
  #closeTimer: Close;
  #defenses: number[] = [];

  /** `records`: of one name, sorted. */
  constructor(records: readonly DnsRecord[], options: ClaimOptions) {
    this.#records = records;
    this.#options = options;
    const pauseMs = options.conflicts >= MANY_CONFLICTS ? MANY_CONFLICTS_PAUSE_MS : PROBE_MS * options.random();
    this.#closeTimer = options.clock.after(pauseMs, () => this.#probe(PROBES));
  }

  /** Empty while the name is not ours. */
  get records(): readonly DnsRecord[] {
    return this.#isOurs ? this.#records : [];
  }

  /** These are its records from now on; of those that have gone, `silent` ones are not said goodbye to: others have them. */
  set(records: readonly DnsRecord[], silent: (record: DnsRecord) => boolean): void {
    const gone = this.#records.filter((record) => !records.some((other) => isSame(record, other)));
    const isNew = records.some((record) => !this.#records.some((other) => isSame(record, other)));
    this.#records = records;
    if (!this.#isOurs) return;
    this.#goodbye(gone.filter((record) => !silent(record)));
    if (isNew) this.#announce(ANNOUNCEMENTS);
  }

  end(silent: (record: DnsRecord) => boolean): void {
    this.#closeTimer();
    if (this.#isOurs) this.#goodbye(this.#records.filter((record) => !silent(record)));
    this.#isOurs = false;
  }

  /** Says nothing. */
  close(): void {
    this.#closeTimer();
  }

  /** What a response says of the name. */
  hearRecords(records: readonly DnsRecord[]): void {
    const isOther = (record: DnsRecord): boolean =>
      record.ttlSeconds > 0 && this.#records.some(({ type }) => type === record.type) && !this.#records.some((own) => isSame(own, record));
    if (records.some(isOther)) this.#doubt();
    else if (this.#isOurs && records.some(({ ttlSeconds }) => ttlSeconds === 0)) {
      // Somebody said goodbye to what is ours: a node that had the address before us.
      this.#announce(1);
    }
  }

  /**
   * Deviation: not the first answer makes us give up a name that we probe for, as RFC 6762 §8.1 has it, but one that is still there a
   * second later. An address that moves to another node may have changed, and the old node not have heard of it.
   */
  #doubt(): void {
    if (this.#isOurs ? !this.#mayDefend() : this.#isDoubted) {
      this.#options.lost();
      return;
    }
    this.#closeTimer();
    // RFC 6762 §9: where it was ours, whoever really has it says so now.
    const pauseMs = this.#isOurs ? 0 : LOST_PAUSE_MS;
    this.#isDoubted = !this.#isOurs;
    this.#isOurs = false;
    this.#closeTimer = this.#options.clock.after(pauseMs, () => this.#probe(PROBES));
  }

  /** What somebody who probes wants the name to have. */
  hearProbe(records: readonly DnsRecord[]): void {
    if (this.#isOurs) return; // the answer to the question says all
    const theirs = records.map((record) => ({ ...record, isFlush: false })).sort(compareRecords);
    if (compareSets(this.#records, theirs) >= 0) return;
    this.#closeTimer();
    this.#closeTimer = this.#options.clock.after(LOST_PAUSE_MS, () => this.#probe(PROBES));
  }

  #probe(left: number): void {
    this.#closeTimer();
    if (left === 0) {
      this.#isOurs = true;
      this.#isDoubted = false;
      this.#options.won();
      this.#announce(ANNOUNCEMENTS);
      return;
    }
    const name = this.#records[0]?.name ?? "";
    const authorities = this.#records.map((record) => ({ ...record, isFlush: false }));
    this.#options.send({
      ...{ id: 0, isResponse: false, isTruncated: false, answers: [], authorities, additionals: [] },
      questions: [{ name, type: TYPE_ANY, class: CLASS_IN, isUnicast: true }],
    });
    this.#closeTimer = this.#options.clock.after(PROBE_MS, () => this.#probe(left - 1));
  }

  #announce(left: number): void {
    this.#closeTimer();
    this.#options.send(responseOf(this.#records));
    if (left > 1) this.#closeTimer = this.#options.clock.after(ANNOUNCE_MS, () => this.#announce(left - 1));
  }

  #goodbye(records: readonly DnsRecord[]): void {
    if (records.length > 0) this.#options.send(responseOf(records.map((record) => ({ ...record, ttlSeconds: 0 }))));
  }

  #mayDefend(): boolean {
    const nowMs = this.#options.clock.now();
    this.#defenses = [...this.#defenses.filter((atMs) => nowMs - atMs < DEFENSE_MS), nowMs];
    return this.#defenses.length <= MOST_DEFENSES;
  }
}

/** An answer that nobody asked for, or everybody may hear. */
export function responseOf(answers: readonly DnsRecord[], additionals: readonly DnsRecord[] = []): Message {
  return { id: 0, isResponse: true, isTruncated: false, questions: [], answers, authorities: [], additionals };
}

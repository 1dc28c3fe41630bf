/**
 * One link, by one family: hears what is asked there and answers for the names that are ours. RFC 6762 §5.4 "Questions Requesting Unicast
 * Responses", §6 "Responding", §7 "Traffic Reduction", §11 "Source Address Check".
 *
 * All our records are unique to us, so answers come at once (§6); only who announces more known answers (§7.2) is waited for.
 */

import { type Close, type Context, type MulticastLink, parseAddress } from "herald";
import { Claim, responseOf } from "./claim.ts";
import {
  CLASS_ANY,
  CLASS_IN,
  type DnsRecord,
  type Message,
  type Question,
  readMessage,
  TYPE_A,
  TYPE_AAAA,
  TYPE_NSEC,
  writeMessage,
} from "./message.ts";
import { answersTo, furtherTo, isSame, TTL_SECONDS } from "./records.ts";

export const PORT = 5353;
/** RFC 6762 §6: nothing is multicast twice in a second, but for who probes for a name of ours. */
const MULTICAST_MS = 1000;
const DEFENSE_MS = 250;
/** RFC 6762 §7.2: 400 to 500 ms. */
const TRUNCATED_MS = 400;
const TRUNCATED_SPREAD_MS = 100;
const MOST_TRUNCATED = 16;
/** RFC 6762 §6.7. */
const LEGACY_TTL_SECONDS = 10;
const MOST_QUESTIONS = 64;
const MOST_KNOWN = 512;
/** So many fit in a datagram that no link has to cut. */
const MOST_RECORDS = 24;

export type From = { readonly address: string; readonly port: number };

/** A name that is wanted here. */
export interface Wanted {
  readonly records: readonly DnsRecord[];
  readonly conflicts: number;
}

export interface ResponderOptions {
  readonly answersLegacy: boolean;
  won(name: string): void;
  /** The name is somebody else's: it is not to be wanted any more. */
  lost(name: string): void;
}

export class Responder {
  readonly #context: Pick<Context, "clock" | "random">;
  readonly #on: MulticastLink;
  readonly #options: ResponderOptions;
  readonly #claims = new Map<string, Claim>();
  /** When a record was last multicast, by name and type. */
  readonly #multicast = new Map<string, number>();
  readonly #truncated = new Map<string, { questions: Question[]; known: DnsRecord[]; close: Close }>();

  constructor(context: Pick<Context, "clock" | "random">, on: MulticastLink, options: ResponderOptions) {
    this.#context = context;
    this.#on = on;
    this.#options = options;
  }

  /** These names, with these records, from now on. `silent`: whose going is not told, since others have them now. */
  want(wanted: ReadonlyMap<string, Wanted>, silent: (record: DnsRecord) => boolean = () => false): void {
    for (const [name, claim] of [...this.#claims]) {
      if (wanted.has(name)) continue;
      claim.end(silent);
      this.#claims.delete(name);
      for (const type of [TYPE_A, TYPE_AAAA, TYPE_NSEC]) this.#multicast.delete(`${name} ${type}`);
    }
    for (const [name, { records, conflicts }] of wanted) {
      const claim = this.#claims.get(name);
      if (claim === undefined) this.#claims.set(name, this.#claim(name, records, conflicts));
      else claim.set(records, silent);
    }
  }

  /** Ends all that goes on, and says nothing. */
  close(): void {
    for (const claim of this.#claims.values()) claim.close();
    for (const { close } of this.#truncated.values()) close();
  }

  hear(bytes: Uint8Array, from: From): void {
    const message = this.#isNeighbor(from) ? readMessage(bytes) : undefined;
    if (message === undefined) return;
    if (message.isResponse) this.#hearResponse(message, from);
    else this.#hearQuery(message, from);
  }

  #claim(name: string, records: readonly DnsRecord[], conflicts: number): Claim {
    return new Claim(records, {
      ...{ clock: this.#context.clock, random: this.#context.random, conflicts },
      send: (message) => this.#multicastNow(message),
      won: () => this.#options.won(name),
      lost: () => this.#options.lost(name),
    });
  }

  /** RFC 6762 §6: a response comes from the port, or it is none. */
  #hearResponse({ answers, additionals }: Message, { port }: From): void {
    if (port !== PORT) return;
    for (const [claim, records] of this.#byClaim([...answers, ...additionals])) claim.hearRecords(records);
  }

  #hearQuery(message: Message, from: From): void {
    const { questions, answers, authorities, isTruncated } = message;
    for (const [claim, records] of this.#byClaim(authorities)) claim.hearProbe(records);
    if (from.port !== PORT) this.#answerLegacy(message, from);
    else if (this.#truncated.has(from.address)) this.#hearMore(message, from);
    else if (isTruncated && this.#truncated.size < MOST_TRUNCATED) this.#waitForMore(message, from);
    else this.#answer({ questions: questions.slice(0, MOST_QUESTIONS), answers }, from, authorities.length > 0 ? DEFENSE_MS : MULTICAST_MS);
  }

  #hearMore({ questions, answers }: Message, from: From): void {
    const query = this.#truncated.get(from.address);
    query?.known.push(...answers.slice(0, MOST_KNOWN - query.known.length));
    query?.questions.push(...questions.slice(0, MOST_QUESTIONS - query.questions.length));
  }

  #waitForMore({ questions, answers }: Message, from: From): void {
    const close = this.#context.clock.after(TRUNCATED_MS + TRUNCATED_SPREAD_MS * this.#context.random(), () => {
      this.#truncated.delete(from.address);
      this.#answer({ questions: query.questions, answers: query.known }, from, MULTICAST_MS);
    });
    const query = { questions: questions.slice(0, MOST_QUESTIONS), known: answers.slice(0, MOST_KNOWN), close };
    this.#truncated.set(from.address, query);
  }

  #answer({ questions, answers: known }: Pick<Message, "questions" | "answers">, from: From, leastPauseMs: number): void {
    const found = { unicast: new Set<DnsRecord>(), multicast: new Set<DnsRecord>(), further: new Set<DnsRecord>() };
    for (const question of questions) {
      const records = this.#recordsFor(question);
      const answers = answersTo(question.type, records).filter((record) => !isKnown(record, known));
      for (const record of answers) found[this.#mayUnicast(question, record) ? "unicast" : "multicast"].add(record);
      if (answers.length > 0) for (const record of furtherTo(answers, records)) found.further.add(record);
    }
    const answered = [...found.unicast, ...found.multicast];
    const further = [...found.further].filter((record) => !answered.some((other) => isSame(record, other))).slice(0, MOST_RECORDS);
    const unicast = [...found.unicast].slice(0, MOST_RECORDS);
    if (unicast.length > 0) this.#on.send(writeMessage(responseOf(unicast, further)), from);
    const multicast = [...found.multicast].filter((record) => this.#pauseOf(record) >= leastPauseMs);
    if (multicast.length > 0) this.#multicastNow(responseOf(multicast, further));
  }

  /** As a server of ordinary DNS would (RFC 6762 §6.7). */
  #answerLegacy({ id, questions }: Pick<Message, "id" | "questions">, to: From): void {
    const ours = questions.slice(0, MOST_RECORDS).filter((question) => this.#recordsFor(question).length > 0);
    if (ours.length === 0 || !this.#options.answersLegacy) return;
    const answers = new Set(ours.flatMap((question) => answersTo(question.type, this.#recordsFor(question))));
    const plain = Array.from(answers, (record) => ({ ...record, isFlush: false, ttlSeconds: LEGACY_TTL_SECONDS }));
    const asked = ours.map((question) => ({ ...question, isUnicast: false }));
    this.#on.send(writeMessage({ ...responseOf(plain.slice(0, MOST_RECORDS)), id, questions: asked }), to);
  }

  #recordsFor({ name, class: asked }: Question): readonly DnsRecord[] {
    if (asked !== CLASS_IN && asked !== CLASS_ANY) return [];
    return this.#claims.get(name.toLowerCase())?.records ?? [];
  }

  /** RFC 6762 §5.4: whoever listens should hear of each record again in a quarter of its life. */
  #mayUnicast({ isUnicast }: Question, record: DnsRecord): boolean {
    return isUnicast && this.#pauseOf(record) < (TTL_SECONDS / 4) * 1000;
  }

  #pauseOf({ name, type }: DnsRecord): number {
    return this.#context.clock.now() - (this.#multicast.get(`${name} ${type}`) ?? Number.NEGATIVE_INFINITY);
  }

  #multicastNow(message: Message): void {
    const nowMs = this.#context.clock.now();
    for (const { name, type } of [...message.answers, ...message.additionals]) this.#multicast.set(`${name} ${type}`, nowMs);
    for (let first = 0; first === 0 || first < message.answers.length; first += MOST_RECORDS) {
      this.#on.send(writeMessage({ ...message, answers: message.answers.slice(first, first + MOST_RECORDS) }));
    }
  }

  #byClaim(records: readonly DnsRecord[]): ReadonlyMap<Claim, DnsRecord[]> {
    const found = new Map<Claim, DnsRecord[]>();
    for (const record of records) {
      const claim = record.class === CLASS_IN ? this.#claims.get(record.name.toLowerCase()) : undefined;
      if (claim !== undefined) found.set(claim, [...(found.get(claim) ?? []), record]);
    }
    return found;
  }

  /** From an address of the link: what comes from elsewhere was sent to mislead. */
  #isNeighbor({ address }: From): boolean {
    const from = parseAddress(address.split("%")[0] ?? "");
    if (from === undefined) return false;
    return this.#on.link.addresses.some((own) => {
      const near = parseAddress(own.address);
      if (near?.family !== from.family) return false;
      const shift = BigInt((near.family === 4 ? 32 : 128) - own.prefixLength);
      return near.value >> shift === from.value >> shift;
    });
  }
}

/** RFC 6762 §7.1: whoever asks has it, and will have it for half of its life at least. */
function isKnown(record: DnsRecord, known: readonly DnsRecord[]): boolean {
  return known.some((other) => isSame(record, other) && other.ttlSeconds >= TTL_SECONDS / 2);
}

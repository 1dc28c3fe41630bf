/** DNS messages on the wire: RFC 1035 §4 "Messages", with the two bits that RFC 6762 §18.12 and §18.13 take from the class. */

export const TYPE_A = 1;
export const TYPE_AAAA = 28;
export const TYPE_NSEC = 47;
export const TYPE_ANY = 255;
export const CLASS_IN = 1;
export const CLASS_ANY = 255;

export interface Question {
  /** `Web.local`, as it was asked. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** The answer may come by unicast (RFC 6762 §5.4). */
  readonly isUnicast: boolean;
}

export interface DnsRecord {
  readonly name: string;
  readonly type: number;
  readonly class: number;
  /** What else is known of this name and type has gone (RFC 6762 §10.2). */
  readonly isFlush: boolean;
  readonly ttlSeconds: number;
  readonly data: Uint8Array;
}

export interface Message {
  readonly id: number;
  readonly isResponse: boolean;
  /** More known answers follow (RFC 6762 §7.2). */
  readonly isTruncated: boolean;
  readonly questions: readonly Question[];
  readonly answers: readonly DnsRecord[];
  readonly authorities: readonly DnsRecord[];
  readonly additionals: readonly DnsRecord[];
}

const HEADER_BYTES = 12;
/** RFC 6762 §17 "Multicast DNS Message Size". */
const MOST_BYTES = 9000;
const IS_RESPONSE = 0x8000;
const IS_AUTHORITATIVE = 0x0400;
const IS_TRUNCATED = 0x0200;
/** Opcode and response code: messages with others than 0 are ignored (RFC 6762 §18.3, §18.11). */
const OPCODE_AND_CODE = 0x780f;
const TOP_BIT = 0x8000;
const POINTER = 0xc0;
/** RFC 1035 §2.3.4, of a name as it lies uncompressed. */
const MOST_NAME_BYTES = 255;
const MOST_LABEL_BYTES = 63;
/** More than anybody writes, and few enough that a message full of them is soon read. */
const MOST_POINTERS = 16;

/** Undefined where it makes no sense, or is not for us to read. Total: every name ends, whatever its pointers say. */
export function readMessage(bytes: Uint8Array): Message | undefined {
  if (bytes.length < HEADER_BYTES || bytes.length > MOST_BYTES) return undefined;
  const reader = new Reader(bytes);
  const [id, flags, ...counts] = Array.from({ length: 6 }, () => reader.u16()) as [number, number, number, number, number, number];
  if ((flags & OPCODE_AND_CODE) !== 0) return undefined;
  try {
    const [questions = [], answers = [], authorities = [], additionals = []] = [
      readAll(counts[0], () => readQuestion(reader)),
      ...counts.slice(1).map((count) => readAll(count, () => readRecord(reader))),
    ] as [Question[], DnsRecord[], DnsRecord[], DnsRecord[]];
    const is = { isResponse: (flags & IS_RESPONSE) !== 0, isTruncated: (flags & IS_TRUNCATED) !== 0 };
    return { id, ...is, questions, answers, authorities, additionals };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Names are compressed. Labels must be ASCII of at most 63 characters. */
export function writeMessage({ id, isResponse, isTruncated, questions, answers, authorities, additionals }: Message): Uint8Array {
  const writer = new Writer();
  writer.u16(id);
  writer.u16((isResponse ? IS_RESPONSE | IS_AUTHORITATIVE : 0) | (isTruncated ? IS_TRUNCATED : 0));
  for (const section of [questions, answers, authorities, additionals]) writer.u16(section.length);
  for (const question of questions) {
    writer.name(question.name);
    writer.u16(question.type);
    writer.u16(question.class | (question.isUnicast ? TOP_BIT : 0));
  }
  for (const record of [...answers, ...authorities, ...additionals]) {
    writer.name(record.name);
    writer.u16(record.type);
    writer.u16(record.class | (record.isFlush ? TOP_BIT : 0));
    writer.u16(Math.floor(record.ttlSeconds / 0x10000));
    writer.u16(record.ttlSeconds % 0x10000);
    writer.u16(record.data.length);
    writer.bytes.push(...record.data);
  }
  return Uint8Array.from(writer.bytes);
}

/** A name as it lies uncompressed. */
export function nameBytes(name: string): Uint8Array {
  return Uint8Array.from([...name.split(".").flatMap(labelBytes), 0]);
}

function labelBytes(label: string): number[] {
  return [label.length, ...Array.from(label, (character) => character.charCodeAt(0))];
}

function readAll<Item>(count: number, read: () => Item): Item[] {
  const items: Item[] = [];
  for (let at = 0; at < count; at++) items.push(read());
  return items;
}

function readQuestion(reader: Reader): Question {
  const name = reader.name();
  const [type, bits] = [reader.u16(), reader.u16()];
  return { name, type, class: bits & ~TOP_BIT, isUnicast: (bits & TOP_BIT) !== 0 };
}

function readRecord(reader: Reader): DnsRecord {
  const name = reader.name();
  const [type, bits, ttlHigh, ttlLow, length] = [reader.u16(), reader.u16(), reader.u16(), reader.u16(), reader.u16()];
  const data = reader.take(length);
  return { name, type, class: bits & ~TOP_BIT, isFlush: (bits & TOP_BIT) !== 0, ttlSeconds: ttlHigh * 0x10000 + ttlLow, data };
}

/** Throws RangeError where the message ends too early or a name makes no sense. */
class Reader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  u16(): number {
    this.#at += 2;
    return this.#view.getUint16(this.#at - 2);
  }

  take(length: number): Uint8Array {
    if (this.#at + length > this.#view.byteLength) throw new RangeError("a record ends behind the message");
    this.#at += length;
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at - length, length).slice();
  }

  /** RFC 1035 §4.1.4 "Message compression": each pointer must lead further back than all before, so there is no way round. */
  name(): string {
    const labels: string[] = [];
    let [at, end, least, bytes] = [this.#at, undefined as number | undefined, this.#at, 1];
    for (let pointers = 0; pointers <= MOST_POINTERS; ) {
      const length = this.#view.getUint8(at);
      if (length === 0) {
        this.#at = end ?? at + 1;
        return labels.join(".");
      }
      if (length >= POINTER) {
        const target = this.#view.getUint16(at) & 0x3fff;
        if (target >= least) throw new RangeError("a name leads forward");
        end ??= at + 2;
        [at, least] = [target, target];
        pointers += 1;
        continue;
      }
      bytes += length + 1;
      if (length > MOST_LABEL_BYTES || bytes > MOST_NAME_BYTES) throw new RangeError("a name is too long");
      labels.push(this.#label(at + 1, length));
      at += length + 1;
    }
    throw new RangeError("a name has too many pointers");
  }

  /** A dot in a label is no end of it. */
  #label(at: number, length: number): string {
    const characters = Array.from({ length }, (_, offset) => String.fromCharCode(this.#view.getUint8(at + offset)));
    return characters.join("").replaceAll(".", "\\.");
  }
}

class Writer {
  readonly bytes: number[] = [];
  readonly #names = new Map<string, number>();

  u16(value: number): void {
    this.bytes.push(value >> 8, value & 0xff);
  }

  name(name: string): void {
    const labels = name.split(".");
    for (const [at, label] of labels.entries()) {
      const rest = labels.slice(at).join(".");
      const before = this.#names.get(rest);
      if (before !== undefined) {
        this.u16((POINTER << 8) | before);
        return;
      }
      if (this.bytes.length < 0x4000) this.#names.set(rest, this.bytes.length);
      this.bytes.push(...labelBytes(label));
    }
    this.bytes.push(0);
  }
}

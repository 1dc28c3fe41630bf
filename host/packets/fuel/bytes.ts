/** The numbers of a WebAssembly module, read and written: WebAssembly Core Specification 2.0 §5.2.2 "Integers" (LEB128). */

export class Reader {
  readonly bytes: Uint8Array;
  at: number;
  readonly end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
  }

  get isDone(): boolean {
    return this.at >= this.end;
  }

  byte(): number {
    if (this.isDone) throw new Error(`the module ends within something, at byte ${this.at}`);
    return this.bytes[this.at++] as number;
  }

  /** The next byte, which stays. */
  peek(): number {
    return this.bytes[this.at] as number;
  }

  /** An unsigned number of 32 bits. */
  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  /** Passes over a number of any width, signed or not. */
  skipNumber(): void {
    while (this.byte() >= 128);
  }

  skip(count: number): void {
    this.at += count;
    if (this.at > this.end) throw new Error(`the module ends within something, at byte ${this.end}`);
  }

  text(): string {
    const length = this.unsigned();
    const from = this.at;
    this.skip(length);
    return new TextDecoder().decode(this.bytes.subarray(from, this.at));
  }

  /** A reader of the next `length` bytes, which are passed over. */
  part(length: number): Reader {
    const from = this.at;
    this.skip(length);
    return new Reader(this.bytes, from, this.at);
  }
}

export class Writer {
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(expectedBytes: number) {
    this.#bytes = new Uint8Array(expectedBytes);
  }

  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.#length);
  }

  append(bytes: Uint8Array | readonly number[]): this {
    const length = this.#length + bytes.length;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(length * 2);
      larger.set(this.bytes);
      this.#bytes = larger;
    }
    this.#bytes.set(bytes, this.#length);
    this.#length = length;
    return this;
  }

  /** Bytes behind their length. */
  sized(bytes: Uint8Array | readonly number[]): this {
    return this.append(unsigned(bytes.length)).append(bytes);
  }
}

/** `value`: an integer that is not negative, below 2^32. */
export function unsigned(value: number): number[] {
  const low = value % 128;
  const rest = Math.floor(value / 128);
  return rest === 0 ? [low] : [low | 128, ...unsigned(rest)];
}

/** `value`: an integer that is not negative, below 2^31; as a signed number, which needs a bit more. */
export function signed(value: number): number[] {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >> 7)];
}

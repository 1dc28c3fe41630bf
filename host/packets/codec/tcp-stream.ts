import type { Segment } from "./tcp-segment.ts";

/** Segments that come too early and are kept until the one before them has come; beyond, that one is taken for lost. */
const EARLY_MAX = 64;

/** What came next of one direction of a connection. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Bytes before these that the capture does not have. */
  readonly missingBytes: number;
  /** The first of a connection whose beginning the capture does not have. */
  readonly isMidway: boolean;
}

/** One direction of a connection, put together from captured segments: in order, without what was sent twice. */
export class TcpStream {
  /** Sequence number of the next byte; undefined before the first segment. */
  #next: number | undefined;
  #early: Segment[] = [];

  /** What is new with this segment, in order. */
  take(segment: Segment): Piece[] {
    if (segment.isSyn) {
      this.#next = (segment.sequence + 1) >>> 0;
      this.#early = [];
      return [];
    }
    if (segment.payload.length === 0) return [];
    const isMidway = this.#next === undefined;
    this.#next ??= segment.sequence;
    this.#early.push(segment);
    this.#early.sort((left, right) => this.#ahead(left) - this.#ahead(right));
    const pieces: Piece[] = [];
    for (let first = this.#early[0]; first !== undefined; first = this.#early[0]) {
      const ahead = this.#ahead(first);
      if (ahead > 0 && this.#early.length <= EARLY_MAX) break;
      this.#early.shift();
      if (ahead + first.payload.length <= 0) continue;
      pieces.push({ bytes: first.payload.subarray(Math.max(0, -ahead)), missingBytes: Math.max(0, ahead), isMidway });
      this.#next = (first.sequence + first.payload.length) >>> 0;
    }
    return pieces;
  }

  /** Bytes between the next one and the segment's first; negative where it was sent before. Sequence numbers wrap: RFC 9293 §3.4. */
  #ahead(segment: Segment): number {
    return (segment.sequence - (this.#next ?? 0)) | 0;
  }
}

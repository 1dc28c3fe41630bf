/** How many messages went over a session, by their types. */

/** RFC 4271 §4.1 "Message Header Format" and RFC 2918 §3, by number. */
const TYPES = ["total", "open", "update", "notification", "keepalive", "routeRefresh"] as const;
const LENGTH_AT = 16;
const TYPE_AT = 18;
const HEADER_LENGTH = 19;

/** `total` has also those of unknown types. */
export type MessageCounts = Readonly<Record<(typeof TYPES)[number], number>>;

export class MessageCounter {
  readonly #counts: Record<(typeof TYPES)[number], number> = {
    total: 0,
    open: 0,
    update: 0,
    notification: 0,
    keepalive: 0,
    routeRefresh: 0,
  };

  get counts(): MessageCounts {
    return this.#counts;
  }

  /** `bytes`: whole messages, one after another. */
  add(bytes: Uint8Array): void {
    for (let at = 0; at + HEADER_LENGTH <= bytes.length; at += lengthAt(bytes, at)) {
      const type = TYPES[bytes[at + TYPE_AT] as number];
      this.#counts.total += 1;
      if (type !== undefined && type !== "total") this.#counts[type] += 1;
    }
  }
}

/** One that lies about its length does not hold up the count. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const length = ((bytes[at + LENGTH_AT] as number) << 8) | (bytes[at + LENGTH_AT + 1] as number);
  return Math.max(length, HEADER_LENGTH);
}

/** Who answered a client's requests for addresses, and how fast: read from frames of ARP and NDP as they passed its interface. */

import type { Probe } from "./ground.ts";
import { readNeighborFrame } from "./neighbor-frames.ts";

interface Exchange {
  /** Nanoseconds. */
  asked?: bigint;
  answered?: bigint;
  requests: number;
  readonly by: Set<string>;
}

export class NeighborLog {
  readonly #client: string;
  readonly #exchanges = new Map<string, Exchange>();

  /** `client`: its MAC. */
  constructor(client: string) {
    this.#client = client;
  }

  /** Announcements are neither requests nor replies of the client's. */
  take(frame: Uint8Array, nanoseconds: bigint): void {
    const read = readNeighborFrame(frame, this.#client);
    if (read === undefined || read.kind === "announcement") return;
    const exchange = this.#of(read.address);
    if (read.kind === "request") {
      exchange.asked ??= nanoseconds;
      exchange.requests++;
    } else {
      exchange.answered ??= nanoseconds;
      exchange.by.add(read.mac);
    }
  }

  forget(addresses: readonly string[]): void {
    for (const address of addresses) this.#exchanges.delete(address);
  }

  /** Since `forget`. */
  answer(address: string): Pick<Probe, "answeredBy" | "requests" | "firstReplyMicros"> {
    const { asked, answered, requests, by } = this.#of(address);
    const isAnswered = asked !== undefined && answered !== undefined && answered >= asked;
    return { answeredBy: [...by], requests, firstReplyMicros: isAnswered ? Number(answered - asked) / 1000 : null };
  }

  #of(address: string): Exchange {
    let exchange = this.#exchanges.get(address);
    if (exchange === undefined) {
      exchange = { requests: 0, by: new Set() };
      this.#exchanges.set(address, exchange);
    }
    return exchange;
  }
}

/** Who answered a client's ARP requests, and how fast: read from frames as they passed its interface. */

import type { Codec } from "../../packets/codec/codec.ts";
import type { Probe } from "./ground.ts";

const REQUEST = 1;
const REPLY = 2;

interface Exchange {
  /** Nanoseconds. */
  asked?: bigint;
  answered?: bigint;
  requests: number;
  readonly by: Set<string>;
}

export class ArpLog {
  readonly #arp: Codec;
  readonly #client: string;
  readonly #exchanges = new Map<string, Exchange>();

  /** `client`: its IPv4 address. */
  constructor(arp: Codec, client: string) {
    this.#arp = arp;
    this.#client = client;
  }

  /** Announcements, whose sender and target are one, are neither requests nor replies of the client's. */
  take(frame: Uint8Array, nanoseconds: bigint): void {
    const decoded = this.#arp.decode(frame);
    if (!decoded.ok) return;
    const { operation, senderAddress, senderMac, targetAddress } = decoded.fields;
    if (operation === REQUEST && senderAddress === this.#client) {
      const exchange = this.#of(String(targetAddress));
      exchange.asked ??= nanoseconds;
      exchange.requests++;
    } else if (operation === REPLY && targetAddress === this.#client) {
      const exchange = this.#of(String(senderAddress));
      exchange.answered ??= nanoseconds;
      exchange.by.add(String(senderMac));
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

/** The datagram ports of program `bfd`: where sessions hear, which they share, and where each of them sends from. */

import type { DatagramOptions } from "../packets/datagram-options.ts";
import { DATAGRAM_PORTS } from "../packets/datagram-options.ts";
import type { PacketService } from "../packets/service.ts";
import type { Family } from "../rules/vocabulary.ts";

/** RFC 5881 §4 "Encapsulation"; RFC 5883 §5. */
const SINGLE_HOP_PORT = 3784;
const MULTIHOP_PORT = 4784;
/** RFC 5881 §4: a source port from here to the last, of the session's own. */
const FIRST_SOURCE_PORT = 49_152;
const SOURCE_PORTS = 65_536 - FIRST_SOURCE_PORT;
const SOURCE_PORT_TRIES = 8;
const HOP_LIMIT = 255;

/** Where datagrams of a session come and go: what its sockets are bound to. */
export interface Binding {
  readonly family: Family;
  readonly isMultihop: boolean;
  /** Undefined: all of the family. */
  readonly localAddress: string | undefined;
  readonly link: { readonly name: string; readonly index: number } | undefined;
}

interface Receiver {
  readonly number: number;
  readonly udpPort: number;
  readonly options: DatagramOptions;
}

export class BfdPorts {
  readonly #service: PacketService;
  readonly #program: string;
  readonly #numbers = new Set<number>();
  readonly #receivers: Receiver[] = [];

  constructor(service: PacketService, program: string) {
    this.#service = service;
    this.#program = program;
  }

  /** The port that hears a session's packets, opened where it was not. Rejects where another BFD daemon has it. */
  async receiver(binding: Binding): Promise<number> {
    const udpPort = binding.isMultihop ? MULTIHOP_PORT : SINGLE_HOP_PORT;
    const options = toOptions(binding, udpPort);
    const known = this.#receivers.find((receiver) => JSON.stringify(receiver.options) === JSON.stringify(options));
    if (known !== undefined) return known.number;
    const others = this.#receivers.filter((receiver) => receiver.udpPort === udpPort && isFamily(receiver, binding.family));
    // A socket that shares its port would share it with another daemon too, which takes our packets: none does until we must ourselves.
    for (const other of others) await this.#open(other.number, { ...other.options, reuse: true });
    const number = this.#take();
    try {
      await this.#open(number, others.length === 0 ? options : { ...options, reuse: true });
    } catch (error) {
      this.#numbers.delete(number);
      const { message } = error as Error;
      throw new Error(/another socket/.test(message) ? `${message}: is another BFD daemon running on this machine?` : message);
    }
    this.#receivers.push({ number, udpPort, options });
    return number;
  }

  /** A port for one session to send from. */
  async sender(binding: Binding): Promise<number> {
    const number = this.#take();
    try {
      await this.bindSender(number, binding);
    } catch (error) {
      this.#numbers.delete(number);
      throw error;
    }
    return number;
  }

  /** Binds it to where the session is now, to a source port that nobody can guess. */
  async bindSender(number: number, binding: Binding): Promise<void> {
    for (let left = SOURCE_PORT_TRIES; ; left--) {
      try {
        const udpPort = FIRST_SOURCE_PORT + ((crypto.getRandomValues(new Uint16Array(1))[0] as number) % SOURCE_PORTS);
        await this.#open(number, { ...toOptions(binding, udpPort), hopLimit: HOP_LIMIT });
        return;
      } catch (error) {
        if (left === 1 || !/another socket/.test((error as Error).message)) throw error;
      }
    }
  }

  async closeSender(number: number): Promise<void> {
    this.#numbers.delete(number);
    await this.#service.closeDatagrams(this.#program, number);
  }

  async #open(number: number, options: DatagramOptions): Promise<void> {
    await this.#service.openDatagrams(this.#program, number, options);
  }

  #take(): number {
    for (let number = 1; number <= DATAGRAM_PORTS; number++) {
      if (this.#numbers.has(number)) continue;
      this.#numbers.add(number);
      return number;
    }
    throw new Error(`All ${DATAGRAM_PORTS} ports for BFD sessions are in use`);
  }
}

function isFamily({ options }: Receiver, family: Family): boolean {
  return options.address.includes(":") === (family === 6);
}

function toOptions({ family, localAddress, link }: Binding, udpPort: number): DatagramOptions {
  const address = localAddress ?? (family === 4 ? "0.0.0.0" : "::");
  return { address, udpPort, ...(link === undefined ? {} : { link: { name: link.name, index: link.index } }) };
}

/** The datagram ports of one program, by the numbers 1 to 255 that its descriptors name them by. */

import { checkDatagrams, type DatagramOptions } from "./datagram-options.ts";
import type { LinkTable } from "./link-table.ts";
import type { LoadedProgram } from "./program.ts";
import type { DatagramPort, Wire } from "./wire.ts";

export interface OpenDatagrams {
  readonly options: DatagramOptions;
  readonly port: DatagramPort;
  /** Datagrams may be waiting. */
  isReady: boolean;
}

export class DatagramPorts {
  readonly #wire: Wire;
  readonly #program: LoadedProgram;
  readonly #links: LinkTable;
  readonly #onReadable: () => void;
  readonly #open = new Map<number, OpenDatagrams>();

  constructor(wire: Wire, program: LoadedProgram, links: LinkTable, onReadable: () => void) {
    this.#wire = wire;
    this.#program = program;
    this.#links = links;
    this.#onReadable = onReadable;
  }

  /** Gives the UDP port. What is open already with the same options stays as it is; with others it is closed first. */
  open(port: number, options: DatagramOptions): number {
    checkDatagrams(port, options);
    const before = this.#open.get(port);
    if (before !== undefined && JSON.stringify(before.options) === JSON.stringify(options)) return before.port.udpPort;
    this.close(port);
    const request = { program: this.#program, port, options, links: this.#links };
    const opened = this.#wire.openDatagrams(request, () => {
      entry.isReady = true;
      this.#onReadable();
    });
    const entry: OpenDatagrams = { options, port: opened, isReady: false };
    this.#open.set(port, entry);
    return opened.udpPort;
  }

  /** One that is not open is fine. */
  close(port: number): void {
    this.#open.get(port)?.port.close();
    this.#open.delete(port);
  }

  closeAll(): void {
    for (const port of [...this.#open.keys()]) this.close(port);
  }

  get(port: number): DatagramPort | undefined {
    return this.#open.get(port)?.port;
  }

  all(): Iterable<OpenDatagrams> {
    return this.#open.values();
  }
}

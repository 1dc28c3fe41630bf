/** A Channel without a process, for tests: what goes over it is encoded and decoded as on the pipe, and arrives later, as there. */

import type { Channel } from "./channel.ts";
import { type ByteStream, Wire } from "./wire.ts";

export interface MemoryChannels {
  readonly host: Channel;
  readonly plugin: Channel;
  /** Ends both, as the end of the process does. */
  end(reason: Error): void;
}

/** A fault of either end ends both with its reason. */
export function memoryChannels(): MemoryChannels {
  const near = new MemoryStream();
  const far = new MemoryStream();
  near.other = far;
  far.other = near;
  const wires: Wire[] = [];
  const end = (reason: Error): void => {
    for (const wire of wires) wire.end(reason);
  };
  const open = (stream: ByteStream) => {
    const wire = new Wire(stream, (reason) => end(new Error(`Protocol fault: ${reason}`)));
    wires.push(wire);
    return wire.open(0);
  };
  return { host: open(near), plugin: open(far), end };
}

class MemoryStream implements ByteStream {
  readonly writableLength = 0;
  other: MemoryStream | undefined;
  #onData: ((chunk: Uint8Array) => void) | undefined;

  write(bytes: Uint8Array): void {
    queueMicrotask(() => this.other?.receive(bytes));
  }

  receive(bytes: Uint8Array): void {
    this.#onData?.(bytes);
  }

  on(event: "data" | "drain", call: (chunk: Uint8Array) => void): void {
    if (event === "data") this.#onData = call;
  }

  pause(): void {}
  resume(): void {}
}

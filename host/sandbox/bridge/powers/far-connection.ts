/** A connection as the plugin has it: what it writes is counted until the host says that the kernel has it. */

import type { Connection } from "../../../announcer.ts";
import type { Plain } from "../../cell/channel.ts";
import { demandFunction, type FarSide, ownBytes } from "../far-side.ts";
import { inPieces } from "../parts.ts";
import { Stream } from "../stream.ts";

export type Ends = Readonly<Record<"localAddress" | "remoteAddress", string>>;

interface Writing {
  left: number;
  readonly taken: unknown;
}

export class FarConnection {
  readonly #far: FarSide;
  readonly #data: Stream<[Uint8Array]>;
  readonly #onClose: unknown[] = [];
  readonly #writing: Writing[] = [];
  #pendingBytes = 0;
  /** Why it ended, in a list; undefined while it is open. */
  #end: readonly [Error | undefined] | undefined;

  constructor(far: FarSide) {
    this.#far = far;
    this.#data = new Stream(far, "onData");
  }

  readonly ears = {
    data: (data: Plain) => this.#data.push(data as Uint8Array),
    written: (bytes: Plain) => this.#written(bytes as number),
    closed: (reason: Plain) => this.#data.after(() => this.#closed(typeof reason === "string" ? new Error(reason) : undefined)),
  };

  open(id: number, { localAddress, remoteAddress }: Ends): Connection {
    const far = this.#far;
    this.#data.id = id;
    const pendingBytes = () => this.#pendingBytes;
    return far.harden<Connection>({
      ...{ localAddress, remoteAddress },
      get pendingBytes() {
        return pendingBytes();
      },
      write: (bytes, taken) => this.#write(id, ownBytes(bytes), taken),
      onData: (call) => this.#data.listen(call),
      onClose: (call) => this.#listen(call),
      close: () => far.tell("close", id),
    });
  }

  #write(id: number, bytes: Uint8Array, taken: unknown): void {
    if (this.#end !== undefined) return;
    this.#pendingBytes += bytes.length;
    this.#writing.push({ left: bytes.length, taken });
    for (const piece of bytes.length === 0 ? [bytes] : inPieces(bytes)) this.#far.tell("net.write", id, piece);
  }

  #written(bytes: number): void {
    this.#pendingBytes -= bytes;
    const first = this.#writing[0];
    if (first === undefined) return;
    first.left -= bytes;
    if (first.left > 0) return;
    this.#writing.shift();
    if (first.taken !== undefined) this.#far.run("write", first.taken);
  }

  #listen(call: unknown): void {
    demandFunction("onClose", call);
    if (this.#end === undefined) this.#onClose.push(call);
    else void Promise.resolve().then(() => this.#far.run("onClose", call, ...(this.#end ?? [])));
  }

  #closed(error: Error | undefined): void {
    this.#end = [error];
    this.#far.forget(this.#data.id);
    this.#writing.length = 0;
    this.#pendingBytes = 0;
    for (const call of this.#onClose.splice(0)) this.#far.run("onClose", call, error);
  }
}

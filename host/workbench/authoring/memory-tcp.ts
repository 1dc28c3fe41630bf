/** TCP in memory: connections between a plugin and stations beside it, without segments, loss or time. */

import { EventEmitter } from "node:events";
import type { Server, Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Md5Keys, RawTcp, TcpEndpoint } from "../../packets/tcp.ts";
import type { TcpPeer, TcpSegment } from "./kit.ts";

/** RFC 6335 §6 "Port Number Ranges": dynamic ports. */
const FIRST_FREE_PORT = 49_152;
const STATION = { 4: "192.0.2.254", 6: "2001:db8::254" } as const;

type Accept = (socket: MemorySocket) => void;

export class MemoryTcp implements RawTcp, TcpSegment {
  readonly #stations = new Map<string, Accept>();
  readonly #servers = new Map<number, MemoryServer>();
  readonly #own: () => readonly string[];

  /** `own`: addresses of the plugin's machine. */
  constructor(own: () => readonly string[]) {
    this.#own = own;
  }

  dial({ bare, port }: TcpEndpoint): Socket {
    const family = bare.includes(":") ? 6 : 4;
    const mine = this.#own().find((address) => address.includes(":") === (family === 6)) ?? "";
    const socket = new MemorySocket(mine, bare);
    setImmediate(() => {
      const accept = this.#stations.get(`${bare} ${port}`);
      if (accept === undefined) socket.destroy(new Error(`connect ECONNREFUSED ${bare}:${port}`));
      else if (!socket.destroyed) accept(socket.join(new MemorySocket(bare, mine)));
    });
    return socket as unknown as Socket;
  }

  createServer(accept: (socket: Socket) => void): Server {
    return new MemoryServer(accept as unknown as Accept, (server) => this.#release(server)) as unknown as Server;
  }

  listen(server: Server, { text, port }: TcpEndpoint): Md5Keys {
    const own = server as unknown as MemoryServer;
    own.port = port === 0 ? Math.max(FIRST_FREE_PORT - 1, ...this.#servers.keys()) + 1 : port;
    if (this.#servers.has(own.port)) throw new Error(`listen EADDRINUSE ${text}:${port}`);
    this.#servers.set(own.port, own);
    own.listening = true;
    queueMicrotask(() => own.emit("listening"));
    return { setMd5: () => {} };
  }

  #release(server: MemoryServer): void {
    if (this.#servers.get(server.port) === server) this.#servers.delete(server.port);
  }

  accept(address: string, port: number, call: (peer: TcpPeer) => void): () => void {
    const key = `${address} ${port}`;
    this.#stations.set(key, (socket) => call(toPeer(socket)));
    return () => void this.#stations.delete(key);
  }

  async connect(address: string, port: number): Promise<TcpPeer> {
    const server = this.#servers.get(port);
    if (server === undefined) throw new Error(`Cannot connect to ${address}:${port}: the plugin does not listen there`);
    const station = new MemorySocket(STATION[address.includes(":") ? 6 : 4], address);
    server.accept(station.join(new MemorySocket(address, station.localAddress)));
    return toPeer(station);
  }
}

function toPeer(socket: MemorySocket): TcpPeer {
  const chunks: Uint8Array[] = [];
  socket.on("data", (chunk: Uint8Array) => chunks.push(Uint8Array.from(chunk)));
  socket.on("error", () => {});
  return {
    get received() {
      return Uint8Array.from(Buffer.concat(chunks));
    },
    get isOpen() {
      return !socket.destroyed && !socket.readableEnded;
    },
    write: (bytes) => void socket.write(bytes),
    close: () => void socket.destroySoon(),
  };
}

/** As much of Node's server as the host uses. */
class MemoryServer extends EventEmitter {
  readonly accept: Accept;
  readonly #release: (server: MemoryServer) => void;
  listening = false;
  port = 0;

  constructor(accept: Accept, release: (server: MemoryServer) => void) {
    super();
    this.accept = accept;
    this.#release = release;
  }

  address(): { port: number } {
    return { port: this.port };
  }

  close(): void {
    this.listening = false;
    this.#release(this);
    this.emit("close");
  }
}

/** As much of Node's socket as the host uses. */
class MemorySocket extends Duplex {
  readonly localAddress: string;
  readonly remoteAddress: string;
  #other: MemorySocket | undefined;

  constructor(localAddress: string, remoteAddress: string) {
    super({ allowHalfOpen: false });
    this.localAddress = localAddress;
    this.remoteAddress = remoteAddress;
  }

  /** Connects the two, and gives the other. */
  join(other: MemorySocket): MemorySocket {
    this.#other = other;
    other.#other = this;
    queueMicrotask(() => this.emit("connect"));
    return other;
  }

  destroySoon(): void {
    this.end(() => this.destroy());
  }

  override _read(): void {}

  override _write(chunk: Uint8Array, _: string, taken: () => void): void {
    this.#other?.push(Buffer.from(chunk));
    taken();
  }

  override _final(done: () => void): void {
    this.#end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#end();
    done(error);
  }

  #end(): void {
    const other = this.#other;
    this.#other = undefined;
    if (other !== undefined && !other.destroyed) other.push(null);
  }
}

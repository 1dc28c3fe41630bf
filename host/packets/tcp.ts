/**
 * Node's TCP sockets, with options that Node does not have.
 *
 * A socket with options is made by the C library and handed to Node before it connects or listens: from then on it is Node's, which closes
 * it. Sockets without options are Node's from the start where there is no such library for us, as on macOS.
 */

import { connect, createServer, type Server, Socket } from "node:net";
import type { Family } from "../rules/vocabulary.ts";
import { toEndpoint } from "./datagram-options.ts";
import { errnoName, type Libc, libc } from "./libc.ts";
import { socketName } from "./socket-name.ts";
import { SO_REUSEADDR, SOL_SOCKET } from "./socket-numbers.ts";
import { setIntOption } from "./sockets.ts";
import { openTcpSocket, owning, setMd5, type TcpOptions } from "./tcp-options.ts";

export interface TcpEndpoint {
  readonly family: Family;
  /** Canonical, without its zone. */
  readonly bare: string;
  /** Name of the link that a link-local address is meant on. */
  readonly zone?: string;
  /** With its zone. */
  readonly text: string;
  readonly port: number;
}

export interface DialOptions extends TcpOptions {
  /** Address that it is to be known by, with its zone. */
  readonly localAddress?: string;
  /** Password of TCP MD5 signatures, 1 to 80 bytes. */
  readonly md5?: string;
}

/** Where connections come from: this machine, or what a test puts there. */
export interface RawTcp {
  dial(to: TcpEndpoint, options: DialOptions): Socket;
  createServer(accept: (socket: Socket) => void): Server;
  listen(server: Server, at: TcpEndpoint, options: TcpOptions): Md5Keys;
}

export const machineTcp: RawTcp = { dial: dialTcp, createServer, listen: listenTcp };

/** A socket that connects: it tells by its events how that ends. Throws where an option is not to be had. */
export function dialTcp({ text, bare, family, port }: TcpEndpoint, { localAddress, md5, ...options }: DialOptions): Socket {
  const to = { host: text, port, ...(localAddress === undefined ? {} : { localAddress }) };
  const asked = names({ ...options, md5 });
  if (asked.length === 0) return connect(to);
  const c = libcFor(asked);
  const fd = openTcpSocket(c, family, options);
  const socket = owning(c, fd, () => {
    if (md5 !== undefined) setMd5(c, fd, bare, md5);
    // Not to be read before it is connected.
    return new Socket({ fd, ...{ manualStart: true } });
  });
  try {
    // In the same turn of the event loop, or it would find itself not connected.
    return socket.connect(to);
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

export interface Md5Keys {
  /** Connections of this address are taken with TCP MD5 signatures from now on, or without. Throws where that is not to be had. */
  setMd5(address: string, password: string | undefined): void;
}

/** Makes a server listen, which tells by its events how that ends. Throws where an option is not to be had, or the address. */
export function listenTcp(server: Server, { text, bare, zone, family, port }: TcpEndpoint, options: TcpOptions): Md5Keys {
  const asked = names({ ...options });
  const c = findLibc();
  if (c === undefined) {
    if (asked.length > 0) libcFor(asked);
    server.listen({ host: text, port, ipv6Only: true });
    return { setMd5: (_, password) => void (password === undefined || libcFor(["md5"])) };
  }
  // A link-local address is bound to its link.
  const device = zone ?? options.device;
  const fd = openTcpSocket(c, family, { ...options, ...(device === undefined ? {} : { device }) });
  owning(c, fd, () => {
    setIntOption(c, fd, SOL_SOCKET, SO_REUSEADDR, 1); // as Node does: connections that have just ended keep the address busy
    const name = socketName(toEndpoint({ address: bare, udpPort: port }));
    if (c.bind(fd, name, name.length) !== 0) throw new Error(`bind gave ${errnoName(c.errno())}`);
  });
  server.listen({ fd });
  return {
    setMd5(address, password) {
      // The number of one that was closed may be another's by now.
      if (server.listening) setMd5(c, fd, address, password);
    },
  };
}

function names(options: Readonly<Record<string, unknown>>): readonly string[] {
  return ["device", "hopLimit", "leastHopLimit", "md5"].filter((name) => options[name] !== undefined);
}

function findLibc(): Libc | undefined {
  try {
    return libc();
  } catch {
    return undefined;
  }
}

function libcFor(options: readonly string[]): Libc {
  try {
    return libc();
  } catch (cause) {
    throw new Error(`this machine cannot set ${options.join(", ")}: ${(cause as Error).message}`, { cause });
  }
}

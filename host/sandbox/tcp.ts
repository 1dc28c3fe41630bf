/** TCP for plugins: every address is checked against the grants before a socket exists. */

import { createServer, connect as dial, type Server, type Socket } from "node:net";
import type { Connection, Net } from "../announcer.ts";
import type { Grants } from "./grants.ts";
import { hostText } from "./host-scope.ts";
import type { Opened } from "./opened.ts";
import { readPeerAddress, readSocketAddress } from "./socket-address.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** How long `close` waits for the peer to take what was written. */
const CLOSE_PATIENCE_MS = 1000;

export function createNet(grants: Grants, opened: Opened): Net {
  return {
    async connect({ address, port, sourceAddress, timeoutMs = CONNECT_TIMEOUT_MS }) {
      const to = readPeerAddress(address);
      const source = sourceAddress === undefined ? {} : { localAddress: readSocketAddress(sourceAddress).text };
      grants.demand({ kind: "net", host: hostText(to.bare, port) });
      if (opened.hasEnded) throw opened.ended();
      const socket = dial({ host: to.text, port, ...source });
      const connection = wrap(socket, opened);
      await connected(socket, hostText(to.text, port), timeoutMs);
      return connection;
    },
    async listen({ address, port }, accept) {
      const at = readSocketAddress(address);
      grants.demand({ kind: "listen", host: hostText(at.bare, port) });
      if (opened.hasEnded) throw opened.ended();
      const server = createServer((socket) => accept(wrap(socket, opened)));
      const close = opened.add(() => server.close());
      // Some versions of Node listen after all where the address was still being looked at when the server was closed.
      server.once("listening", () => opened.hasEnded && server.close());
      try {
        await listening(server, { host: at.text, port, ipv6Only: true });
      } catch (error) {
        close();
        throw new Error(`Cannot listen on ${hostText(at.text, port)}: ${(error as Error).message}`, { cause: error });
      }
      return { port: (server.address() as { port: number }).port, setMd5: () => {}, close };
    },
  };
}

/** Settles in every case: connected, refused, too late, or closed with the plugin. */
async function connected(socket: Socket, to: string, timeoutMs: number): Promise<void> {
  const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      let failure = new Error("closed meanwhile");
      socket.once("connect", resolve);
      socket.once("error", (error) => (failure = error));
      socket.once("close", () => reject(failure));
    });
  } catch (error) {
    throw new Error(`Cannot connect to ${to}: ${(error as Error).message}`, { cause: error });
  } finally {
    clearTimeout(timer);
  }
}

/** Errors of a server that listens (no file descriptor for a connection) lose that connection and nothing else. */
async function listening(server: Server, options: { host: string; port: number; ipv6Only: boolean }): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.on("error", reject);
    server.once("close", () => reject(new Error("closed meanwhile")));
    server.listen(options, resolve);
  });
}

function wrap(socket: Socket, opened: Opened): Connection {
  let failure: Error | undefined;
  let { localAddress = "", remoteAddress = "" } = socket;
  const close = opened.add(() => socket.destroy());
  socket.once("connect", () => ({ localAddress = "", remoteAddress = "" } = socket));
  socket.on("error", (error) => (failure = error));
  socket.once("close", close);
  return {
    get localAddress() {
      return localAddress;
    },
    get remoteAddress() {
      return remoteAddress;
    },
    get pendingBytes() {
      return socket.writableLength;
    },
    write: (bytes, taken) => void (socket.writable && socket.write(bytes, (error) => error ?? taken?.())),
    onData: (call) => void socket.on("data", call),
    onClose(call) {
      if (socket.closed) queueMicrotask(() => call(failure));
      else socket.once("close", () => call(failure));
    },
    close() {
      const timer = setTimeout(() => socket.destroy(), CLOSE_PATIENCE_MS);
      socket.once("close", () => clearTimeout(timer));
      socket.destroySoon();
    },
  };
}

/** TCP for plugins: every address is checked against the grants before a socket exists. */

import type { Server, Socket } from "node:net";
import { type Connection, type Net, NotCapable } from "../../announcer.ts";
import { machineTcp, type RawTcp } from "../../packets/tcp.ts";
import type { Opened } from "../opened.ts";
import type { Grants } from "../permissions/grants.ts";
import { hostText } from "../permissions/host-scope.ts";
import { noSecrets, readPassword, type SecretSource } from "./secrets.ts";
import { readPeerAddress, readSocketAddress } from "./socket-address.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** How long `close` waits for the peer to take what was written. */
const CLOSE_PATIENCE_MS = 1000;

export function createNet(grants: Grants, opened: Opened, secrets: SecretSource = noSecrets, raw: RawTcp = machineTcp): Net {
  return {
    async connect({ address, port, sourceAddress, timeoutMs = CONNECT_TIMEOUT_MS, md5, ...options }) {
      const to = readPeerAddress(address);
      const source = sourceAddress === undefined ? {} : { localAddress: readSocketAddress(sourceAddress).text };
      grants.demand({ kind: "net", host: hostText(to.bare, port) });
      const key = md5 === undefined ? {} : { md5: readPassword(md5, grants, secrets) };
      if (opened.hasEnded) throw opened.ended();
      try {
        const socket = raw.dial({ ...to, port }, { ...options, ...source, ...key });
        const connection = wrap(socket, opened);
        await connected(socket, timeoutMs);
        return connection;
      } catch (cause) {
        throw new Error(`Cannot connect to ${hostText(to.text, port)}: ${(cause as Error).message}`, { cause });
      }
    },
    async listen({ address, port, ...options }, accept) {
      const at = readSocketAddress(address);
      grants.demand({ kind: "listen", host: hostText(at.bare, port) });
      if (opened.hasEnded) throw opened.ended();
      const server = raw.createServer((socket) => accept(wrap(socket, opened)));
      const close = opened.add(() => server.close());
      // Some versions of Node listen after all where the address was still being looked at when the server was closed.
      server.once("listening", () => opened.hasEnded && server.close());
      try {
        const { setMd5 } = await listening(server, () => raw.listen(server, { ...at, port }, options));
        const chosen = (server.address() as { port: number }).port;
        grants.demandNotDenied({ kind: "listen", host: hostText(at.bare, chosen) });
        return {
          port: chosen,
          setMd5: (peer, md5) => setMd5(readPeer(peer, at.family), md5 && readPassword(md5, grants, secrets)),
          close,
        };
      } catch (cause) {
        close();
        if (cause instanceof NotCapable) throw cause;
        throw new Error(`Cannot listen on ${hostText(at.text, port)}: ${(cause as Error).message}`, { cause });
      }
    },
  };
}

function readPeer(text: string, family: 4 | 6): string {
  const { bare, family: found } = readPeerAddress(text);
  if (found !== family) throw new Error(`Cannot sign for ${bare}: the listener takes IPv${family} connections only`);
  return bare;
}

/** Settles in every case: connected, refused, too late, or closed with the plugin. */
async function connected(socket: Socket, timeoutMs: number): Promise<void> {
  const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    await new Promise<void>((resolve, reject) => {
      let failure = new Error("closed meanwhile");
      socket.once("connect", resolve);
      socket.once("error", (error) => (failure = error));
      socket.once("close", () => reject(failure));
    });
  } finally {
    clearTimeout(timer);
  }
}

/** Errors of a server that listens (no file descriptor for a connection) lose that connection and nothing else. */
async function listening<Result>(server: Server, listen: () => Result): Promise<Result> {
  return new Promise((resolve, reject) => {
    server.on("error", reject);
    server.once("close", () => reject(new Error("closed meanwhile")));
    const result = listen();
    server.once("listening", () => resolve(result));
  });
}

function wrap(socket: Socket, opened: Opened): Connection {
  let failure: Error | undefined;
  let { localAddress = "", remoteAddress = "" } = socket;
  const close = opened.add(() => socket.destroy());
  socket.once("connect", () => ({ localAddress = "", remoteAddress = "" } = socket));
  socket.on("error", (error) => (failure = error));
  socket.once("close", close);
  let waits = 0;
  const whileWaiting = (result: unknown): void => {
    if (!(result instanceof Promise)) return;
    waits += 1;
    socket.pause();
    void result.catch(() => {}).then(() => --waits === 0 && socket.resume());
  };
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
    onData: (call) => void socket.on("data", (bytes) => whileWaiting(call(bytes))),
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

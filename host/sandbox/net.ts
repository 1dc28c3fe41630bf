/** TCP and UDP for plugins: every address is checked against the grants before a socket exists. */

import { createSocket } from "node:dgram";
import { createServer, connect as dial, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import type { Connection, Net, Udp } from "../announcer.ts";
import { parseAddress } from "../rules/addresses.ts";
import type { Grants } from "./grants.ts";

const CONNECT_TIMEOUT_MS = 10_000;

/** What must be closed when the plugin ends. */
export type Open = Set<{ close(): void }>;

function hostPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Grants are for addresses: a name could resolve to something else between the check and the use. */
function demandAddress(address: string): void {
  if (parseAddress(address) === undefined) throw new Error(`Cannot use "${address}" as an address: expected an IPv4 or IPv6 address`);
}

export function createNet(grants: Grants, open: Open): Net {
  return {
    async connect({ address, port, sourceAddress, timeoutMs = CONNECT_TIMEOUT_MS }) {
      demandAddress(address);
      grants.demand({ kind: "net", host: hostPort(address, port) });
      const socket = dial({ host: address, port, ...(sourceAddress === undefined ? {} : { localAddress: sourceAddress }) });
      const connection = wrap(socket, open);
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => socket.destroy(new Error(`Cannot connect to ${hostPort(address, port)}: no answer within ${timeoutMs} ms`)), timeoutMs);
        socket.once("connect", () => {
          clearTimeout(timer);
          resolve(connection);
        });
        socket.once("error", (error) => {
          clearTimeout(timer);
          reject(error);
        });
      });
    },
    async listen({ address, port }, accept) {
      demandAddress(address);
      grants.demand({ kind: "listen", host: hostPort(address, port) });
      const server = createServer((socket) => accept(wrap(socket, open)));
      const closer = { close: () => void server.close() };
      await new Promise<void>((resolve, reject) => {
        server.once("error", reject);
        server.listen({ host: address, port }, resolve);
      });
      open.add(closer);
      return { port: (server.address() as { port: number }).port, close: closer.close };
    },
  };
}

function wrap(socket: Socket, open: Open): Connection {
  const closer = { close: () => void socket.destroy() };
  let failure: Error | undefined;
  open.add(closer);
  socket.on("error", (error) => (failure = error));
  socket.on("close", () => open.delete(closer));
  return {
    get localAddress() {
      return socket.localAddress ?? "";
    },
    get remoteAddress() {
      return socket.remoteAddress ?? "";
    },
    write: (bytes) => void socket.write(bytes),
    onData: (call) => void socket.on("data", call),
    onClose: (call) => void socket.once("close", () => call(failure)),
    close: closer.close,
  };
}

export function createUdp(grants: Grants, open: Open): Udp {
  return {
    async open({ address, port, reuse = false }) {
      demandAddress(address);
      grants.demand({ kind: "udp", host: hostPort(address, port) });
      const isIPv6 = address.includes(":");
      const socket = createSocket({ type: isIPv6 ? "udp6" : "udp4", reuseAddr: reuse });
      const closer = { close: () => void (open.delete(closer) && socket.close()) };
      await new Promise<void>((resolve, reject) => {
        socket.once("error", reject);
        socket.bind({ address, port }, resolve);
      });
      open.add(closer);
      return {
        port: socket.address().port,
        send(bytes, to) {
          grants.demand({ kind: "udp", host: hostPort(to.address, to.port) });
          socket.send(bytes, to.port, to.address);
        },
        onMessage: (call) => void socket.on("message", (bytes, from) => call(bytes, { address: from.address, port: from.port })),
        join(group, link) {
          grants.demand({ kind: "udp", host: hostPort(group, socket.address().port) });
          socket.addMembership(group, isIPv6 ? `::%${link}` : linkAddress(link));
        },
        close: closer.close,
      };
    },
  };
}

/** Node names the link of an IPv4 group by one of its addresses. */
function linkAddress(link: string): string {
  const address = networkInterfaces()[link]?.find(({ family }) => family === "IPv4")?.address;
  if (address === undefined) throw new Error(`Cannot join a group on ${link}: it has no IPv4 address`);
  return address;
}

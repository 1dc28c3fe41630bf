/** Node's UDP sockets, also on one link, which Node cannot bind to: made by the C library, then Node's, which closes them. */

import { createSocket, type Socket } from "node:dgram";
import { networkInterfaces } from "node:os";
import type { Family } from "../rules/vocabulary.ts";
import { openDatagramSocket } from "./datagram-socket.ts";
import { libc } from "./libc.ts";
import { owning } from "./tcp-options.ts";

/** Where sockets come from: this machine, or what a test puts there. */
export interface RawUdp {
  /** One that is not bound. */
  create(family: Family, reuse: boolean): Socket;
  /** It tells by its events how that ends. May throw one clear line. */
  bind(socket: Socket, to: UdpEndpoint): void;
  join(socket: Socket, group: string, link: string): void;
}

export interface UdpEndpoint extends Omit<DeviceEndpoint, "device"> {
  readonly device?: string;
  /** With its zone. */
  readonly text: string;
}

export const machineUdp: RawUdp = {
  create: (family, reuse) => createSocket({ type: family === 6 ? "udp6" : "udp4", reuseAddr: reuse, ipv6Only: family === 6 }),
  bind(socket, { device, text, ...endpoint }) {
    if (device !== undefined) return bindToDevice(socket, { device, ...endpoint });
    const { port, hopLimit } = endpoint;
    if (hopLimit !== undefined) {
      socket.once("listening", () => {
        socket.setTTL(hopLimit);
        socket.setMulticastTTL(hopLimit);
      });
    }
    socket.bind({ address: text, port });
  },
  join: (socket, group, link) => socket.addMembership(group, group.includes(":") ? `::%${link}` : linkAddress(link)),
};

/** Node names the link of an IPv4 group by one of its addresses. */
function linkAddress(link: string): string {
  const address = networkInterfaces()[link]?.find(({ family }) => family === "IPv4")?.address;
  if (address === undefined) throw new Error(`Cannot join a group on ${link}: it has no IPv4 address`);
  return address;
}

export interface DeviceEndpoint {
  readonly device: string;
  /** Without a zone. */
  readonly address: string;
  readonly port: number;
  readonly reuse: boolean;
  /** Of what is sent, multicast included. Default: the kernel's. */
  readonly hopLimit?: number;
}

/**
 * Binds a socket, which tells by its events that it is. Throws one clear line where that is not to be had. Node takes the socket for one of
 * IPv4 from then on: of its setters, those of membership work for both families.
 */
export function bindToDevice(socket: Socket, { device, port, ...options }: DeviceEndpoint): void {
  const c = libc();
  const { fd } = openDatagramSocket(c, { ...options, udpPort: port, link: { name: device, index: 0 } });
  owning(c, fd, () => socket.bind({ fd }));
}

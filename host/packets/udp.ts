/** Node's UDP sockets on one link, which Node cannot bind to: made by the C library, then Node's, which closes them. */

import type { Socket } from "node:dgram";
import { openDatagramSocket } from "./datagram-socket.ts";
import { libc } from "./libc.ts";
import { owning } from "./tcp-options.ts";

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

/** UDP for plugins: where a socket is bound, what it sends to and which groups it joins are checked against the grants. */

import type { Socket } from "node:dgram";
import { NotCapable, type Udp, type UdpSocket } from "../../announcer.ts";
import { machineUdp, type RawUdp } from "../../packets/udp.ts";
import type { Opened } from "../opened.ts";
import type { Grants } from "../permissions/grants.ts";
import { hostText } from "../permissions/host-scope.ts";
import { readPeerAddress, readSocketAddress, type SocketAddress } from "./socket-address.ts";

export function createUdp(grants: Grants, opened: Opened, raw: RawUdp = machineUdp): Udp {
  const demand: Demand = (address, port) => {
    grants.demand({ kind: "udp", host: hostText(address.bare, port) });
    return address.text;
  };
  return {
    async open({ address, port, reuse = false, device, hopLimit }) {
      const at = readSocketAddress(address);
      demand(at, port);
      const problem = problemOf(at, device, hopLimit);
      if (problem !== undefined) throw new Error(`Cannot open UDP on ${hostText(at.text, port)}: ${problem}`);
      if (opened.hasEnded) throw opened.ended();
      const socket = raw.create(at.family, reuse);
      const close = opened.add(() => socket.close());
      try {
        const more = { ...(device !== undefined && { device }), ...(hopLimit !== undefined && { hopLimit }) };
        await bound(socket, () => raw.bind(socket, { text: at.text, address: at.bare, port, reuse, ...more }));
        grants.demandNotDenied({ kind: "udp", host: hostText(at.bare, socket.address().port) });
      } catch (error) {
        close();
        if (device !== undefined || error instanceof NotCapable) throw error; // it says all that
        throw new Error(`Cannot open UDP on ${hostText(at.text, port)}: ${(error as Error).message}`, { cause: error });
      }
      return toUdpSocket(socket, raw, demand, close);
    },
  };
}

function problemOf({ zone }: SocketAddress, device: string | undefined, hopLimit = 1): string | undefined {
  if (zone !== undefined && device !== undefined) return `found a zone and device ${device}, expected one of them`;
  if (!(Number.isInteger(hopLimit) && hopLimit >= 1 && hopLimit <= 255)) return `found hopLimit ${hopLimit}, expected 1 to 255`;
  return undefined;
}

const MOST_QUEUED_BYTES = 1024 * 1024;

/** Gives the text of an address that the plugin may use. */
type Demand = (address: SocketAddress, port: number) => string;

/** Settles in every case: bound, refused, or closed with the plugin. */
async function bound(socket: Socket, bind: () => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    // Later errors are those of single datagrams (no route, a queue that is full): the network loses some anyway.
    socket.on("error", reject);
    socket.once("close", () => reject(new Error("closed meanwhile")));
    socket.once("listening", resolve);
    bind();
  });
}

function toUdpSocket(socket: Socket, raw: RawUdp, demand: Demand, close: () => void): UdpSocket {
  const { port } = socket.address();
  return {
    port,
    send(bytes, to) {
      const address = demand(readPeerAddress(to.address), to.port);
      // As the kernel's queue, Node's is not without an end: a plugin may send faster than the link.
      if (socket.getSendQueueSize() < MOST_QUEUED_BYTES) socket.send(bytes, to.port, address);
    },
    onMessage: (call) => void socket.on("message", (bytes, from) => call(bytes, { address: from.address, port: from.port })),
    join(group, link) {
      raw.join(socket, demand(readPeerAddress(group), port), link);
    },
    close,
  };
}

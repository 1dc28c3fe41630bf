/** UDP, one word a datagram either way. */

import type { Udp, UdpSocket } from "../../../announcer.ts";
import type { Methods } from "../../cell/channel.ts";
import { type FarSide, ownBytes } from "../far-side.ts";
import type { Lender } from "../lender.ts";
import { bytes, flag, object, optional, whole } from "../read.ts";
import { Stream } from "../stream.ts";
import { address, handle, linkName, newHandle, port } from "./addresses.ts";

const LONGEST_DATAGRAM = 65_535;
const options = object({
  address,
  port,
  reuse: optional(flag),
  device: optional(linkName),
  hopLimit: optional(whole(0, 255)),
});
const receiver = object({ address, port });
type Sender = Parameters<Parameters<UdpSocket["onMessage"]>[0]>[1];

export function lendUdp(lender: Lender): Methods {
  const { context, handles } = lender;
  const socketOf = (id: number) => handles.get<UdpSocket>(id, "UDP socket");
  return {
    "udp.open": lender.called([newHandle, options], async (id, wanted) => {
      const socket = await handles.open(id, "UDP socket", () => context.udp.open(wanted));
      socket.onMessage((message, from) => lender.sprinkle(id, "datagram", [message, { ...from }], message));
      return socket.port;
    }),
    "udp.send": lender.told("a datagram", [handle, bytes(LONGEST_DATAGRAM), receiver], (id, message, to) => socketOf(id).send(message, to)),
    "udp.join": lender.told("to join a group", [handle, address, linkName], (id, group, link) => socketOf(id).join(group, link)),
  };
}

export function borrowUdp(far: FarSide): Udp {
  return {
    async open({ address, port, reuse, device, hopLimit }) {
      const datagrams = new Stream<[Uint8Array, Sender]>(far, "onMessage");
      const id = far.open({ datagram: (message, from) => datagrams.push(message as Uint8Array, from as unknown as Sender) });
      datagrams.id = id;
      let bound: unknown;
      try {
        bound = await far.call("udp.open", id, { address, port, reuse, device, hopLimit });
      } catch (error) {
        far.forget(id);
        throw error;
      }
      return far.harden<UdpSocket>({
        port: bound as number,
        send: (message, { address, port }) => far.tell("udp.send", id, ownBytes(message), { address, port }),
        onMessage: (call) => datagrams.listen(call),
        join: (group, link) => far.tell("udp.join", id, group, link),
        close: far.closer(id),
      });
    },
  };
}

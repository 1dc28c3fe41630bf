/** Inside a private network: a host on the switch that sends requests of every kind, byte by byte, and notes all that comes back. */

import { openFrameTap } from "../../packets/frame-tap.ts";
import { libc } from "../../packets/libc.ts";
import { openSendSocket } from "../../packets/sockets.ts";
import { NEIGHBOR_FILTERS } from "../lab/neighbor-frames.ts";
import { ipBatch, linkIndex, type PrivateNetwork } from "../private-network.ts";
import { CLIENT6 } from "../testing/ndp-frames.ts";
import { CLIENT } from "../testing/program-station.ts";

const LINK = "station0";

/** Its kernel has the addresses too, so that whoever does not know its MAC can ask for it. */
export const STATION = { mac: CLIENT.mac, ipv4: CLIENT.address, ipv6: CLIENT6.address, linkLocal: "fe80::c1" };

export class Station {
  readonly frames: Uint8Array[] = [];
  readonly #fd: number;

  constructor({ bridge }: PrivateNetwork) {
    ipBatch([
      `link add ${LINK} address ${STATION.mac} type veth peer name ${LINK}-port`,
      `link set ${LINK} addrgenmode none up`,
      `link set ${LINK}-port master ${bridge} up`,
      `address add ${STATION.ipv4}/24 dev ${LINK}`,
      ...[`${STATION.ipv6}/64`, `${STATION.linkLocal}/64`].map((address) => `address add ${address} dev ${LINK} nodad`),
    ]);
    const link = { name: LINK, index: linkIndex(LINK) };
    for (const filter of NEIGHBOR_FILTERS) openFrameTap(libc(), link, (frame) => this.frames.push(frame), filter);
    this.#fd = openSendSocket(libc(), link);
  }

  send(frame: Uint8Array): void {
    if (libc().send(this.#fd, frame, frame.length, 0) !== frame.length) throw new Error(`Cannot send on ${LINK}`);
  }
}

/** A machine beside the announcer that resolves IPv6 addresses, as a kernel would. */

import { codec, type Fields } from "../../packets/codec/codec.ts";
import { frameFilter } from "../../packets/filter.ts";
import { ALL_NODES, advertise, CLIENT6, solicit } from "../testing/ndp-frames.ts";
import type { Outside } from "./play.ts";
import type { Stage } from "./stage.ts";
import { turns } from "./turns.ts";

const advertisement = codec("neighbor-advertisement");

export interface NdpAnswer {
  readonly mac: string;
  /** To whom the frame was sent. */
  readonly destination: string;
}

export interface NdpNeighbor extends Outside {
  /** Every answer to one solicitation; `fields` change it. */
  ask(vip: string, fields?: Partial<Fields>): Promise<NdpAnswer[]>;
  /** MACs in the unsolicited advertisements heard of a VIP. */
  heard(vip: string): readonly string[];
  /** Announces the VIP as this machine's own. */
  claim(vip: string, mac?: string): void;
}

export function ndpNeighbor(stage: Stage): NdpNeighbor {
  const frames: Fields[] = [];
  const match = frameFilter({ etherType: 0x86dd, ipProtocol: 58 });
  const station = stage.segment.join({ name: "neighbor", mac: CLIENT6.mac }, match, (frame) => {
    const decoded = advertisement.decode(frame);
    if (decoded.ok) frames.push(decoded.fields);
  });
  const ask: NdpNeighbor["ask"] = async (vip, fields = {}) => {
    const from = frames.length;
    station.transmit(solicit(vip, fields));
    await turns();
    return frames
      .slice(from)
      .filter(({ targetAddress, destination }) => targetAddress === vip && destination === CLIENT6.mac)
      .map(({ targetLinkLayerAddress, destination }) => ({ mac: String(targetLinkLayerAddress), destination: String(destination) }));
  };
  return {
    ask,
    knows: async (vip) => (await ask(vip)).length > 0,
    heard: (vip) =>
      frames
        .filter(({ targetAddress, destination }) => targetAddress === vip && destination === ALL_NODES.mac)
        .map(({ targetLinkLayerAddress }) => String(targetLinkLayerAddress)),
    claim: (vip, mac = CLIENT6.mac) => station.transmit(advertise(vip, mac)),
    close: () => station.leave(),
  };
}

/** A machine beside the announcer that resolves IPv4 addresses, as a kernel would. */

import { codec } from "../../packets/codec/codec.ts";
import { frameFilter } from "../../packets/filter.ts";
import type { Outside } from "./play.ts";
import type { Stage } from "./stage.ts";
import { turns } from "./turns.ts";

const ETHERTYPE_ARP = 0x0806;
const MAC = "02:00:00:00:ff:01";
const ADDRESS = "192.0.2.254";
const arp = codec("arp");

export interface Reply {
  readonly mac: string;
  /** To whom the frame was sent. */
  readonly destination: string;
}

export interface ArpNeighbor extends Outside {
  /** Every reply to one request; `fields` change the request. */
  ask(vip: string, fields?: Readonly<Record<string, string | number>>): Promise<Reply[]>;
  /** Gratuitous frames heard for a VIP: `request` or `reply`, and whose. */
  heard(vip: string): readonly { readonly operation: "request" | "reply"; readonly mac: string }[];
  /** Announces the VIP as this machine's own. */
  claim(vip: string, mac?: string): void;
}

export function arpNeighbor(stage: Stage): ArpNeighbor {
  const frames: Readonly<Record<string, string | number>>[] = [];
  const station = stage.segment.join({ name: "neighbor", mac: MAC }, frameFilter({ etherType: ETHERTYPE_ARP }), (frame) => {
    const decoded = arp.decode(frame);
    if (decoded.ok) frames.push(decoded.fields);
  });
  const send = (fields: Readonly<Record<string, string | number>>): void => {
    const encoded = arp.encode({ destination: "ff:ff:ff:ff:ff:ff", source: MAC, trailingBytes: 18, ...fields });
    if (!encoded.ok) throw new Error(`Cannot send ${JSON.stringify(fields)}: ${encoded.meaning}`);
    station.transmit(encoded.bytes);
  };
  const ask: ArpNeighbor["ask"] = async (vip, fields = {}) => {
    const from = frames.length;
    send({ operation: 1, senderMac: MAC, senderAddress: ADDRESS, targetMac: "00:00:00:00:00:00", targetAddress: vip, ...fields });
    await turns();
    const isReply = (frame: (typeof frames)[number]) =>
      frame["operation"] === 2 && frame["senderAddress"] === vip && frame["targetMac"] === MAC;
    return frames
      .slice(from)
      .filter(isReply)
      .map(({ senderMac, destination }) => ({ mac: String(senderMac), destination: String(destination) }));
  };
  return {
    ask,
    knows: async (vip) => (await ask(vip)).length > 0,
    heard: (vip) =>
      frames
        .filter(({ senderAddress, targetAddress }) => senderAddress === vip && targetAddress === vip)
        .map(({ operation, senderMac }) => ({ operation: operation === 1 ? "request" : "reply", mac: String(senderMac) })),
    claim: (vip, mac = MAC) =>
      send({ operation: 1, source: mac, senderMac: mac, senderAddress: vip, targetMac: "ff:ff:ff:ff:ff:ff", targetAddress: vip }),
    close: () => station.leave(),
  };
}

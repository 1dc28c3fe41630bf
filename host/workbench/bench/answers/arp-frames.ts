/** ARP requests of the load generator, and the replies that are right: RFC 826 "Packet Generation" and "Packet Reception". */
import { arpFrame, BROADCAST } from "../../testing/program-station.ts";
import type { Family } from "./family.ts";

const ARP = { etherType: 0x0806 };
const REPLY = 2;

/** The last 16 bits of ar$spa and ar$tpa, behind an Ethernet header: whose the packet is, and whom it asks or tells. */
const SENDER_ADDRESS = 30;
const TARGET_ADDRESS = 40;

export const arpFamily: Family = {
  name: "arp",
  firstVip: "10.64.0.0",
  prefix: "10.64.0.0/16",
  addressBytes: 4,
  stations: {
    generator: { mac: "02:00:00:00:00:01", address: "192.0.2.1" },
    responder: { mac: "02:00:00:00:00:02", address: "192.0.2.2" },
  },
  asked: ARP,
  answered: ARP,
  requestBytes: 42,
  strideBytes: 64,
  variesAt: [TARGET_ADDRESS],
  address: vipAddress,
  writeRequest: ({ generator }, vip) =>
    arpFrame({ senderMac: generator.mac, senderAddress: generator.address, targetAddress: vipAddress(vip) }),
  shapeReply: ({ generator, responder }, { toAll = false }) => ({
    bytes: arpFrame({
      ...{ destination: toAll ? BROADCAST : generator.mac, operation: REPLY, senderMac: responder.mac, senderAddress: vipAddress(0) },
      ...{ targetMac: generator.mac, targetAddress: generator.address },
    }),
    vipAt: [SENDER_ADDRESS],
  }),
};

export function vipAddress(vip: number): string {
  return `10.64.${vip >>> 8}.${vip & 0xff}`;
}

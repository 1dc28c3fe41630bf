/** ARP requests of the load generator, and the replies that are right: RFC 826 "Packet Generation" and "Packet Reception". */

import type { Instruction } from "../../../packets/filter.ts";
import { arpFrame, BROADCAST } from "../../testing/program-station.ts";
import type { Family } from "./family.ts";

const REPLY = 2;
const SOURCE = 6;
const ETHERTYPE = 12;
const OPERATION = 20;
const LOAD_HALF = 0x28;
const JUMP_EQUAL = 0x15;
const RETURN = 0x06;
/** Classic BPF: linux/filter.h. A peer asks, too, so that the operation tells. */
const replies: readonly Instruction[] = [
  [LOAD_HALF, 0, 0, ETHERTYPE],
  [JUMP_EQUAL, 0, 3, 0x0806],
  [LOAD_HALF, 0, 0, OPERATION],
  [JUMP_EQUAL, 0, 1, REPLY],
  [RETURN, 0, 0, 0x40000],
  [RETURN, 0, 0, 0],
];
const ARP = { etherType: 0x0806 };

/** ar$sha, ar$spa and ar$tpa, behind an Ethernet header: whose the packet is, and whom it asks or tells. */
const SENDER_MAC = 22;
const SENDER_ADDRESS = 28;
export const TARGET_ADDRESS = 38;
const FIRST_VIP = 0x0a400000;

export const arpFamily: Family = {
  name: "arp",
  firstVip: vipAddress(0),
  prefix: `${vipAddress(0)}/16`,
  addressBytes: 4,
  firstWord: FIRST_VIP,
  stations: {
    generator: { mac: "02:00:00:00:00:01", address: "192.0.2.1" },
    responder: { mac: "02:00:00:00:00:02" },
  },
  responderAddress: "192.0.2.2",
  asked: ARP,
  answers: replies,
  requestBytes: 42,
  strideBytes: 64,
  variesAt: [TARGET_ADDRESS + 2],
  address: vipAddress,
  writeRequest: ({ generator }, vip) =>
    arpFrame({ senderMac: generator.mac, senderAddress: generator.address, targetAddress: vipAddress(vip) }),
  shapeReply: ({ generator, responder }, { toAll = false }) => ({
    bytes: arpFrame({
      ...{ destination: toAll ? BROADCAST : generator.mac, operation: REPLY, senderMac: responder.mac, senderAddress: vipAddress(0) },
      ...{ targetMac: toAll ? BROADCAST : generator.mac, targetAddress: generator.address },
    }),
    vipAt: [SENDER_ADDRESS],
  }),
};

/** The first is 10.64.0.0. */
export function vipAddress(vip: number): string {
  const address = FIRST_VIP + vip;
  return [24, 16, 8, 0].map((shift) => (address >>> shift) & 0xff).join(".");
}

/** The frame at `at` is one of RFC 5227 §3 "ARP Announcements" by the station with that MAC: a request or a reply for its own address. */
export function isAnnouncement(memory: Uint8Array, at: number, mac: Uint8Array): boolean {
  const isFrom = (from: number) => mac.every((octet, octetAt) => memory[at + from + octetAt] === octet);
  const isSame = [0, 1, 2, 3].every((octet) => memory[at + SENDER_ADDRESS + octet] === memory[at + TARGET_ADDRESS + octet]);
  return isSame && isFrom(SOURCE) && isFrom(SENDER_MAC);
}

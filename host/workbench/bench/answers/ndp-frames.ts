/**
 * Neighbor Solicitations of the load generator, and the advertisements that are right answers to them.
 *
 * Each goes to the solicited-node group of its VIP with the asker's MAC in it, as a station asks that knows nothing yet (RFC 4861 §7.2.2
 * "Sending Neighbor Solicitations"). An answer names the VIP and the responder's MAC, and says that it was asked for (§7.2.4 "Sending Solicited
 * Neighbor Advertisements").
 */
import { frameFilter } from "../../../packets/filter.ts";
import { advertise, solicit } from "../../testing/ndp-frames.ts";
import type { Family } from "./family.ts";

const IPV6 = { etherType: 0x86dd, ipProtocol: 58 };
const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const SOLICITED = 0x40;
const OVERRIDE = 0x20;
const PREFIX = "2001:db8:64::";

/** The last octets of addresses and of a group's MAC, behind an Ethernet header. */
const GROUP_MAC_END = 6;
const SOURCE_END = 38;
const GROUP_END = 54;
const CHECKSUM = 56;
const FLOW_LABEL = [15, 16, 17];
const TARGET_END = 78;

export const ndpFamily: Family = {
  name: "ndp",
  firstVip: PREFIX,
  prefix: `${PREFIX}/112`,
  addressBytes: 16,
  firstWord: 0,
  stations: {
    generator: { mac: "02:00:00:00:00:01", address: "2001:db8::1" },
    responder: { mac: "02:00:00:00:00:02" },
  },
  responderAddress: "2001:db8::2",
  asked: { ...IPV6, icmpTypes: [SOLICITATION, ADVERTISEMENT] },
  answers: frameFilter({ ...IPV6, icmpTypes: [ADVERTISEMENT] }),
  requestBytes: 86,
  strideBytes: 128,
  variesAt: [GROUP_MAC_END - 2, GROUP_END - 2, CHECKSUM, TARGET_END - 2],
  address,
  writeRequest: ({ generator }, vip) => solicit(address(vip), { source: generator.mac, sourceAddress: generator.address }),
  shapeReply: ({ generator, responder }, { flags = SOLICITED | OVERRIDE, from }) => ({
    bytes: advertise(address(0), responder.mac, {
      ...{ destination: generator.mac, sourceAddress: from ?? address(0), destinationAddress: generator.address, flags },
    }),
    vipAt: (from === undefined ? [TARGET_END, SOURCE_END] : [TARGET_END]).map((end) => end - 4),
    checksumAt: CHECKSUM,
    free: from === undefined ? [] : FLOW_LABEL,
  }),
};

function address(vip: number): string {
  return vip === 0 ? PREFIX : `${PREFIX}${vip.toString(16)}`;
}

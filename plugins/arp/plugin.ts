/**
 * ARP: makes IPv4 VIPs answer on the segments that this node is on.
 *
 * In come announcements, out go rows of the packet program (`wasm/programs/arp.ts`), which from then on answers requests and
 * announces itself without us. What is remembered is the program's table; nothing outlives the process, so there is
 * nothing to hold across a restart, and a stop is silence.
 *
 * Follows RFC 826 and RFC 5227 as far as the program says; bursts of five rounds, 1.1 s apart, as MetalLB.
 */

import { announceOnSegments, definePlugin, grantedLinks, SEGMENT_CONFIG, type SegmentConfig } from "../../host/announcer.ts";

const ETHERTYPE_ARP = 0x0806;

export default definePlugin<SegmentConfig>({
  name: "arp",
  api: 1,
  from: "owner",
  serves: { kind: "L2Advertisement", families: [4] },
  config: SEGMENT_CONFIG,
  example: { interfaces: ["eth0"] },
  permissions: (config) => grantedLinks(config).map((link) => ({ kind: "frame", link, etherType: ETHERTYPE_ARP })),
  program: "arp",
  start: announceOnSegments,
});

/**
 * NDP: makes IPv6 VIPs answer on the segments that this node is on.
 *
 * In come announcements, out go rows of the packet program (`wasm/programs/ndp.ts`), which from then on answers solicitations and
 * announces itself without us. The host joins the solicited-node group of each row before the program has it. What is remembered is the
 * program's table; nothing outlives the process, so there is nothing to hold across a restart, and a stop is silence.
 *
 * Follows RFC 4861 and RFC 4862 as far as the program says; bursts of five rounds, 1.1 s apart, as MetalLB.
 */

import { announceOnSegments, definePlugin, grantedLinks, SEGMENT_CONFIG, type SegmentConfig } from "../../host/announcer.ts";

const ETHERTYPE_IPV6 = 0x86dd;
const ICMPV6 = 58;

export default definePlugin<SegmentConfig>({
  name: "ndp",
  api: 1,
  from: "owner",
  serves: { kind: "L2Advertisement", families: [6] },
  config: SEGMENT_CONFIG,
  example: { interfaces: ["eth0"] },
  permissions: (config) => grantedLinks(config).map((link) => ({ kind: "frame", link, etherType: ETHERTYPE_IPV6, ipProtocol: ICMPV6 })),
  program: "ndp",
  start: announceOnSegments,
});

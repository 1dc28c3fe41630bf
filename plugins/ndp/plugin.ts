/**
 * NDP: makes IPv6 VIPs answer on the segments that this node is on.
 *
 * In come announcements, out go rows of the packet program (`wasm/programs/ndp.ts`), which from then on answers solicitations and
 * announces itself without us. The host joins the solicited-node group of each row before the program has it. What is remembered is the
 * program's table; nothing outlives the process, so there is nothing to hold across a restart, and a stop is silence.
 *
 * Follows RFC 4861 and RFC 4862 as far as the program says; bursts of five rounds, 1.1 s apart, as MetalLB.
 */

import { type Announcement, DEFAULT_EXCLUDE, definePlugin, followLinks, type ProgramRow } from "../../host/announcer.ts";

export interface NdpConfig {
  readonly interfaces?: readonly string[];
  readonly exclude?: readonly string[];
}

const ETHERTYPE_IPV6 = 0x86dd;
const ICMPV6 = 58;

export default definePlugin<NdpConfig>({
  name: "ndp",
  api: 1,
  from: "owner",
  serves: { kind: "L2Advertisement", families: [6] },
  config: {
    type: "object",
    additionalProperties: false,
    properties: {
      interfaces: { type: "array", items: { type: "string" }, description: "announce only on these; default: all that are fit" },
      exclude: {
        ...{ type: "array", items: { type: "string" }, default: DEFAULT_EXCLUDE },
        description: "never announce on these; * is a wildcard",
      },
    },
  },
  example: { interfaces: ["eth0"] },
  permissions: ({ interfaces = [] }) => {
    const names = interfaces.length > 0 ? interfaces : ["*"];
    return names.map((link) => ({ kind: "frame", link, etherType: ETHERTYPE_IPV6, ipProtocol: ICMPV6 }));
  },
  program: "ndp",

  async start(context, { interfaces = [], exclude = DEFAULT_EXCLUDE }) {
    await followLinks(context, { interfaces, exclude });

    context.program.onEvent(({ kind, address, link, mac }) => {
      if (kind === "conflict") context.log.warn("Another station announces our address", { vip: address, link, mac });
    });

    return {
      async apply({ added, changed, removed }) {
        // Both are handed over at once, in this order: new rows need not wait until the old ones are gone.
        const removal = context.program.remove(removed.map(({ vip }) => vip));
        const [refused] = await Promise.all([context.program.put([...added, ...changed].map(toRow)), removal]);
        return refused;
      },
      async stop() {},
    };
  },
});

function toRow({ vip, links }: Announcement): ProgramRow {
  return { address: vip, links, state: "active" };
}

/** For OpenBGPD: a `bgpd.conf`. */

import type { NeighborPlan, RouterPlan } from "./router-plan.ts";
import { addressRemark, BGP_PORT, headingOf, identifierOf, NO_BFD, ownAs, passwordOf, plain, remarksOf, waits } from "./text.ts";

export function openbgpdConfig(plan: RouterPlan): string {
  const { asNumber, remarks } = ownAs(plan);
  const [first] = plan.neighbors;
  const listen = first === undefined || first.routerPort === BGP_PORT ? [] : ["0.0.0.0", "::"];
  return [
    `# ${headingOf(plan)}`,
    ...remarks.map((remark) => `# ${remark}`),
    `AS ${asNumber}`,
    `router-id ${identifierOf(plan)}`,
    ...listen.map((address) => `listen on ${address} port ${first?.routerPort}`),
    ...plan.neighbors.flatMap(neighborLines),
    "",
    "# Take what the nodes announce; they are told nothing, which is the default",
    ...plan.neighbors.flatMap(({ at }) => (at === undefined ? [] : [`allow from ${at.address}`])),
    "",
  ].join("\n");
}

function neighborLines(neighbor: NeighborPlan): string[] {
  const { at, families, multihop, nodePort, ttlSecurityHops } = neighbor;
  const heading = ["", `# Node ${plain(neighbor.node)}`];
  if (at === undefined) return [...heading, `# ${addressRemark("OpenBGPD", neighbor)}`];
  const password = passwordOf(neighbor);
  const hops = ttlSecurityHops ?? (multihop ? 255 : 1);
  return [
    ...heading,
    ...remarksOf(neighbor).map((remark) => `# ${remark}`),
    ...(neighbor.bfd === undefined ? [] : [`# OpenBGPD ${NO_BFD}`]),
    ...(neighbor.extendedNextHop ? ["# This OpenBGPD may not take IPv4 routes with IPv6 next hops (RFC 8950)"] : []),
    ...(password !== undefined && waits(neighbor)
      ? ['# On Linux OpenBGPD takes no connections with MD5: let the node take them (annotation herald.dev/listen), and delete "passive"']
      : []),
    `neighbor ${at.address} {`,
    `  descr "${plain(neighbor.node)}"`,
    `  remote-as ${neighbor.asNumber}`,
    `  local-address ${at.routerAddress}`,
    ...(waits(neighbor) ? ["  passive"] : []),
    ...(nodePort === undefined || nodePort === BGP_PORT ? [] : [`  port ${nodePort}`]),
    ...(password === undefined ? [] : [`  tcp md5sig password "${password}"`]),
    ...(neighbor.holdTimeSeconds === 0 ? [] : [`  holdtime ${neighbor.holdTimeSeconds}`]),
    ...(ttlSecurityHops === undefined ? [] : ["  ttl-security yes"]),
    ...(hops === 1 ? [] : [`  multihop ${hops}`]),
    ...([4, 6] as const).map((family) => `  announce IPv${family} ${families.includes(family) ? "unicast" : "none"}`),
    "}",
  ];
}

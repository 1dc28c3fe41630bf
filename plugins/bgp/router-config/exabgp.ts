/** For ExaBGP: an `exabgp.conf` that hands what the nodes announce to a program of yours. */

import type { NeighborPlan, RouterPlan } from "./router-plan.ts";
import { addressRemark, headingOf, identifierOf, leastTtl, NO_BFD, ownAs, passwordOf, plain, remarksOf, waits } from "./text.ts";

const MOST_HOPS = 255;

export function exabgpConfig(plan: RouterPlan): string {
  const { asNumber, remarks } = ownAs(plan);
  return [
    `# ${headingOf(plan)}`,
    "# Put the program that takes the routes, as JSON lines, in place of /bin/cat",
    "process herald_routes {",
    "  run /bin/cat;",
    "  encoder json;",
    "}",
    ...remarks.map((remark) => `# ${remark}`),
    ...plan.neighbors.flatMap((neighbor) => neighborLines(neighbor, asNumber, identifierOf(plan))),
    "",
  ].join("\n");
}

function neighborLines(neighbor: NeighborPlan, ownAsNumber: number, identifier: string): string[] {
  const { at, families, multihop, nodePort, ttlSecurityHops } = neighbor;
  const heading = ["", `# Node ${plain(neighbor.node)}`];
  if (at === undefined) return [...heading, `# ${addressRemark("ExaBGP", neighbor)}`];
  const password = passwordOf(neighbor);
  return [
    ...heading,
    ...remarksOf(neighbor).map((remark) => `# ${remark}`),
    ...(neighbor.bfd === undefined ? [] : [`# ExaBGP ${NO_BFD}`]),
    `neighbor ${at.address} {`,
    `  description "${plain(neighbor.node)}";`,
    `  router-id ${identifier};`,
    `  local-address ${at.routerAddress};`,
    `  local-as ${ownAsNumber};`,
    `  peer-as ${neighbor.asNumber};`,
    `  listen ${neighbor.routerPort};`,
    ...(waits(neighbor) ? ["  passive true;"] : [`  connect ${nodePort};`]),
    ...(password === undefined ? [] : [`  md5-password "${password}";`]),
    `  hold-time ${neighbor.holdTimeSeconds};`,
    ...(ttlSecurityHops === undefined ? [] : [`  outgoing-ttl ${MOST_HOPS};`, `  incoming-ttl ${leastTtl(ttlSecurityHops)};`]),
    ...(multihop && ttlSecurityHops === undefined ? [`  outgoing-ttl ${MOST_HOPS};`] : []),
    `  family { ${families.map((family) => `ipv${family} unicast;`).join(" ")} }`,
    `  capability { route-refresh enable; ${neighbor.extendedNextHop ? "nexthop enable; " : ""}}`,
    ...(neighbor.extendedNextHop ? ["  nexthop { ipv4 unicast ipv6; }"] : []),
    "  api { processes [ herald_routes ]; neighbor-changes; receive { parsed; update; } }",
    "}",
  ];
}

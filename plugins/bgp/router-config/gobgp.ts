/** For GoBGP: a `gobgpd.toml`. */

import type { NeighborPlan, RouterPlan } from "./router-plan.ts";
import { addressRemark, headingOf, identifierOf, leastTtl, NO_BFD, ownAs, passwordOf, plain, remarksOf, waits } from "./text.ts";

/** Seconds that a node's routes are kept for it where it says nothing else. */
const RESTART_SECONDS = 120;
const MOST_HOPS = 255;

export function gobgpConfig(plan: RouterPlan): string {
  const { asNumber, remarks } = ownAs(plan);
  return [
    `# ${headingOf(plan)}`,
    ...remarks.map((remark) => `# ${remark}`),
    "[global.config]",
    `as = ${asNumber}`,
    `router-id = "${identifierOf(plan)}"`,
    `port = ${plan.neighbors[0]?.routerPort}`,
    "# Several nodes at once for one address",
    "[global.use-multiple-paths.config]",
    "enabled = true",
    ...plan.neighbors.flatMap(neighborLines),
    "",
  ].join("\n");
}

function neighborLines(neighbor: NeighborPlan): string[] {
  const { at, multihop, nodePort, ttlSecurityHops } = neighbor;
  const heading = ["", `# Node ${plain(neighbor.node)}`];
  // It has them, but reads its file only once they have been heard on the link.
  if (at === undefined) return [...heading, `# ${addressRemark("GoBGP", neighbor)}`];
  const password = passwordOf(neighbor);
  return [
    ...heading,
    ...remarksOf(neighbor).map((remark) => `# ${remark}`),
    ...(neighbor.bfd === undefined ? [] : [`# GoBGP ${NO_BFD}`]),
    "[[neighbors]]",
    "[neighbors.config]",
    `neighbor-address = "${at.address}"`,
    `peer-as = ${neighbor.asNumber}`,
    `description = "${plain(neighbor.node)}"`,
    ...(password === undefined ? [] : [`auth-password = "${password}"`]),
    "[neighbors.timers.config]",
    `hold-time = ${neighbor.holdTimeSeconds}`,
    `keepalive-interval = ${neighbor.keepaliveSeconds}`,
    "[neighbors.transport.config]",
    `local-address = "${at.routerAddress}"`,
    `passive-mode = ${waits(neighbor)}`,
    ...(nodePort === undefined ? [] : [`remote-port = ${nodePort}`]),
    ...(ttlSecurityHops === undefined
      ? []
      : ["[neighbors.ttl-security.config]", "enabled = true", `ttl-min = ${leastTtl(ttlSecurityHops)}`]),
    ...(multihop && ttlSecurityHops === undefined
      ? ["[neighbors.ebgp-multihop.config]", "enabled = true", `multihop-ttl = ${MOST_HOPS}`]
      : []),
    ...restart("graceful-restart", neighbor, [`restart-time = ${RESTART_SECONDS}`]),
    ...neighbor.families.flatMap((family) => [
      "[[neighbors.afi-safis]]",
      "[neighbors.afi-safis.config]",
      `afi-safi-name = "ipv${family}-unicast"`,
      ...restart("afi-safis.mp-graceful-restart", neighbor),
    ]),
  ];
}

function restart(section: string, { gracefulRestart }: NeighborPlan, more: readonly string[] = []): string[] {
  return gracefulRestart ? [`[neighbors.${section}.config]`, "enabled = true", ...more] : [];
}

/** For FRR: to be typed into `vtysh` under `configure terminal`, or added to `frr.conf`. */

import type { BfdProfile } from "../bfd-profile.ts";
import type { NeighborPlan, RouterPlan } from "./router-plan.ts";
import { BGP_PORT, headingOf, ownAs, passwordOf, plain, remarksOf, waits } from "./text.ts";

const IMPORT = "herald-in";
const EXPORT = "herald-out";
/** Where the router's owner knows better. */
const LINK_PLACEHOLDER = "eth0";

export function frrConfig(plan: RouterPlan): string {
  const { asNumber, remarks } = ownAs(plan);
  const profiles = new Map(plan.neighbors.flatMap(({ bfd }) => (bfd === undefined ? [] : [[bfd.name, bfd]])));
  const ports = new Set(plan.neighbors.map(({ routerPort }) => routerPort).filter((port) => port !== BGP_PORT));
  return [
    `! ${headingOf(plan)}`,
    ...[...ports].map((port) => `! bgpd has to listen on port ${port}: start it with --bgp_port ${port}`),
    ...(profiles.size === 0
      ? []
      : ["! bfdd has to run: bfdd=yes in /etc/frr/daemons", "bfd", ...[...profiles.values()].flatMap(profileLines), "exit"]),
    "! Take what the nodes announce, and tell them nothing: they have no use for it",
    `route-map ${IMPORT} permit 10`,
    "exit",
    `route-map ${EXPORT} deny 10`,
    "exit",
    ...remarks.map((remark) => `! ${remark}`),
    `router bgp ${asNumber}`,
    ...plan.neighbors.flatMap((neighbor, at) => neighborLines(neighbor, linkName(at))),
    " ! Several nodes at once for one address",
    " bgp bestpath as-path multipath-relax",
    ...([4, 6] as const).flatMap((family) => familyLines(family, plan)),
    "exit",
    "",
  ].join("\n");
}

function linkName(at: number): string {
  return `${LINK_PLACEHOLDER.slice(0, -1)}${at}`;
}

function profileLines(profile: BfdProfile): string[] {
  return [
    ` profile ${plain(profile.name)}`,
    `  receive-interval ${profile.receiveIntervalMs}`,
    `  transmit-interval ${profile.transmitIntervalMs}`,
    `  detect-multiplier ${profile.detectMultiplier}`,
    ...(profile.echoMode
      ? ["  echo-mode", `  echo receive-interval ${profile.echoIntervalMs}`, `  echo transmit-interval ${profile.echoIntervalMs}`]
      : []),
    ` exit`,
  ];
}

function neighborLines(neighbor: NeighborPlan, link: string): string[] {
  const { at, asNumber, bfd, ttlSecurityHops, nodePort } = neighbor;
  const place = at?.address ?? link;
  const password = passwordOf(neighbor);
  const options = [
    at === undefined ? `interface v6only remote-as ${asNumber}` : `remote-as ${asNumber}`,
    `description ${plain(neighbor.node)}`,
    ...(waits(neighbor) ? ["passive"] : []),
    ...(nodePort === undefined || nodePort === BGP_PORT ? [] : [`port ${nodePort}`]),
    ...(password === undefined ? [] : [`password ${password}`]),
    `timers ${neighbor.keepaliveSeconds} ${neighbor.holdTimeSeconds}`,
    ...(ttlSecurityHops === undefined ? [] : [`ttl-security hops ${ttlSecurityHops}`]),
    ...(neighbor.multihop && ttlSecurityHops === undefined ? ["ebgp-multihop"] : []),
    ...(neighbor.gracefulRestart ? ["graceful-restart-helper"] : []),
    ...(bfd === undefined ? [] : [`bfd profile ${plain(bfd.name)}`]),
    ...(neighbor.extendedNextHop && at !== undefined ? ["capability extended-nexthop"] : []),
  ];
  return [
    ...(at === undefined ? [` ! Put the link that leads to node ${plain(neighbor.node)} in place of ${link}`] : []),
    ...remarksOf(neighbor).map((remark) => ` ! ${remark}`),
    ...options.map((option) => ` neighbor ${place} ${option}`),
  ];
}

function familyLines(family: 4 | 6, { neighbors }: RouterPlan): string[] {
  const lines = neighbors.flatMap(({ at, families }, index) => {
    const place = at?.address ?? linkName(index);
    if (!families.includes(family)) return family === 4 ? [`  no neighbor ${place} activate`] : [];
    return [`  neighbor ${place} activate`, `  neighbor ${place} route-map ${IMPORT} in`, `  neighbor ${place} route-map ${EXPORT} out`];
  });
  if (lines.length === 0) return [];
  const paths = Math.max(2, Math.min(neighbors.length, 64));
  const several = neighbors.some(({ isInternal }) => isInternal) ? [`  maximum-paths ibgp ${paths}`] : [];
  return [` address-family ipv${family} unicast`, ...lines, `  maximum-paths ${paths}`, ...several, " exit-address-family"];
}

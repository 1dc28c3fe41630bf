/** For BIRD 2: to be added to `bird.conf`. */

import type { NeighborPlan, RouterPlan } from "./router-plan.ts";
import { BGP_PORT, headingOf, identifierOf, ownAs, passwordOf, plain, remarksOf, waits } from "./text.ts";

export function birdConfig(plan: RouterPlan): string {
  const { asNumber, remarks } = ownAs(plan);
  return [
    `# ${headingOf(plan)}`,
    '# These belong into the file once; "merge paths" is for several nodes at once:',
    `#   router id ${identifierOf(plan)};`,
    "#   protocol device {}",
    "#   protocol kernel { ipv4 { import none; export all; }; merge paths on; }",
    "#   protocol kernel { ipv6 { import none; export all; }; merge paths on; }",
    ...(plan.neighbors.some(({ bfd }) => bfd !== undefined) ? ["#   protocol bfd {}"] : []),
    ...remarks.map((remark) => `# ${remark}`),
    ...plan.neighbors.flatMap((neighbor, at) => neighborLines(neighbor, at, asNumber)),
    "",
  ].join("\n");
}

function neighborLines(neighbor: NeighborPlan, index: number, ownAsNumber: number): string[] {
  const { at, asNumber, bfd, extendedNextHop, routerPort, ttlSecurityHops } = neighbor;
  const local = at === undefined ? "local" : `local ${at.routerAddress}`;
  const port = routerPort === BGP_PORT ? "" : ` port ${routerPort}`;
  const nodePort = neighbor.nodePort === undefined || neighbor.nodePort === BGP_PORT ? "" : ` port ${neighbor.nodePort}`;
  const password = passwordOf(neighbor);
  return [
    `# Node ${plain(neighbor.node)}`,
    ...remarksOf(neighbor).map((remark) => `# ${remark}`),
    ...(at === undefined
      ? ["# Put the link that leads to it in place of eth0, and let this router send Router Advertisements there (protocol radv)"]
      : []),
    `protocol bgp ${protocolName(neighbor, index)} {`,
    `  ${local}${port} as ${ownAsNumber};`,
    `  neighbor ${at === undefined ? "range fe80::/10" : at.address}${nodePort} as ${asNumber};`,
    ...(at === undefined ? ['  interface "eth0";', '  dynamic name "herald_link";'] : []),
    ...hops(neighbor),
    ...(waits(neighbor) && at !== undefined ? ["  passive;"] : []),
    ...(password === undefined ? [] : [`  password "${password}";`]),
    `  hold time ${neighbor.holdTimeSeconds};`,
    ...(neighbor.keepaliveSeconds === 0 ? [] : [`  keepalive time ${neighbor.keepaliveSeconds};`]),
    ...(ttlSecurityHops === undefined ? [] : ["  ttl security on;"]),
    ...(neighbor.gracefulRestart ? ["  graceful restart aware;"] : []),
    ...(bfd === undefined
      ? []
      : [
          "  bfd {",
          `    min rx interval ${bfd.receiveIntervalMs} ms;`,
          `    min tx interval ${bfd.transmitIntervalMs} ms;`,
          `    multiplier ${bfd.detectMultiplier};`,
          "  };",
        ]),
    ...neighbor.families.map(
      (family) => `  ipv${family} { import all; export none; ${extendedNextHop && family === 4 ? "extended next hop on; " : ""}};`,
    ),
    "}",
  ];
}

/** A name of letters, digits and underscores. */
function protocolName({ node }: NeighborPlan, index: number): string {
  return `herald_${plain(node).replaceAll(/[^A-Za-z0-9_]/g, "_")}_${index + 1}`;
}

/** Without one, a session inside an AS takes any number of hops, and one between two ASes must be direct. */
function hops({ multihop, ttlSecurityHops }: NeighborPlan): string[] {
  if (ttlSecurityHops !== undefined) return [ttlSecurityHops === 1 ? "  direct;" : `  multihop ${ttlSecurityHops};`];
  return multihop ? ["  multihop;"] : [];
}

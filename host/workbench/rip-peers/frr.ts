/** FRR as a router that speaks RIPv2 and RIPng: zebra, ripd, ripngd. */

import { frrDaemons } from "../bgp-peers/frr-daemons.ts";
import type { Workplace } from "../bgp-peers/workplace.ts";
import { KEY_ID, type RipDescription, type RipRoute, type RipRouter } from "./description.ts";

const UNREACHABLE = 16;

export async function startFrrRip(workplace: Workplace, description: RipDescription): Promise<RipRouter> {
  const { link, timeoutSeconds, garbageSeconds, authentication } = description;
  const { start, vtysh } = await frrDaemons(workplace);
  const timers = ` timers basic 5 ${timeoutSeconds} ${garbageSeconds}`;
  await start("zebra", "");
  await start("ripd", [...authenticationOf(link, authentication), "router rip", " version 2", ` network ${link}`, timers, ""].join("\n"));
  await start("ripngd", ["router ripng", ` network ${link}`, timers, ""].join("\n"));
  return {
    async routes() {
      const [four, six] = await Promise.all([vtysh("show ip rip"), vtysh("show ipv6 ripng")]);
      return [...readRoutes(four), ...readRoutes(six)];
    },
    log: () => workplace.log(),
    stop: () => workplace.end("SIGTERM"),
  };
}

function authenticationOf(link: string, authentication: RipDescription["authentication"]): string[] {
  if (authentication === undefined) return [];
  const { type, key } = authentication;
  if (type === "password") return [`interface ${link}`, " ip rip authentication mode text", ` ip rip authentication string ${key}`];
  if (type !== "md5") throw new Error(`FRR does not authenticate RIP by ${type}`);
  return [
    ...["key chain keys", ` key ${KEY_ID}`, `  key-string ${key}`],
    ...[`interface ${link}`, " ip rip authentication mode md5", " ip rip authentication key-chain keys"],
  ];
}

/** Learnt routes begin with `R(n)`; those of IPv6 go on in the next line. */
function readRoutes(text: string): RipRoute[] {
  const lines = text.replace(/\s*\n {10,}(?=fe80)/g, " ").split("\n");
  return lines.flatMap((line) => {
    const [code, prefix = "", nextHop = "", ...rest] = line.trim().split(/\s+/);
    if (code !== "R(n)") return [];
    // IPv4: metric, from, tag, time. IPv6: via, metric, tag, time.
    const [metric, tag] = prefix.includes(":") ? [rest[1], rest[2]] : [rest[0], rest[2]];
    const route = { prefix, nextHop, metric: Number(metric), tag: Number(tag) };
    return route.metric < UNREACHABLE ? route : [];
  });
}

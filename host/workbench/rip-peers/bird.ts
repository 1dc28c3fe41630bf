/** BIRD 2 as a router that speaks RIPv2 and RIPng. */

import type { Workplace } from "../bgp-peers/workplace.ts";
import { KEY_ID, type RipDescription, type RipRoute, type RipRouter } from "./description.ts";

const UNREACHABLE = 16;
const ALGORITHMS = { md5: "keyed md5", "hmac-sha-256": "hmac sha256" } as const;

export async function startBirdRip(workplace: Workplace, description: RipDescription): Promise<RipRouter> {
  const config = workplace.write("bird.conf", configOf(description));
  const control = workplace.path("bird.ctl");
  workplace.start(["bird", "-f", "-c", config, "-s", control, "-P", workplace.path("bird.pid")]);
  const ask = (...words: readonly string[]) => workplace.ask("birdc", "-s", control, ...words);
  await workplace.until(async () => (await ask("show", "status")).includes("Daemon is up"));
  return {
    routes: async () => readRoutes(await ask("show", "route", "all")),
    log: () => workplace.log(),
    stop: () => workplace.end("SIGTERM"),
  };
}

function configOf({ link, timeoutSeconds, garbageSeconds, authentication }: RipDescription): string {
  const timers = `update time 5; timeout time ${timeoutSeconds}; garbage time ${garbageSeconds};`;
  return [
    "router id 192.0.2.254;",
    "log stderr all;",
    "protocol device {}",
    `protocol rip rip4 { ipv4 { import all; export none; }; interface "${link}" { ${timers} ${authenticationOf(authentication)} }; }`,
    `protocol rip ng rip6 { ipv6 { import all; export none; }; interface "${link}" { ${timers} }; }`,
    "",
  ].join("\n");
}

function authenticationOf(authentication: RipDescription["authentication"]): string {
  if (authentication === undefined) return "";
  const { type, key } = authentication;
  if (type === "password") return `authentication plaintext; password "${key}";`;
  return `authentication cryptographic; password "${key}" { id ${KEY_ID}; algorithm ${ALGORITHMS[type]}; };`;
}

/** Of a route the prefix is in the first line, the rest in those below it, further in. */
function readRoutes(text: string): RipRoute[] {
  return text
    .split(/^(?=[0-9a-f])/m)
    .filter((part) => part.includes("RIP.metric"))
    .map((part) => ({
      prefix: /^\S+/.exec(part)?.[0] ?? "",
      nextHop: /via (\S+)/.exec(part)?.[1] ?? "",
      metric: Number(/RIP.metric: (\d+)/.exec(part)?.[1]),
      tag: Number.parseInt(/RIP.tag: ([0-9a-f]+)/.exec(part)?.[1] ?? "0", 16),
    }))
    .filter(({ metric }) => metric < UNREACHABLE);
}

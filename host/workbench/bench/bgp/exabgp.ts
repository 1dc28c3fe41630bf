/** ExaBGP is no router but a voice: what it says comes in lines from a process of its own, here a pipe that we write to. */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stations } from "./network.ts";
import { addressOf, COMMUNITY_AS, type RouteTable, tagOf } from "./routes.ts";
import type { Order } from "./speaker.ts";

const { receiver, sender } = stations;
/** Routes a line; so many keep the line well below the size of a pipe. */
const ROUTES_A_LINE = 1000;

/** In the foreground, as who we are, without its own pipes and answers. */
const ENVIRONMENT = ["daemon.drop=false", "api.cli=false", "api.ack=false", "log.level=CRIT", "daemon.daemonize=false"];

/** Writes what it reads; gives its command, and the one that hands it lines. */
export function prepareExabgp(folder: string): { command: string[]; teller: string[] } {
  const pipe = join(folder, "pipe");
  const { status, stderr } = spawnSync("mkfifo", [pipe], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot make a pipe for ExaBGP: ${stderr.trim()}`);
  const relay = join(folder, "relay");
  writeFileSync(relay, `#!/bin/sh\nexec cat <> ${pipe}\n`, { mode: 0o755 });
  const config = join(folder, "exabgp.conf");
  writeFileSync(config, exabgpConfig(relay));
  return {
    command: ["env", ...ENVIRONMENT.map((setting) => `exabgp.${setting}`), "exabgp", config],
    teller: ["sh", "-c", `exec cat > ${pipe}`],
  };
}

export function exabgpConfig(relay: string): string {
  return [
    `process relay { run ${relay}; encoder text; }`,
    `neighbor ${receiver.address} {`,
    `  router-id ${sender.address};`,
    `  local-address ${sender.address};`,
    `  local-as ${sender.asNumber};`,
    `  peer-as ${receiver.asNumber};`,
    "  listen 179;",
    "  passive true;",
    "  hold-time 180;",
    "  family { ipv4 unicast; }",
    "  api { processes [ relay ]; }",
    "}",
    "",
  ].join("\n");
}

/** Lines that say an order; one attribute set a line. */
export function* exabgpLines(order: Order, { routes, sets }: RouteTable): Generator<string> {
  if (typeof order === "object") {
    yield `announce route ${addressOf(order.route)}/32 next-hop self origin igp community [${COMMUNITY_AS}:${order.tag}]`;
    return;
  }
  for (let set = 0; set < Math.min(sets, routes); set++) {
    for (let from = set; from < routes; from += sets * ROUTES_A_LINE) {
      const until = Math.min(routes, from + sets * ROUTES_A_LINE);
      const prefixes: string[] = [];
      for (let route = from; route < until; route += sets) prefixes.push(`${addressOf(route)}/32`);
      yield `${order} attributes next-hop self origin igp community [${COMMUNITY_AS}:${tagOf(set, sets)}] nlri ${prefixes.join(" ")}`;
    }
  }
}

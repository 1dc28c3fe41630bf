/**
 * ExaBGP: it keeps no table of what it is told. It hands that on, as JSON, to a process of ours, which keeps all of it in a file; the table
 * is what these events amount to (`exabgp-events.ts`). The same process passes commands to it.
 */

import { readFileSync, writeFileSync } from "node:fs";
import type { NeighborDescription, OriginatedRoute, Router, RouterDescription } from "./description.ts";
import { readEvents } from "./exabgp-events.ts";
import type { Workplace } from "./workplace.ts";

const BGP_PORT = 179;
const RESTART_SECONDS = 120;

/** By its names: in the foreground, as who we are, with no pipes elsewhere. */
const ENVIRONMENT = {
  "exabgp.daemon.drop": "false",
  "exabgp.api.cli": "false",
  "exabgp.api.ack": "false",
  "exabgp.cache.attributes": "false",
};

export async function startExabgp(workplace: Workplace, description: RouterDescription): Promise<Router> {
  const events = workplace.write("events", "");
  const commands = workplace.path("commands");
  await workplace.ask("mkfifo", commands);
  // Its standard output brings commands to ExaBGP, which takes its end for a death; the pipe is opened for both ways, so that it never ends.
  const relay = workplace.write("relay", `#!/bin/sh\ncat <> ${commands} &\ncat >> ${events}\nkill $!\n`, 0o755);
  const config = workplace.write("exabgp.conf", exabgpConfig(description, relay));
  workplace.start(["exabgp", config], ENVIRONMENT);
  await workplace.until(async () => workplace.log().includes("loaded new configuration"));
  const seen = () => readEvents(readFileSync(events, "utf8"));
  const tell = (command: string): void => writeFileSync(commands, `${command}\n`, { flag: "a" });
  return {
    name: "exabgp",
    routes: async () => seen().routes,
    session: async (neighbor) => seen().sessions.get(neighbor) ?? { state: "", capabilities: [] },
    async refresh(neighbor) {
      const families = description.neighbors.find(({ at }) => "address" in at && at.address === neighbor)?.families ?? [];
      for (const family of families) tell(`neighbor ${neighbor} announce route-refresh ipv${family} unicast`);
    },
    // RFC 4486 §4 "Subcode Definition": administrative shutdown.
    shutDown: async (neighbor) => tell(`neighbor ${neighbor} teardown 2`),
    detectionMs: async () => undefined,
    ...workplace.life(),
  };
}

function exabgpConfig(description: RouterDescription, relay: string): string {
  return [
    "process relay {",
    `  run ${relay};`,
    "  encoder json;",
    "}",
    ...description.neighbors.flatMap((neighbor) => neighborLines(neighbor, description)),
    "",
  ].join("\n");
}

function neighborLines(neighbor: NeighborDescription, description: RouterDescription): string[] {
  const { at, asNumber, families, holdTimeSeconds, password } = neighbor;
  const { port = BGP_PORT, routes = [] } = description;
  if ("link" in at) throw new Error("ExaBGP needs a neighbor's address");
  return [
    `neighbor ${at.address} {`,
    `  router-id ${description.routerId};`,
    `  local-address ${at.localAddress};`,
    `  local-as ${description.asNumber};`,
    `  peer-as ${asNumber};`,
    `  listen ${port};`,
    `  connect ${neighbor.port ?? BGP_PORT};`,
    ...(holdTimeSeconds === undefined ? [] : [`  hold-time ${holdTimeSeconds};`]),
    ...(password === undefined ? [] : [`  md5-password "${password}";`]),
    ...(neighbor.passive === true ? ["  passive true;"] : []),
    ...(neighbor.ttlSecurity === true ? ["  outgoing-ttl 255;", "  incoming-ttl 255;"] : []),
    ...(neighbor.multihop === true ? ["  outgoing-ttl 255;"] : []),
    `  family { ${families.map((family) => `ipv${family} unicast;`).join(" ")} }`,
    "  capability {",
    "    route-refresh enable;",
    "    extended-message enable;",
    ...(neighbor.gracefulRestart === true ? [`    graceful-restart ${RESTART_SECONDS};`] : []),
    ...(neighbor.extendedNextHop === true ? ["    nexthop enable;"] : []),
    "  }",
    ...(neighbor.extendedNextHop === true ? ["  nexthop { ipv4 unicast ipv6; }"] : []),
    "  api {",
    "    processes [ relay ];",
    "    neighbor-changes;",
    "    receive { parsed; open; update; notification; }",
    "  }",
    ...(routes.length === 0 ? [] : ["  static {", ...routes.map((route) => `    ${routeLine(route)}`), "  }"]),
    "}",
  ];
}

function routeLine({ prefix, med, communities = [], largeCommunities = [] }: OriginatedRoute): string {
  const parts = [
    ...(med === undefined ? [] : [`med ${med}`]),
    ...(communities.length === 0 ? [] : [`community [ ${communities.join(" ")} ]`]),
    ...(largeCommunities.length === 0 ? [] : [`large-community [ ${largeCommunities.join(" ")} ]`]),
  ];
  return `route ${prefix} next-hop self${parts.map((part) => ` ${part}`).join("")};`;
}

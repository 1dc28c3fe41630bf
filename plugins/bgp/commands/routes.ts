/** `herald bgp routes`: what each peer of the Herald that runs here has been told. */

import { type CommandIo, type CommandTools, UsageError } from "../../../host/announcer.ts";
import type { RouteRow } from "../inspect.ts";
import { ASK_FLAGS } from "./ask.ts";

const PREFIX_WIDTH = 20;
const PEER_WIDTH = 12;

export async function routes(args: readonly string[], io: CommandIo, tools: CommandTools): Promise<number> {
  const { values, positionals } = tools.parseFlags(args, ASK_FLAGS);
  const [peer, ...others] = positionals;
  if (others.length > 0) throw new UsageError(`Unknown argument "${others[0]}": expected the name of one peer`);
  let count = 0;
  // Written as they come: there may be a million.
  for await (const row of tools.ask({ ask: "announcer", name: "bgp", what: "routes" }, values)) {
    const route = row as RouteRow;
    if (peer !== undefined && route.peer !== peer) continue;
    if (!values.json && count === 0) io.stdout.write(`${"PEER".padEnd(PEER_WIDTH)}  ${"PREFIX".padEnd(PREFIX_WIDTH)}  ATTRIBUTES\n`);
    io.stdout.write(values.json ? `${JSON.stringify(route)}\n` : lineOf(route));
    count += 1;
  }
  if (count === 0 && !values.json)
    io.stdout.write(peer === undefined ? "No routes are told to any peer.\n" : `No routes are told to ${peer}.\n`);
  return 0;
}

function lineOf({ peer, prefix, localPref, med, prepend, communities, largeCommunities, linkBandwidth }: RouteRow): string {
  const all = [...communities, ...largeCommunities];
  const attributes = [
    ...(localPref === undefined ? [] : [`local preference ${localPref}`]),
    ...(med === undefined ? [] : [`MED ${med}`]),
    ...(prepend === 0 ? [] : [`prepended ${prepend}`]),
    ...(all.length === 0 ? [] : [`communities ${all.join(" ")}`]),
    ...(linkBandwidth === undefined ? [] : [`bandwidth ${linkBandwidth}`]),
  ];
  return `${`${peer.padEnd(PEER_WIDTH)}  ${prefix.padEnd(PREFIX_WIDTH)}  ${attributes.join(", ")}`.trimEnd()}\n`;
}

/** `herald bgp`: what the sessions are at, and a router that only listens. */

import { type PluginCommand, UsageError } from "../../../host/announcer.ts";
import { listen } from "./listen.ts";
import { peers } from "./peers.ts";
import { routes } from "./routes.ts";

const help = `
Usage: herald bgp peers [flags]
       herald bgp routes [PEER] [flags]
       herald bgp listen --asn N [flags]

peers   The BGP sessions of the Herald that runs here: state, uptime, timers,
        what both sides can, prefixes told, and how the last connection ended.
routes  What each peer has been told (its Adj-RIB-Out), or one of them.
listen  A router that takes every session, keeps what it is told, and prints
        what happens: sessions up and down with the NOTIFICATION, routes
        learned, withdrawn, or treated as withdrawn with the reason (RFC 7606).

  --json           one JSON object a line
  --node NAME      of peers and routes: which Herald, where several run here
  --control PATH   of peers and routes: its control socket

  --asn N          of listen: its AS number
  --address A      of listen: on this address only; repeat the flag for more
                   (default: every address)
  --port P         of listen (default 179)
  --identifier ID  of listen: BGP identifier (default: --address, or 192.0.2.1)
  --hold SECONDS   of listen: hold time (default 90)
  --md5 A=KEY      of listen: peer A signs with this key (TCP MD5); repeatable

Exit code: 0; 1 where it cannot, with the reason; 2 for wrong flags.

  herald bgp peers
  herald bgp routes router --json
  herald bgp listen --asn 64512 --port 1179 --json
`;

const subcommands = { peers, routes, listen } as const;

export const bgp: PluginCommand = {
  name: "bgp",
  summary: "Show BGP sessions and routes, or listen as a router would",
  help,
  async run([name = "", ...args], io, tools) {
    const known = Object.keys(subcommands);
    if (name === "") throw new UsageError(`Nothing to do: expected ${known.join(", ")}`);
    if (!Object.hasOwn(subcommands, name)) throw new UsageError(`Unknown command "${name}"${tools.suggest(name, known)}`);
    return await subcommands[name as keyof typeof subcommands](args, io, tools);
  },
};

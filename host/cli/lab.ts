/** `herald lab`: a whole little cluster on this machine, to see Herald work. */

import { existsSync } from "node:fs";
import { dirname, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { PluginDefinition } from "../announcer.ts";
import type { RealRouter } from "../workbench/lab/real-router.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "./command.ts";
import { folderOf } from "./plugin/path.ts";

const help = `
Usage: herald [lab] [flags]

Builds a small cluster on this machine and shows Herald at work in it: a switch,
a node for each Node of the manifests, with a real speaker on it, and a client
that has never heard of Herald. The client connects to each Service's VIP: you
see the MAC that its kernel learned by ARP or NDP, and the node that it reached.
For each BGPPeer with an address there is a router, too: you see the next hops
that it learned for a VIP, and which of them the client reached through it.
Before the speakers start, the lab makes sure that no VIP resolves and no router
has a route, so that what you see afterwards is Herald's doing.

All of it runs in network namespaces of its own, as root or as a plain user. Your
network is not touched, and when the lab ends, however it ends, nothing is left.
It follows every edit of the manifests until Ctrl-C.

  --manifests DIR  directory (or one file) with Services, pools, advertisements
                   and Nodes; read, never written. Without Nodes the lab makes
                   up three, and addresses for who has none of IPv4 or of IPv6.
                   Default: the home lab that comes with Herald
  --once           try every VIP once, print the table and end
  --json           as --once, and print one JSON object: {"wire", "services":
                   [{"name", "vip", "pool", "owner", "mac", "ownerMac",
                   "resolved", "reached", "firstReplyMicros"}], "routes":
                   [{"name", "vip", "pool", "router", "prefix", "nextHops",
                   "expectedNextHops", "learned", "reached", "learnedInMs"}]};
                   learnedInMs counts from when the VIP was given out
  --verbose        show the logs of speakers and routers too
  --router NAME    put a real router there, bird or frr, where it is installed
  --plugin PATH    a lab for that plugin alone: three nodes on a switch, the plugin on
                   each in a process of its own, addresses for it to announce, and
                   every frame and datagram that it sends, decoded. It is granted what
                   it asks for with its example. With --once it ends when all have sent
                   something (0), or nobody within 15 s (1)
  --watch          of --plugin: take over what is saved; an error is shown, and what
                   ran before goes on
  --capture FILE   write every frame on the switch to FILE, for Wireshark

Exit code with --once: 0 where the client resolved every VIP to its owner's MAC
and reached that node, and each router learned every VIP from all nodes that
should announce it, and the client reached one of them through it; 1 where not,
with the reason for each; 3 where all is well, but only in memory (without BGP,
which needs TCP), because this machine allows no network namespaces.

  herald lab
  herald lab --manifests my-cluster/
  herald lab --once --json
  herald lab --router bird
  herald lab --plugin my-plugin/ --watch
  herald lab --once --capture lab.pcap && tshark -r lab.pcap -Y "arp or icmpv6"
`;

export function labCommandFor(builtIns: readonly PluginDefinition[]): Command {
  return {
    name: "lab",
    summary: "Show Herald at work, in a small cluster made here",
    help,
    run: (args, io) => run(builtIns, args, io),
  };
}

async function run(builtIns: readonly PluginDefinition[], args: readonly string[], io: CommandIo): Promise<number> {
  if (args[0] === "part") return await runPart(args.slice(1));
  const { values, positionals } = parseFlags(args, {
    manifests: { type: "string" },
    once: { type: "boolean" },
    json: { type: "boolean" },
    verbose: { type: "boolean" },
    capture: { type: "string" },
    router: { type: "string" },
    plugin: { type: "string" },
    watch: { type: "boolean" },
  });
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
  if (values.plugin !== undefined) return await runForPlugin(values.plugin, values, args, io);
  if (values.watch) throw new UsageError("Flag --watch is of --plugin: manifests are always followed");
  const manifests = values.manifests ?? homelab();
  if (!existsSync(manifests))
    throw new UsageError(`Flag --manifests has the value "${manifests}": expected a directory or a file that exists`);
  const { capture } = values;
  if (capture !== undefined && !existsSync(dirname(capture)))
    throw new UsageError(`Flag --capture has the value "${capture}": expected a file in a directory that exists`);
  const router = await readRouter(values.router);
  const json = values.json ?? false;
  const { createIo } = await import("../workbench/lab/io.ts");
  const { runLab } = await import("../workbench/lab/lab.ts");
  const labIo = createIo(io, json);
  try {
    const options = { manifests, once: json || (values.once ?? false), json, verbose: values.verbose ?? false, capture, router };
    return await runLab({ ...options, plugins: builtIns, args }, labIo);
  } catch (error) {
    labIo.complain((error as Error).message);
    return 1;
  }
}

interface PluginFlags {
  readonly watch?: boolean;
  readonly once?: boolean;
  readonly [other: string]: unknown;
}

async function runForPlugin(path: string, { watch = false, once = false, ...others }: PluginFlags, args: readonly string[], io: CommandIo) {
  const wrong = Object.keys(others).find((name) => name !== "plugin");
  if (wrong !== undefined) throw new UsageError(`Flag --${wrong} is not for a lab of --plugin`);
  if (!existsSync(path)) throw new UsageError(`Flag --plugin has the value "${path}": expected a plugin's file or folder`);
  const { createIo } = await import("../workbench/lab/io.ts");
  const { runPluginLab } = await import("../workbench/lab/plugin/plugin-lab.ts");
  return await runPluginLab({ path, folder: folderOf(path), watch, once, args }, createIo(io, false));
}

/** Throws UsageError, also where the program is not there. */
async function readRouter(text: string | undefined): Promise<RealRouter | undefined> {
  if (text === undefined) return undefined;
  const { REAL_ROUTERS, whatRouterNeeds } = await import("../workbench/lab/real-router.ts");
  const router = REAL_ROUTERS.find((name) => name === text);
  if (router === undefined) throw new UsageError(`Flag --router has the value "${text}": expected ${REAL_ROUTERS.join(" or ")}`);
  const missing = whatRouterNeeds(router);
  if (missing !== undefined) throw new UsageError(missing);
  return router;
}

/** A process of the lab's own, on one of its hosts. */
async function runPart([role, name = ""]: readonly string[]): Promise<number> {
  if (role === "node") return await (await import("../workbench/lab/node-process.ts")).runNode(name);
  if (role === "plugin") return await (await import("../workbench/lab/plugin/plugin-node.ts")).runPluginNode(name);
  if (role === "client") return await (await import("../workbench/lab/client-process.ts")).runClient();
  throw new UsageError('Unknown argument "part": the lab starts its parts itself');
}

/** The checkout's, which is to be edited: beside the bundle's folder, or above the sources. Elsewhere the one in the bundle's folder. */
function homelab(): string {
  const places = ["../fixtures/homelab", "../../fixtures/homelab", "./fixtures/homelab"].map((place) =>
    fileURLToPath(new URL(place, import.meta.url)),
  );
  const found = places.find((place) => existsSync(place));
  if (found === undefined) throw new UsageError(`Cannot find the home lab at ${places.join(" or ")}: name manifests with --manifests DIR`);
  const near = relative(process.cwd(), found);
  return near.startsWith("..") ? found : near;
}

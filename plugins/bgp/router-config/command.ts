/** `herald router-config`: what to type on the other side. */

import { type CommandIo, type CommandTools, type PluginCommand, type Translation, UsageError } from "../../../host/announcer.ts";
import { BFD_PROFILE, type BfdProfile } from "../bfd-profile.ts";
import { checkPeers } from "../check-peers.ts";
import { BGP_PEER, type Peer } from "../peer.ts";
import { translation } from "../translation.ts";
import { planRouters, type RouterPlans } from "./router-plan.ts";
import { WRITERS } from "./routers.ts";

const help = `
Usage: herald router-config --for ROUTER --manifests DIR [flags]

Prints what a router has to be told so that the cluster's nodes can peer with it,
from the BGPPeer, BFDProfile and Node objects of the manifests. Of a router that
several BGPPeers name (one for IPv4, one for IPv6) it is one configuration; for
each other router there is another. Passwords in Secrets are never read: put them
in place of what stands for them.

  --for ROUTER     ${Object.keys(WRITERS).join(", ")}
  --manifests DIR  directory (or one file), as for herald run
  --peer NAME      only for this BGPPeer; repeat the flag for more

Exit code: 0; 1 where the manifests have problems, or a node has no address that
the router could reach; 2 for wrong flags.

  herald router-config --for frr --manifests my-cluster/ --peer tor1
`;

export const routerConfig: PluginCommand = {
  name: "router-config",
  summary: "Print what to type on the router on the other side",
  help,
  run,
};

async function run(args: readonly string[], io: CommandIo, tools: CommandTools): Promise<number> {
  const { values, positionals } = tools.parseFlags(args, {
    for: { type: "string" },
    manifests: { type: "string" },
    peer: { type: "string", multiple: true },
  });
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
  const known = Object.keys(WRITERS);
  if (values.for === undefined) throw new UsageError(`Flag --for is missing: expected one of ${known.join(", ")}`);
  const write = Object.hasOwn(WRITERS, values.for) ? WRITERS[values.for] : undefined;
  if (write === undefined) throw new UsageError(`Unknown router "${values.for}"${tools.suggest(values.for, known)}`);
  if (values.manifests === undefined) throw new UsageError("Flag --manifests is missing: name a directory or a file");
  const read = await tools.readManifests(values.manifests, plansOf(values.peer)).catch((error: Error) => error);
  if (read instanceof Error) {
    io.stderr.write(`herald router-config: ${read.message}\n`);
    return 1;
  }
  const { routers, problems } = read.config;
  io.stdout.write(routers.map(write).join("\n"));
  const all = [...read.problems, ...problems];
  if (routers.length === 0 && all.length === 0) all.push(`found no BGPPeer in ${values.manifests}, expected one`);
  for (const problem of all) io.stderr.write(`${problem}\n`);
  return all.length > 0 ? 1 : 0;
}

/** Looks at the same resources as the plugin, from the other side. */
function plansOf(names: readonly string[] | undefined): Translation<RouterPlans> {
  return {
    read: translation.read,
    translate(world) {
      const peers = world.objects(BGP_PEER) as ReadonlyMap<string, Peer>;
      const profiles = world.objects(BFD_PROFILE) as ReadonlyMap<string, BfdProfile>;
      const { accepted, problems } = checkPeers(peers.values(), profiles, world.nodes);
      const wanted = [...accepted.values()].filter(({ name }) => names === undefined || names.includes(name));
      const plans = planRouters(wanted, profiles, world.nodes);
      const missing = (names ?? [])
        .filter((name) => !peers.has(name))
        .map((name) => `found no BGPPeer ${JSON.stringify(name)}, expected one`);
      return { config: { ...plans, problems: [...missing, ...plans.problems] }, advertisements: [], problems };
    },
  };
}

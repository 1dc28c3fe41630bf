/** `herald speaker`: a node's speaker in a cluster. */

import { clusterFlags, clusterHelp, readClusterFlags } from "./cluster-flags.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "./command.ts";
import { demandScopedFlags } from "./permission-flags.ts";
import { pluginFlags, pluginHelp, readPluginFlags } from "./plugin-flags.ts";
import { announcerFlags, readInterfaces, readLog } from "./role.ts";
import { type Plugins, runSpeaker } from "./speaker-role.ts";

const help = `
Usage: herald speaker --node-name NAME [flags]

Announces the Services of a cluster from this node, until SIGINT or SIGTERM: answers
for the VIPs that it owns, and tells BGP peers its routes. Reads Services,
endpoints, nodes and MetalLB's resources from the API server; while that is away,
announcements go on.

  --node-name NAME     the node that this is (default: $METALLB_NODE_NAME)
${clusterHelp}  --ignore-exclude-lb  also announce from nodes with the label
                       node.kubernetes.io/exclude-from-external-load-balancers
  --honor-cordon       do not announce from nodes that are cordoned (kubectl cordon,
                       kubectl drain); all speakers need the same
  --depose-silent-owner  take a VIP from a node that lives but does not answer for it
                       in three self-tests in a row; else that is only reported
  --interface IF       answer ARP and NDP only on this interface; repeat the
                       flag, or separate with commas (default: every one that is fit)
${pluginHelp}  --control PATH       socket that herald status asks; none for no socket
                       (default: /run/herald/NODE.sock)
  --log-level LEVEL    all or debug, info (default), warn, error or none
  --log-format FORMAT  text or json (default: text on a terminal)

It needs the capability CAP_NET_RAW.

Exit code: 0 after a signal; 1 where it cannot start or go on, with the reason;
2 for wrong flags.

  herald speaker --node-name node-a --kubeconfig ~/.kube/config
`;

/** `version`: which Herald this is, for who asks it while it runs. */
export function speakerCommandFor(plugins: Plugins, version: string): Command {
  return {
    name: "speaker",
    summary: "Announce a cluster's Services from this node",
    help,
    run: (args, io) => run(plugins, version, args, io),
  };
}

async function run(plugins: Plugins, version: string, args: readonly string[], io: CommandIo): Promise<number> {
  demandScopedFlags(args);
  const { values, positionals } = parseFlags(args, {
    "node-name": { type: "string" },
    "ignore-exclude-lb": { type: "boolean" },
    "honor-cordon": { type: "boolean" },
    "depose-silent-owner": { type: "boolean" },
    ...clusterFlags,
    ...announcerFlags,
    ...pluginFlags,
  });
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
  const node = values["node-name"] ?? process.env["METALLB_NODE_NAME"];
  if (node === undefined || node === "") throw new UsageError("Flag --node-name is missing: name the node that this is");
  const cluster = readClusterFlags(values);
  const interfaces = readInterfaces(values.interface);
  const choice = readPluginFlags(values, true);
  const log = readLog(values, io, { node });

  const gates = { ignoreExcludeLabel: values["ignore-exclude-lb"] ?? false, honorCordon: values["honor-cordon"] ?? false };

  return runSpeaker("speaker", io, {
    ...{ node, plugins, choice, interfaces, version, log, place: { namespace: cluster.namespace }, control: values.control },
    mayDepose: values["depose-silent-owner"] ?? false,
    async surround(signal) {
      const { inCluster } = await import("../roles/in-cluster.ts");
      return inCluster({ ...cluster, node, ...gates, log, signal });
    },
  });
}

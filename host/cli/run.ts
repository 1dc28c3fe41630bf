/** `herald run`: one node's speaker from a directory of manifests. */

import { hostname } from "node:os";
import { type Command, type CommandIo, parseFlags, UsageError } from "./command.ts";
import { readPlace } from "./endpoint-flags.ts";
import { demandScopedFlags } from "./permission-flags.ts";
import { pluginFlags, pluginHelp, readPluginFlags } from "./plugin-flags.ts";
import { announcerFlags, logFlags, readInterfaces, readLog } from "./role.ts";
import { type Plugins, runSpeaker } from "./speaker-role.ts";

const help = `
Usage: herald run --manifests DIR [flags]

Runs this node's speaker from manifests, the very YAML that one would kubectl
apply: answers for the VIPs that this node owns, tells BGP peers its routes, and
follows every edit, until SIGINT or SIGTERM. On a box without Kubernetes three objects are enough: a
Service, an IPAddressPool and an L2Advertisement.

  --manifests DIR      directory (or one file) with Services, pools,
                       advertisements, BGPPeers, Secrets and Nodes
  --node NAME          this node's name (default: the hostname); among the Nodes
                       of the manifests, or the only one where they have none
  --depose-silent-owner  take a VIP from a node that lives but does not answer for it
                       in three self-tests in a row; else that is only reported
  --interface IF       answer ARP and NDP only on this interface; repeat the
                       flag, or separate with commas (default: every one that is fit)
  --controller         give out addresses too; on exactly one node
  --allocations FILE   where addresses given out are on record; written by the
                       controller, read by all (default: DIR/allocations.yaml)
${pluginHelp}  --control PATH       socket that herald status asks, for this user only; none
                       for no socket (default: /run/herald/NODE.sock, or where
                       that may not be written,
                       $XDG_RUNTIME_DIR/herald/NODE.sock)
  --metrics ADDR:PORT  serve metrics for Prometheus at http://ADDR:PORT/metrics,
                       to whoever reaches it: 127.0.0.1:9120 (default: nowhere)
  --log-level LEVEL    all or debug, info (default), warn, error or none
  --log-format FORMAT  text or json (default: text on a terminal)

It needs the capability CAP_NET_RAW, and with --controller a directory that it
may write. herald plan shows beforehand what it would do.

Exit code: 0 after a signal; 1 where it cannot start or go on, with the reason;
2 for wrong flags.

  herald run --manifests /etc/herald --controller --interface eth0
`;

/** `version`: which Herald this is, for who asks it while it runs. */
export function runCommandFor(plugins: Plugins, version: string): Command {
  return {
    name: "run",
    summary: "Run this node's speaker from a directory of manifests",
    help,
    run: (args, io) => run(plugins, version, args, io),
  };
}

async function run(plugins: Plugins, version: string, args: readonly string[], io: CommandIo): Promise<number> {
  demandScopedFlags(args);
  const { values, positionals } = parseFlags(args, {
    manifests: { type: "string" },
    node: { type: "string" },
    controller: { type: "boolean" },
    allocations: { type: "string" },
    metrics: { type: "string" },
    "depose-silent-owner": { type: "boolean" },
    ...announcerFlags,
    ...pluginFlags,
    ...logFlags,
  });
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
  const { manifests, node = hostname(), allocations, controller: isController = false } = values;
  if (manifests === undefined) throw new UsageError("Flag --manifests is missing: name a directory or a file");
  const interfaces = readInterfaces(values.interface);
  const metrics = values.metrics === undefined ? undefined : readPlace("metrics", values.metrics);
  const choice = readPluginFlags(values, false);
  const log = readLog(values, io, { node });

  return runSpeaker("run", io, {
    ...{ node, plugins, choice, interfaces, version, log, place: { manifests }, control: values.control },
    mayDepose: values["depose-silent-owner"] ?? false,
    async surround() {
      const { onManifests } = await import("../roles/on-manifests.ts");
      const { plainEndpoints } = await import("../roles/endpoints.ts");
      return {
        surroundings: onManifests({ manifests, node, isController, ...(allocations === undefined ? {} : { allocations }), log }),
        endpoints: metrics && plainEndpoints(metrics.address, metrics.port, "--metrics"),
      };
    },
  });
}

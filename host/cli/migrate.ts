/** `herald migrate`: what it would be to go from MetalLB to Herald. Reads, and writes nothing. */

import type { PluginDefinition } from "../announcer.ts";
import type { ClusterRead } from "../cluster/migrate/read-cluster.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "./command.ts";
import { migrateText } from "./migrate-text.ts";

const help = `
Usage: herald migrate [FILE|DIR|-]... [flags]

Reads a cluster that runs MetalLB, and says what stays the same with Herald, what
differs, and what to do, in order, so that no Service loses its address. Asks the
API server (GET only), or takes what kubectl wrote. Changes nothing.

  FILE, DIR, -         YAML or JSON of "kubectl get ... -o yaml" instead of a
                       cluster; - is standard input
  --kubeconfig FILE    how to reach the API server (default: as a pod does, or
                       $KUBECONFIG, or ~/.kube/config)
  --namespace NAME     where MetalLB is (default: where its parts are)
  --json               the same as data

For files, everything that counts:

  kubectl get -A -o yaml services,endpointslices,nodes,namespaces,ipaddresspools,\\
    l2advertisements,bgpadvertisements,bgppeers.v1beta2.metallb.io,bfdprofiles,\\
    communities,servicel2statuses,servicebgpstatuses,deployments,daemonsets,pods,\\
    configmaps,customresourcedefinitions > cluster.yaml

Exit code: 0 where nothing is lost; 3 where an address, its node or something
configured would be; 1 where the cluster cannot be read or has no MetalLB; 2 for
wrong flags.

  herald migrate
  herald migrate cluster.yaml
`;

const LOSES = 3;

export function migrateCommandFor(builtIns: readonly PluginDefinition[]): Command {
  return {
    name: "migrate",
    summary: "Say what going from MetalLB to Herald changes, and how to",
    help,
    run: (args, io) => run(builtIns, args, io),
  };
}

async function run(builtIns: readonly PluginDefinition[], args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    kubeconfig: { type: "string" },
    namespace: { type: "string" },
    json: { type: "boolean" },
  });
  if (positionals.length > 0 && values.kubeconfig !== undefined) {
    throw new UsageError("Flag --kubeconfig stands beside files: expected a cluster or files");
  }
  const { assess, loses } = await import("../cluster/migrate/assess.ts");
  const { createRank } = await import("../packets/rank.ts");
  try {
    const { objects, refused } = positionals.length > 0 ? await fromFiles(positionals, io) : await fromCluster(values.kubeconfig);
    const place = values.namespace === undefined ? {} : { namespace: values.namespace };
    const report = assess(objects, { plugins: builtIns, rank: createRank(), refused, ...place });
    if (report === undefined) throw new Error("Cannot find MetalLB: expected its pools, peers, Deployment or DaemonSet");
    io.stdout.write(values.json ? `${JSON.stringify(report)}\n` : migrateText(report));
    return loses(report) ? LOSES : 0;
  } catch (error) {
    io.stderr.write(`herald migrate: ${(error as Error).message}\n`);
    return 1;
  }
}

async function fromFiles(paths: readonly string[], io: CommandIo): Promise<ClusterRead> {
  const { readFiles } = await import("../cluster/migrate/read-files.ts");
  return { objects: await readFiles(paths, io.stdin), refused: [] };
}

async function fromCluster(kubeconfig: string | undefined): Promise<ClusterRead> {
  const { readCluster } = await import("../cluster/migrate/read-cluster.ts");
  const { Client } = await import("../cluster/api/client.ts");
  const { credentialsFor } = await import("../roles/credentials.ts");
  const api = new Client({ credentials: await credentialsFor(kubeconfig), userAgent: "herald-migrate" });
  try {
    return await readCluster(api);
  } finally {
    api.close();
  }
}

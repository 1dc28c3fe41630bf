/** `herald controller`: gives out a cluster's addresses. */

import { clusterFlags, clusterHelp, readClusterFlags } from "./cluster-flags.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "./command.ts";
import { readLog, runRole } from "./role.ts";

const help = `
Usage: herald controller [flags]

Gives the Services of a cluster their addresses, and writes them into their
status, until SIGINT or SIGTERM. Several may run: one leads, the others wait to
take over.

${clusterHelp}  --log-level LEVEL    all or debug, info (default), warn, error or none
  --log-format FORMAT  text or json (default: text on a terminal)

Exit code: 0 after a signal; 1 where it cannot start or go on, with the reason;
2 for wrong flags.

  herald controller --kubeconfig ~/.kube/config
`;

/** `version`: which Herald this is, for its metrics. */
export function controllerCommandFor(version: string): Command {
  return {
    name: "controller",
    summary: "Give a cluster's Services their addresses",
    help,
    run: (args, io) => run(version, args, io),
  };
}

async function run(version: string, args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, clusterFlags);
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
  const choice = readClusterFlags(values);
  const log = readLog(values, io, {});

  return runRole("controller", io, async () => {
    const { startController } = await import("../roles/controller.ts");
    return startController({ ...choice, version, log });
  });
}

/** `herald plan`: the dry run. Who would get which address and who would announce it, and why not; no network, no state. */

import { type Command, type CommandIo, parseFlags, UsageError } from "./command.ts";
import { planText } from "./plan-text.ts";
import type { ShippedPlugins } from "./shipped-plugins.ts";

const help = `
Usage: herald plan --manifests DIR [flags]

Reads manifests and says what Herald would do: the address of each Service, the
order in which nodes would own it, who announces it by what, from which nodes
where that is more than the owner, and for everything that is refused, why.
Touches no network and writes nothing. Plugins that Plugin resources bring are
asked what they are, in a process without any permission, where they are there.

  --manifests DIR     directory (or one file), as for herald run
  --allocations FILE  addresses already given out
                      (default: DIR/allocations.yaml)
  --node NAME         only what this node announces: one of the Nodes, or where
                      the manifests have none, the name of this box
  --json              {"allocations": [{"service", "vips", "pool" | "reason"}],
                      "owners": [{"vip", "rank": [NODE…]}],
                      "announcements": [{"node", "vip", "via", "links",
                      "services"}],
                      "refused": [{"service", "node", "via", "reason"}],
                      "problems": [{"file", "line", "object", "path", "found",
                      "expected"}]}

Exit code: 0; 1 where the manifests have problems or cannot be read; 2 for wrong
flags. A Service that gets no address is no problem of the manifests.

  herald plan --manifests fixtures/homelab
`;

export function planCommandFor(plugins: ShippedPlugins): Command {
  return {
    name: "plan",
    summary: "Say what would be allocated and announced, and why not",
    help,
    run: (args, io) => run(plugins, args, io),
  };
}

async function run(plugins: ShippedPlugins, args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    manifests: { type: "string" },
    allocations: { type: "string" },
    node: { type: "string" },
    json: { type: "boolean" },
  });
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
  if (values.manifests === undefined) throw new UsageError("Flag --manifests is missing: name a directory or a file");
  const { planManifests } = await import("./plan-manifests.ts");
  let plan: Awaited<ReturnType<typeof planManifests>>;
  try {
    plan = await planManifests(plugins, { manifests: values.manifests, allocations: values.allocations, node: values.node });
  } catch (error) {
    io.stderr.write(`herald plan: ${(error as Error).message}\n`);
    return 1;
  }
  const { output, everyNode } = plan;
  io.stdout.write(values.json ? `${JSON.stringify(output)}\n` : planText(output, everyNode));
  return output.problems.length > 0 ? 1 : 0;
}

/** `herald run`: one node's speaker from a directory of manifests. */

import { hostname } from "node:os";
import type { PluginDefinition } from "../announcer.ts";
import { createLog, type Level, levels } from "../observe/log.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "./command.ts";

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
  --interface IF       answer ARP only on this interface; repeat the flag, or
                       separate with commas (default: every one that is fit)
  --controller         give out addresses too; on exactly one node
  --allocations FILE   where addresses given out are on record; written by the
                       controller, read by all (default: DIR/allocations.yaml)
  --driver DRIVER      event-loop (default), or blocking for machines that
                       answer more than 100,000 requests a second
  --control PATH       socket that herald status asks, for this user only; none
                       for no socket (default: /run/herald/NODE.sock, or where
                       that may not be written,
                       $XDG_RUNTIME_DIR/herald/NODE.sock)
  --log-level LEVEL    debug, info (default), warn or error
  --log-format FORMAT  text or json (default: text on a terminal)

It needs the capability CAP_NET_RAW, and with --controller a directory that it
may write. herald plan shows beforehand what it would do.

Exit code: 0 after a signal; 1 where it cannot start or go on, with the reason;
2 for wrong flags.

  herald run --manifests /etc/herald --controller --interface eth0
`;

type BuiltIns = readonly PluginDefinition[];

/** `version`: which Herald this is, for who asks it while it runs. */
export function runCommandFor(builtIns: BuiltIns, version: string): Command {
  return {
    name: "run",
    summary: "Run this node's speaker from a directory of manifests",
    help,
    run: (args, io) => run(builtIns, version, args, io),
  };
}

async function run(builtIns: BuiltIns, version: string, args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    manifests: { type: "string" },
    node: { type: "string" },
    interface: { type: "string", multiple: true },
    controller: { type: "boolean" },
    allocations: { type: "string" },
    driver: { type: "string" },
    control: { type: "string" },
    "log-level": { type: "string" },
    "log-format": { type: "string" },
  });
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
  if (values.manifests === undefined) throw new UsageError("Flag --manifests is missing: name a directory or a file");
  const driver = oneOf("driver", values.driver ?? "event-loop", ["event-loop", "blocking"] as const);
  const level: Level = oneOf("log-level", values["log-level"] ?? "info", levels);
  const format = oneOf("log-format", values["log-format"] ?? (process.stdout.isTTY ? "text" : "json"), ["text", "json"] as const);
  const interfaces = (values.interface ?? []).flatMap((names) => names.split(",")).filter((name) => name !== "");

  const { startSpeaker } = await import("../roles/speaker.ts");
  const { openKernelNetwork } = await import("../packets/network.ts");
  const { keepHeapSmall, ownHeap } = await import("../observe/small-heap.ts");
  const { controlPlace } = await import("../observe/control-place.ts");
  const { libc } = await import("../packets/libc.ts");
  const node = values.node ?? hostname();
  const log = createLog({ level, format, write: (line) => io.stdout.write(line) }, { node });
  const { ended, end } = untilTold();
  const place = values.allocations === undefined ? {} : { allocations: values.allocations };
  const shrink = (): Promise<void> => ownHeap.shrink().then(() => libc().trim());
  const stopKeeping = keepHeapSmall({ ...ownHeap, shrink });
  try {
    const speaker = await startSpeaker({
      manifests: values.manifests,
      node,
      isController: values.controller ?? false,
      ...place,
      control: controlPlace(values.control, node),
      version,
      openNetwork: (onLost) => openKernelNetwork(driver, onLost),
      plugins: builtIns.map((definition) => ({ definition, config: interfaces.length > 0 ? { interfaces } : {} })),
      log,
      onFatal: end,
    });
    log.info("Speaker runs", { manifests: values.manifests });
    const error = await ended;
    const stopped = speaker.stop("replace");
    if (error !== undefined) {
      await stopped.catch(() => {}); // what went wrong first is what matters
      throw error;
    }
    await stopped;
    return 0;
  } catch (error) {
    io.stderr.write(`herald run: ${(error as Error).message}\n`);
    return 1;
  } finally {
    stopKeeping();
  }
}

/** `ended` resolves at SIGINT or SIGTERM, a second of which kills, or with the error that `end` was given. */
function untilTold(): { ended: Promise<Error | undefined>; end(error: Error): void } {
  let end: (error?: Error) => void = () => {};
  const ended = new Promise<Error | undefined>((resolve) => (end = resolve));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => end());
  return { ended, end };
}

function oneOf<T extends string>(flag: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw new UsageError(`Flag --${flag} has the value "${value}": expected ${choices.slice(0, -1).join(", ")} or ${choices.at(-1)}`);
  return found;
}

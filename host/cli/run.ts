/** `herald run`: one node's speaker from a directory of manifests. */

import { hostname } from "node:os";
import type { PluginDefinition } from "../announcer.ts";
import { createLog, type Level, levels } from "../observe/log.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "./command.ts";

const help = `
Usage: herald run --manifests DIR [flags]

Runs this node's speaker from manifests: the very YAML that one would kubectl apply. It answers for the VIPs that this
node owns, and follows every edit. Runs until SIGINT or SIGTERM.

  --manifests DIR      directory (or one file) with Services, Nodes, pools and advertisements
  --node NAME          this node's name (default: the hostname)
  --interface IF       announce only on this interface; repeat it, or separate with commas
  --controller         also give out addresses; on exactly one node
  --allocations FILE   where addresses given out are recorded (default: DIR/allocations.yaml)
  --driver DRIVER      event-loop (default), or blocking for more than 100,000 requests a second
  --log-level LEVEL    debug, info (default), warn or error
  --log-format FORMAT  text or json (default: text on a terminal)

It needs the capability CAP_NET_RAW and nothing else.

  herald run --manifests /etc/herald --controller --interface eth0
`;

type BuiltIns = readonly PluginDefinition[];

export function runCommandFor(builtIns: BuiltIns): Command {
  return { name: "run", summary: "Run this node's speaker from a directory of manifests", help, run: (args, io) => run(builtIns, args, io) };
}

async function run(builtIns: BuiltIns, args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    manifests: { type: "string" },
    node: { type: "string" },
    interface: { type: "string", multiple: true },
    controller: { type: "boolean" },
    allocations: { type: "string" },
    driver: { type: "string" },
    "log-level": { type: "string" },
    "log-format": { type: "string" },
  });
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}": expected only flags`);
  if (values.manifests === undefined) throw new UsageError("Flag --manifests is missing: name a directory or a file");
  const driver = oneOf("driver", values.driver ?? "event-loop", ["event-loop", "blocking"] as const);
  const level: Level = oneOf("log-level", values["log-level"] ?? "info", levels);
  const format = oneOf("log-format", values["log-format"] ?? (process.stdout.isTTY ? "text" : "json"), ["text", "json"] as const);
  const interfaces = (values.interface ?? []).flatMap((names) => names.split(",")).filter((name) => name !== "");

  const { startSpeaker } = await import("../speaker.ts");
  const { openKernelNetwork } = await import("../packets/network.ts");
  const node = values.node ?? hostname();
  const log = createLog({ level, format, write: (line) => io.stdout.write(line) }, { node });
  let fail: (error: Error) => void = () => {};
  const ended = new Promise<Error | undefined>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve(undefined));
    fail = resolve;
  });
  const place = values.allocations === undefined ? {} : { allocations: values.allocations };
  try {
    const speaker = await startSpeaker({
      manifests: values.manifests,
      node,
      isController: values.controller ?? false,
      ...place,
      openNetwork: (onLost) => openKernelNetwork(driver, onLost),
      plugins: builtIns.map((definition) => ({ definition, config: interfaces.length > 0 ? { interfaces } : {} })),
      log,
      onFatal: fail,
    });
    log.info("Speaker runs", { manifests: values.manifests });
    const error = await ended;
    if (error !== undefined) throw error;
    await speaker.stop("replace");
    return 0;
  } catch (error) {
    io.stderr.write(`herald run: ${(error as Error).message}\n`);
    return 1;
  }
}

function oneOf<T extends string>(flag: string, value: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new UsageError(`Flag --${flag} has the value "${value}": expected ${choices.join(" or ")}`);
  return found;
}

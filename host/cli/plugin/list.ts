/** `herald plugin list`: what a lock file pins. */

import { resolve } from "node:path";
import { visible } from "../../observe/log.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "../command.ts";
import { table } from "../table.ts";

const help = `
Usage: herald plugin list [--lock FILE] [--json]

Shows which plugins are pinned, and by which hash.

  --lock FILE  default: ./herald.lock
  --json       the same as data, one object a line

  herald plugin list
`;

export const list: Command = { name: "plugin list", summary: "Show what is pinned", help, run };

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, { lock: { type: "string" }, json: { type: "boolean" } });
  if (positionals.length > 0) throw new UsageError(`Unknown argument "${positionals[0]}"`);
  const { readLock } = await import("../../sandbox/source/lock-file.ts");
  try {
    const lock = [...(await readLock(resolve(values.lock ?? "herald.lock")))];
    const rows = lock.map(([specifier, { pin, files }]) => [visible(specifier), String(Object.keys(files).length), pin]);
    const text = rows.length > 0 ? table(["PLUGIN", "FILES", "PIN"], rows) : "No plugin is pinned.\n";
    io.stdout.write(values.json ? lock.map(([specifier, entry]) => `${JSON.stringify({ specifier, ...entry })}\n`).join("") : text);
    return 0;
  } catch (error) {
    io.stderr.write(`herald plugin list: ${(error as Error).message}\n`);
    return 1;
  }
}

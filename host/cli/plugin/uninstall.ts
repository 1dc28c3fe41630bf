/** `herald plugin uninstall`: takes plugins out of a lock file. */

import { resolve } from "node:path";
import { type Command, type CommandIo, parseFlags, UsageError } from "../command.ts";

const help = `
Usage: herald plugin uninstall SPECIFIER... [--lock FILE]

Takes plugins out of herald.lock. What was fetched stays in the cache; a Herald
that runs goes on with what it has loaded.

  SPECIFIER    as herald plugin list shows it
  --lock FILE  default: ./herald.lock

  herald plugin uninstall @acme/vrrp@1.2.0
`;

export const uninstall: Command = { name: "plugin uninstall", summary: "Take plugins out of the lock file", help, run };

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, { lock: { type: "string" } });
  if (positionals.length === 0) throw new UsageError("Name a plugin, as herald plugin list shows it");
  const { lockKey, readLock, writeLockEntry } = await import("../../sandbox/source/lock-file.ts");
  const { readSpecifier } = await import("../../sandbox/source/specifier.ts");
  const path = resolve(values.lock ?? "herald.lock");
  try {
    const lock = await readLock(path);
    const keys = positionals.map((text) => (lock.has(text) ? text : lockKey(path, readSpecifier(text, process.cwd()))));
    const unknown = keys.find((key) => !lock.has(key));
    if (unknown !== undefined) throw new Error(`${unknown} is not in ${path}`);
    for (const key of keys) await writeLockEntry(path, key, undefined);
    return 0;
  } catch (error) {
    io.stderr.write(`herald plugin uninstall: ${(error as Error).message}\n`);
    return 1;
  }
}

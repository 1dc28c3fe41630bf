/** `herald plugin install`: the one command that fetches plugins, and that pins them anew. Nothing of them runs outside of a sandbox. */

import { resolve } from "node:path";
import type { Permission } from "../../announcer.ts";
import { createLog, visible } from "../../observe/log.ts";
import { flagWord, resourceItem } from "../../sandbox/permissions/grant-hint.ts";
import type { LoadedPlugin, LoadOptions } from "../../sandbox/source/load-bundle.ts";
import type { LockEntry } from "../../sandbox/source/lock-file.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "../command.ts";
import { count } from "../words.ts";
import type { Inspection } from "./inspect-plugin.ts";

const help = `
Usage: herald plugin install SPECIFIER... [flags]

Fetches plugins where they have to be fetched, bundles them, and pins in
herald.lock what they are made of. From then on Herald loads that and nothing
else, and needs no network for it. Says what each asks for; for that it is read
in a process of its own, where there is nothing to use.

  SPECIFIER          ./vrrp.ts, a folder, ./vrrp-1.2.0.tgz, @acme/vrrp@1.2.0, or
                     https://example.com/vrrp.ts with what that imports
  --lock FILE        default: ./herald.lock
  --cache DIR        what was fetched and bundled (default: herald in
                     $XDG_CACHE_HOME, else /var/cache/herald for root and
                     ~/.cache/herald for others)
  --registry URL     of npm packages (default: $npm_config_registry)
  --yes              also where another pin takes the place of one in the lock

An authority of one's own for https is named in $NODE_EXTRA_CA_CERTS.

Exit code: 0; 1 where one cannot be loaded; 3 where one is pinned otherwise and
--yes was not given; 2 for wrong flags.

  herald plugin install @acme/vrrp@1.2.0
`;

const OTHER_PIN = 3;

export const install: Command = { name: "plugin install", summary: "Fetch, bundle and pin plugins", help, run };

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, {
    lock: { type: "string" },
    cache: { type: "string" },
    registry: { type: "string" },
    yes: { type: "boolean" },
  });
  if (positionals.length === 0) throw new UsageError("Name a plugin: a path, a package with its version, or an https URL");
  const { loadPlugin, pinPlugin } = await import("../../sandbox/source/load-bundle.ts");
  const { inspectPlugin } = await import("./inspect-plugin.ts");
  const lock = resolve(values.lock ?? "herald.lock");
  const registry = values.registry ?? process.env["npm_config_registry"];
  const say = (line: string) => io.stderr.write(`herald plugin install: ${line}\n`);
  const log = createLog({ level: "warn", format: "text", write: (line) => io.stderr.write(line) });
  const options: LoadOptions = {
    lock,
    anew: true,
    mayFetch: true,
    warn: say,
    ...(values.cache === undefined ? {} : { cache: values.cache }),
    ...(registry === undefined ? {} : { registry }),
  };
  const installOne = async (specifier: string): Promise<number> => {
    const loaded = await loadPlugin(specifier, options);
    const inspection = await inspectPlugin(loaded.bundle, log);
    io.stdout.write(describe(loaded, inspection));
    if (loaded.before !== undefined && loaded.before.pin !== loaded.entry.pin && !values.yes) {
      say(`${specifier} is another than in ${lock}: --yes pins it anew`);
      return OTHER_PIN;
    }
    await pinPlugin(lock, loaded, { api: inspection.api, permissions: inspection.permissions });
    return 0;
  };
  const codes: number[] = [];
  for (const specifier of positionals) {
    const code = await installOne(specifier).catch((error: Error) => {
      say(error.message);
      return 1;
    });
    codes.push(code);
  }
  return codes.find((code) => code !== 0) ?? 0;
}

function describe({ bundle, entry, before, title, bytes }: LoadedPlugin, { name, api, permissions }: Inspection): string {
  const programs = bundle.programs.size === 0 ? "" : `, with ${count(bundle.programs.size, "packet program")}`;
  const isOther = before !== undefined && before.pin !== entry.pin;
  const rows: (readonly [name: string, value: string])[] = [
    ["name", `${name}, for API ${api}`],
    ["package", title ?? ""],
    ["from", entry.resolved],
    ["files", `${count(Object.keys(entry.files).length, "file")}, ${count(bytes, "byte")}${programs}`],
    ["pin", entry.pin],
    ["was", isOther ? before.pin : ""],
    ["changed", isOther ? changes(before.files, entry.files) : ""],
    ...permissions.map(
      (permission) => ["asks for", `${wordOf(permission)}${isOther && isMore(permission, before) ? " (new)" : ""}`] as const,
    ),
  ];
  const lines = rows.filter(([, value]) => value !== "").map(([name, value]) => `  ${name.padEnd(8)}  ${visible(value)}\n`);
  return `${visible(bundle.specifier)}\n${lines.join("")}`;
}

function wordOf(permission: Permission): string {
  return flagWord("allow", permission) ?? resourceItem(permission);
}

/** Also where nobody knows what it asked for before. */
function isMore(permission: Permission, { permissions = [] }: LockEntry): boolean {
  return !permissions.some((known) => wordOf(known) === wordOf(permission));
}

function changes(before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>): string {
  const paths = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  return paths.filter((path) => before[path] !== after[path]).join(", ") || "which file is the entry";
}

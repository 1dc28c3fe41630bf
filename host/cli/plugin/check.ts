/** `herald plugin check`: what is it, what does it ask for, and what is wrong with it? */

import { relative, resolve } from "node:path";
import { createLog, visible } from "../../observe/log.ts";
import { quotedScope } from "../../sandbox/permissions/scope-text.ts";
import type { CheckedPlugin } from "../../workbench/authoring/check-plugin.ts";
import { type Command, type CommandIo, parseFlags } from "../command.ts";
import { folderOf, readPath } from "./path.ts";

const help = `
Usage: herald plugin check PATH [--json]

Looks at a plugin without giving it anything: its code is loaded in a process of
its own, with nothing lent. Prints its name, who announces, what it asks for
with its example, and how that is granted: flags and YAML, ready to paste. Types
are checked where TypeScript is in its node_modules. All problems are said at
once, with file and line.

  --json   {"plugin", "pin", "permissions", "flags", "grants", "resource",
           "program", "types", "problems"}

Exit code: 0 where nothing is wrong, else 1.

  herald plugin check .
`;

export const check: Command = { name: "plugin check", summary: "Say what it is, what it asks for, and what is wrong", help, run };

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, { json: { type: "boolean" } });
  const path = readPath(positionals);
  const { checkPlugin } = await import("../../workbench/authoring/check-plugin.ts");
  const log = createLog({ level: "warn", format: "text", write: (line) => io.stderr.write(line) });
  const checked = await checkPlugin(path, folderOf(path), log);
  if (values.json) io.stdout.write(`${JSON.stringify(checked)}\n`);
  else {
    io.stdout.write(textOf(checked, path));
    for (const problem of checked.problems) io.stderr.write(`herald plugin check: ${problem}\n`);
  }
  return checked.problems.length > 0 ? 1 : 0;
}

const WHO = { owner: "the node that owns an address", "every-node": "every node", cluster: "one node of the cluster" } as const;

function textOf({ plugin, pin, program, types, permissions, flags, grants, resource }: CheckedPlugin, path: string): string {
  if (plugin === undefined) return "";
  const { name, api, from, serves, example } = plugin;
  const families = serves.families.map((family) => `IPv${family}`).join(" and ");
  const facts = [
    `${name}, for API version ${api}`,
    `  announces  ${families}, from ${WHO[from]}, for advertisements of kind ${visible(serves.kind)}`,
    ...(program === undefined ? [] : [`  program    ${visible(plugin.program ?? "")}: ${programText(program)}`]),
    `  types      ${types.isChecked ? `${types.problems.length} problems, by ${types.by}` : `not checked: ${types.by}`}`,
    `  pin        ${pin}`,
    "",
  ];
  if (permissions.length === 0) return `${[...facts, "It asks for nothing."].join("\n")}\n`;
  return `${[
    ...facts,
    `With its example, ${visible(JSON.stringify(example))}, it asks for`,
    ...permissions.map((permission) => `  ${permission.kind} ${quotedScope(permission)}`),
    "",
    "which is granted by flags:",
    `  herald run --plugin ${pathText(path)} ${flags.join(" ")} …`,
    "or an entry of the grants file:",
    `  ${grants}`,
    "or in a cluster, by spec.grants of its Plugin:",
    ...resource.map((item) => `  - ${item}`),
  ].join("\n")}\n`;
}

function programText({ bytes, pages, rows, slots, slotBytes }: NonNullable<CheckedPlugin["program"]>): string {
  return `${bytes} bytes, ${pages * 64} KiB of memory, ${rows} rows, batches of ${slots} × ${slotBytes} bytes`;
}

function pathText(path: string): string {
  const near = relative(process.cwd(), resolve(path));
  return near.startsWith("..") ? resolve(path) : `./${near}`;
}

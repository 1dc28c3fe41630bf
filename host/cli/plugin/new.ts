/** `herald plugin new`: the folder of a plugin that works. */

import { relative, resolve } from "node:path";
import { PLUGIN_NAME } from "../../sandbox/plugin-name.ts";
import { type Command, type CommandIo, parseFlags, UsageError } from "../command.ts";

const help = `
Usage: herald plugin new NAME [DIR] [--packet-program]

Writes a plugin that works into DIR, by default ./NAME: TypeScript with a test,
a README and what an editor needs for types. It speaks a small protocol by
Ethernet frames; change it into yours. Nothing that is there is overwritten.

  --packet-program  with its hot path in AssemblyScript, and a recorded capture

  herald plugin new hello
`;

export const newPlugin: Command = { name: "plugin new", summary: "Write a plugin that works, to begin with", help, run };

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, { "packet-program": { type: "boolean" } });
  const [name, folder = name, ...more] = positionals;
  if (name === undefined || folder === undefined) throw new UsageError("Name the plugin: herald plugin new NAME");
  if (more.length > 0) throw new UsageError(`Unknown argument "${more[0]}": expected NAME and DIR`);
  if (!PLUGIN_NAME.test(name))
    throw new UsageError(
      `Cannot call a plugin ${JSON.stringify(name)}: expected lower-case letters, digits and dashes, at most 63, a letter first`,
    );
  const { writeNewPlugin } = await import("../../workbench/authoring/new-plugin.ts");
  try {
    const files = writeNewPlugin({ name, folder: resolve(folder), hasProgram: values["packet-program"] ?? false });
    const place = relative(process.cwd(), resolve(folder)) || ".";
    for (const file of files) io.stdout.write(`${place}/${file}\n`);
    io.stdout.write(`\nNext: herald plugin test ${place}\n`);
    return 0;
  } catch (error) {
    io.stderr.write(`herald plugin new: ${(error as Error).message}\n`);
    return 1;
  }
}

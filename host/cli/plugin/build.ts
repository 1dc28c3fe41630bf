/** `herald plugin build`: the plugin as one file, to be published and installed. */

import { writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { visible } from "../../observe/log.ts";
import { type Command, type CommandIo, parseFlags } from "../command.ts";
import { folderOf, readPath } from "./path.ts";

const help = `
Usage: herald plugin build PATH [flags]

Compiles assembly/program.ts to program.wasm, where there is one and the author
has the AssemblyScript compiler, and packs what the plugin is made of into
NAME-VERSION.tgz: the same sources give the same bytes. No tests, no fixtures,
no node_modules. Prints the pin, which is that of the folder, too.

  --out DIR  where the file is written (default: here)
  --json     {"name", "version", "pin", "file", "bytes", "paths"}

  herald plugin build .
`;

export const build: Command = { name: "plugin build", summary: "Pack it into one file, and print its pin", help, run };

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, { out: { type: "string" }, json: { type: "boolean" } });
  const path = readPath(positionals);
  const { compileProgram, HOW_TO_GET_IT } = await import("../../workbench/authoring/compile-program.ts");
  const { packPlugin } = await import("../../workbench/authoring/pack-plugin.ts");
  try {
    if (compileProgram(folderOf(path)) === "no compiler") {
      io.stderr.write(`herald plugin build: program.wasm stays as it is: no AssemblyScript compiler here, ${HOW_TO_GET_IT} gets it\n`);
    }
    const { bytes, file, ...packed } = await packPlugin(path);
    const place = join(resolve(values.out ?? "."), file);
    writeFileSync(place, bytes);
    if (values.json) io.stdout.write(`${JSON.stringify({ ...packed, file: place, bytes: bytes.length })}\n`);
    else {
      const shown = relative(process.cwd(), place);
      const lines = [
        `${visible(packed.name)} ${visible(packed.version)}, ${bytes.length} bytes`,
        ...packed.paths.map((each) => `  ${each}`),
      ];
      io.stdout.write(`${[...lines, `pin ${packed.pin}`, "", `Next: herald plugin install ./${shown}`].join("\n")}\n`);
    }
    return 0;
  } catch (error) {
    io.stderr.write(`herald plugin build: ${(error as Error).message}\n`);
    return 1;
  }
}

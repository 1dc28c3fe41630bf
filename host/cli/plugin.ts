/** `herald plugin`: what authors and operators of plugins need, one part each; none is loaded but the one that is asked for. */

import { type Command, type CommandIo, type Part, suggest, UsageError } from "./command.ts";

const parts: Readonly<Record<string, Part & { readonly summary: string }>> = {
  new: { summary: "write a plugin that works, to begin with", load: async () => (await import("./plugin/new.ts")).newPlugin },
  check: { summary: "say what it is, what it asks for, and what is wrong", load: async () => (await import("./plugin/check.ts")).check },
  test: { summary: "try what every plugin must do, and its own tests", load: async () => (await import("./plugin/test.ts")).testCommand },
  bench: { summary: "measure what it costs", load: async () => (await import("./plugin/bench.ts")).bench },
  build: { summary: "pack it into one file, and print its pin", load: async () => (await import("./plugin/build.ts")).build },
  install: { summary: "fetch, bundle and pin plugins", load: async () => (await import("./plugin/install.ts")).install },
  list: { summary: "show what is pinned", load: async () => (await import("./plugin/list.ts")).list },
  uninstall: { summary: "take plugins out of the lock file", load: async () => (await import("./plugin/uninstall.ts")).uninstall },
};

const width = Math.max(...Object.keys(parts).map((name) => name.length));
const help = `
Usage: herald plugin PART [arguments]

Plugins announce addresses by protocols that Herald does not have. One that is
not built in runs apart, in a process without rights, and does what it was
granted.

${Object.entries(parts)
  .map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`)
  .join("\n")}

herald plugin PART --help tells more.
`;

export const plugin: Command = { name: "plugin", summary: "Write, check, test, pack and install plugins", help, parts, run };

/** Only where no part was named. */
async function run([name]: readonly string[], io: CommandIo): Promise<number> {
  if (name !== undefined) throw new UsageError(`Unknown argument "${name}"${suggest(name, Object.keys(parts))}`);
  io.stdout.write(`${help.trim()}\n`);
  return 0;
}

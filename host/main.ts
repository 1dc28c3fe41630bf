#!/usr/bin/env node
/**
 * Herald: `herald COMMAND`, by default `lab`. Here are the two commands that are asked often and need little; all others are in bundles of
 * their own, of which one is loaded: a speaker starts without the lab, and nobody waits for what is not asked for.
 */

import { existsSync, readFileSync } from "node:fs";
import { type Command, runCommand, suggest } from "./cli/command.ts";
import { drain } from "./cli/drain.ts";
import { status } from "./cli/status.ts";

const byDefault = "lab";

/** The commands of one bundle, with what runs them: the classes of errors differ between bundles. */
interface Group {
  readonly commands: readonly Command[];
  run(command: Command, args: readonly string[], io: Parameters<typeof runCommand>[2]): Promise<number>;
}

/** Group → the names of its commands; `tools` has all others. */
const names = { own: ["status", "drain"], roles: ["run", "speaker", "controller"] };

async function groupOf(name: string): Promise<Group> {
  if (names.own.includes(name)) return { commands: [status, drain], run: runCommand };
  const isRole = names.roles.includes(name);
  const group = isRole ? await import("./commands/roles.ts") : await import("./commands/tools.ts");
  return { commands: group.commands(version()), run: group.runCommand };
}

async function usage(): Promise<string> {
  const groups = await Promise.all(["lab", "run", "status"].map(groupOf));
  const commands = groups.flatMap((group) => group.commands);
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    "Herald gives LoadBalancer Services an address and tells the network which node to send it to.",
    "",
    "Usage: herald [COMMAND] [flags]",
    "",
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}${name === byDefault ? " (the default)" : ""}`),
    "",
    "herald COMMAND --help tells more; herald --version says which Herald this is.",
    "",
  ].join("\n");
}

/** `package.json` is beside the bundle, and one folder up from here. */
function version(): string {
  const [beside, above] = ["./package.json", "../package.json"].map((place) => new URL(place, import.meta.url)) as [URL, URL];
  return JSON.parse(readFileSync(existsSync(beside) ? beside : above, "utf8")).version;
}

async function main(args: readonly string[]): Promise<number> {
  const io = { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr };
  const [first = byDefault, ...rest] = args;
  if (first === "help") return main([...rest, "--help"]);
  if (first === "--help" || first === "-h") {
    io.stdout.write(await usage());
    return 0;
  }
  if (first === "--version") {
    io.stdout.write(`${version()}\n`);
    return 0;
  }
  const isFlag = first.startsWith("-");
  const name = isFlag ? byDefault : first;
  const group = await groupOf(name);
  const command = group.commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const known = [...group.commands.map((candidate) => candidate.name), ...names.roles, ...names.own];
    io.stderr.write(`herald: Unknown command "${name}"${suggest(name, known)}\n`);
    return 2;
  }
  return group.run(command, isFlag ? args : rest, io);
}

// Whoever reads us may stop reading (`herald … | head`): there is nobody left to tell, so that is a quiet end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

/** What a command left open (a socket, a timer) must not keep a finished command alive; what it wrote must get out first. */
function end(code: number): void {
  process.exitCode = code;
  process.stdout.write("", () => process.stderr.write("", () => process.exit()));
}

main(process.argv.slice(2)).then(end, (error: Error) => {
  process.stderr.write(`herald: ${error.stack ?? error.message}\n`);
  end(1);
});

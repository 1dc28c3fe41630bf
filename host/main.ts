#!/usr/bin/env node
/**
 * Herald: `herald COMMAND`, by default `lab`. The composition root, and the only file that knows the built-in plugins.
 */

import { existsSync, readFileSync } from "node:fs";
import { benchSubjects, builtIns, optional, commands as pluginCommands } from "../plugins/index.ts";
import { benchCommandFor } from "./cli/bench.ts";
import { type Command, runCommand, suggest } from "./cli/command.ts";
import { controllerCommandFor } from "./cli/controller.ts";
import { decode } from "./cli/decode.ts";
import { drain } from "./cli/drain.ts";
import { explainCommandFor } from "./cli/explain.ts";
import { labCommandFor } from "./cli/lab.ts";
import { migrateCommandFor } from "./cli/migrate.ts";
import { planCommandFor } from "./cli/plan.ts";
import { plugin } from "./cli/plugin.ts";
import { hostCommand } from "./cli/plugin-command.ts";
import { runCommandFor } from "./cli/run.ts";
import { speakerCommandFor } from "./cli/speaker.ts";
import { status } from "./cli/status.ts";

const commands: readonly Command[] = [
  labCommandFor(builtIns),
  runCommandFor({ builtIns, optional }, version()),
  speakerCommandFor({ builtIns, optional }, version()),
  controllerCommandFor(version()),
  planCommandFor({ builtIns, optional }),
  explainCommandFor({ builtIns, optional }),
  migrateCommandFor(builtIns),
  status,
  drain,
  plugin,
  ...pluginCommands.map(hostCommand),
  decode,
  benchCommandFor(benchSubjects),
];
const byDefault = "lab";

function usage(): string {
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
    io.stdout.write(usage());
    return 0;
  }
  if (first === "--version") {
    io.stdout.write(`${version()}\n`);
    return 0;
  }
  const isFlag = first.startsWith("-");
  const name = isFlag ? byDefault : first;
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    const known = commands.map((candidate) => candidate.name);
    io.stderr.write(`herald: Unknown command "${name}"${suggest(name, known)}\n`);
    return 2;
  }
  return runCommand(command, isFlag ? args : rest, io);
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

/** `herald plugin test`: does it keep the contract, and what its author says that it does? */

import { resolve } from "node:path";
import { createLog, visible } from "../../observe/log.ts";
import { quotedScope } from "../../sandbox/permissions/scope-text.ts";
import type { Outcome } from "../../workbench/authoring/test-plugin.ts";
import { type Command, type CommandIo, parseFlags } from "../command.ts";
import { folderOf, readPath } from "./path.ts";

const help = `
Usage: herald plugin test PATH [flags]

Tries what every plugin must do, on a network in memory: first in this process,
where time is made and a failure has a stack, then in a process of its own, as
it will be run. Captures in fixtures/ are played to it: NAME.hex (a frame a
line), NAME.pcap; with NAME.answers.hex beside it, the plugin with all its
addresses (192.0.2.1 to .4, 2001:db8::1 to ::4) must send exactly that. Then it
runs the author's own *.test.ts (node:test, with herald/testing as the kit).

The plugin and its tests run with your rights here: it is for your own code.

  --here   quickly: not in a process of its own

Exit code: 0 where all pass, else 1. SEED=N repeats what was random.

  herald plugin test .
`;

export const testCommand: Command = { name: "plugin test", summary: "Try what every plugin must do, and its own tests", help, run };

async function run(args: readonly string[], io: CommandIo): Promise<number> {
  const { values, positionals } = parseFlags(args, { here: { type: "boolean" } });
  const path = readPath(positionals);
  const folder = folderOf(path);
  const print = (line: string) => void io.stdout.write(`${line}\n`);
  try {
    const outcomes = await tryPlugin(path, { folder, isOnlyHere: values.here ?? false }, print);
    const failedTests = await runOwnTests(folder, print);
    const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
    const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
    for (const permission of outcomes[0]?.unused ?? []) {
      print(`It asks for ${permission.kind} ${quotedScope(permission)}, and did not use it`);
    }
    const own = failedTests === 0 ? "" : `, and ${failedTests} files of its own tests failed`;
    print(`${passed} passed, ${failed} failed${own}`);
    return failed + failedTests > 0 ? 1 : 0;
  } catch (error) {
    io.stderr.write(`herald plugin test: ${(error as Error).message}\n`);
    return 1;
  }
}

interface TryOptions {
  readonly folder: string;
  readonly isOnlyHere: boolean;
}

async function tryPlugin(path: string, { folder, isOnlyHere }: TryOptions, print: (line: string) => void): Promise<Outcome[]> {
  const { loadBundle } = await import("../../sandbox/source/load-bundle.ts");
  const { loadHere } = await import("../../workbench/authoring/load-here.ts");
  const { readCaptures } = await import("../../workbench/authoring/captures.ts");
  const { apart } = await import("../../workbench/authoring/open-apart.ts");
  const { testPlugin } = await import("../../workbench/authoring/test-plugin.ts");
  const bundle = await loadBundle(resolve(path));
  const plugin = await loadHere(bundle, folder);
  const seed = Number(process.env["SEED"] ?? 1 + Math.floor(Math.random() * 0x7fff_fffe));
  const options = { captures: readCaptures(folder), seed };
  const tell = (title: string, reason?: string) => {
    print(`  ${reason === undefined ? "ok  " : "FAIL"}  ${visible(title)}`);
    if (reason !== undefined) print(reason.replace(/^/gm, "        "));
  };
  print("In this process:");
  const outcomes = [await testPlugin(plugin, options, tell)];
  if (!isOnlyHere) {
    print("\nIn a process of its own:");
    outcomes.push(
      await testPlugin(
        {
          ...plugin,
          open: apart(bundle, createLog({ level: "warn", format: "text", write: (line) => print(`        ${line.trimEnd()}`) })),
        },
        options,
        tell,
      ),
    );
  }
  print("");
  if (outcomes.some(({ failed }) => failed > 0)) print(`SEED=${seed} herald plugin test repeats it`);
  return outcomes;
}

/** Gives how many files had failures. */
async function runOwnTests(folder: string, print: (line: string) => void): Promise<number> {
  const { findTests, runTest } = await import("../../workbench/authoring/author-tests.ts");
  let failed = 0;
  for (const test of findTests(folder)) {
    print(`${test}:`);
    if ((await runTest(folder, test)) !== 0) failed += 1;
  }
  return failed;
}

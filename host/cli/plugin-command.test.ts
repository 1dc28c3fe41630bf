import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type PluginCommand, UsageError } from "../announcer.ts";
import { runHere } from "../workbench/testing/run-command.ts";
import { hostCommand } from "./plugin-command.ts";

const commands = suite("plugin commands");

const example: PluginCommand = {
  name: "example",
  summary: "Greets",
  help: "\nUsage: herald example NAME\n",
  async run(args, io, { parseFlags, suggest }) {
    const { values, positionals } = parseFlags(args, { loud: { type: "boolean" }, from: { type: "string", multiple: true } });
    const [name = ""] = positionals;
    if (name !== "you") throw new UsageError(`Unknown name "${name}"${suggest(name, ["you"])}`);
    // Typed as they are parsed.
    const from: readonly string[] | undefined = values.from;
    const loud: boolean | undefined = values.loud;
    io.stdout.write(JSON.stringify({ name, from, loud }));
    return 3;
  },
};

const run = (...args: readonly string[]) => runHere(hostCommand(example), ...args);

commands("hostCommand() gives a command its flags and its exit code", async () => {
  const { code, out } = await run("you", "--loud", "--from", "a", "--from", "b");
  assert.is(code, 3);
  assert.equal(JSON.parse(out), { name: "you", from: ["a", "b"], loud: true });
});

commands("hostCommand() says wrong arguments as for the host's own", async () => {
  const see = "(see herald example --help)\n";
  assert.equal(await run("yuo"), { code: 2, out: "", err: `herald example: Unknown name "yuo": did you mean you? ${see}` });
  assert.equal(await run("--lod"), { code: 2, out: "", err: `herald example: Unknown flag --lod: did you mean --loud? ${see}` });
  assert.equal(await run("--help"), { code: 0, out: "Usage: herald example NAME\n", err: "" });
});

commands.run();

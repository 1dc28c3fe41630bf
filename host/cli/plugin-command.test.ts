import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type PluginCommand, UsageError } from "../announcer.ts";
import { serveControl } from "../observe/control.ts";
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

commands("hostCommand() lets a command ask a running Herald, and says where none answers", async () => {
  const peers: PluginCommand = {
    ...example,
    async run(args, io, { parseFlags, ask }) {
      const { values } = parseFlags(args, { control: { type: "string" }, node: { type: "string" } });
      for await (const row of ask({ ask: "announcer", name: "bgp", what: "peers" }, values)) io.stdout.write(JSON.stringify(row));
      return 0;
    },
  };
  const directory = mkdtempSync(join(tmpdir(), "herald-command-"));
  const control = join(directory, "n.sock");
  const close = await serveControl(control, ({ name, what }) => [name, what]);
  try {
    assert.equal(await runHere(hostCommand(peers), "--control", control), { code: 0, out: '"bgp""peers"', err: "" });
  } finally {
    await close();
  }
  const err = `herald example: No running Herald answers at ${control}: ENOENT\n`;
  assert.equal(await runHere(hostCommand(peers), "--control", control), { code: 1, out: "", err });
  rmSync(directory, { recursive: true });
});

commands.run();

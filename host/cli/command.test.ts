import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runHere } from "../workbench/testing/run-command.ts";
import { type Command, parseFlags, suggest } from "./command.ts";

const command = suite("command");

const options = { json: { type: "boolean" }, node: { type: "string" }, interface: { type: "string", multiple: true } } as const;

const example: Command = {
  name: "example",
  summary: "Shows what it was given",
  help: "\nUsage: herald example\n",
  async run(args, io) {
    const { values, positionals } = parseFlags(args, options);
    io.stdout.write(JSON.stringify({ ...values, positionals }));
    return 7;
  },
};

const run = (...args: string[]) => runHere(example, ...args);

command("parseFlags() reads flags and positionals", async () => {
  const { code, out } = await run("a", "--node", "n1", "--json", "--interface=-0", "--interface", "-", "--", "--b");
  assert.is(code, 7);
  assert.equal(JSON.parse(out), { json: true, node: "n1", interface: ["-0", "-"], positionals: ["a", "--b"] });
});

const mistakes: Readonly<Record<string, readonly [args: string[], says: string]>> = {
  "a misspelled flag": [["--jsno"], "Unknown flag --jsno: did you mean --json?"],
  "a flag like no other": [["--verbose"], "Unknown flag --verbose: expected one of --json, --node, --interface"],
  "an unknown short flag": [["-x"], "Unknown flag -x"],
  "a flag at the end without its value": [["--node"], "Flag --node needs a value"],
  "a flag with nothing for its value": [["--node", ""], "Flag --node needs a value"],
  "a flag with nothing behind its =": [["--interface="], "Flag --interface needs a value"],
  "a flag that swallows the next": [["--node", "--json"], "Flag --node needs a value"],
  "a value for a switch": [["--json=yes"], 'Flag --json takes no value, found "yes"'],
};

for (const [what, [args, says]] of Object.entries(mistakes)) {
  command(`runCommand() says in one line what is wrong with ${what}`, async () => {
    const { code, out, err } = await run(...args);
    assert.is(code, 2);
    assert.is(out, "");
    assert.ok(err.startsWith(`herald example: ${says}`), err);
    assert.is(err.trimEnd().split("\n").length, 1);
    assert.ok(err.endsWith("(see herald example --help)\n"), err);
  });
}

command("runCommand() prints the help for --help, and not for one behind --", async () => {
  assert.equal(await run("--node", "--help"), { code: 0, out: "Usage: herald example\n", err: "" });
  assert.is((await run("-h")).out, "Usage: herald example\n");
  assert.is((await run("--", "--help")).code, 7);
});

command("suggest() counts letters added, dropped and replaced", () => {
  assert.is(suggest("jso", ["json"]), ": did you mean json?");
  assert.is(suggest("jjson", ["json"]), ": did you mean json?");
  assert.is(suggest("kson", ["json"]), ": did you mean json?");
  assert.is(suggest("njos", ["json"]), ": expected one of json");
  assert.is(suggest("json", []), ": it has no flags");
});

command.run();

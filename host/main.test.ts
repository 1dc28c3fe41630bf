/** The program as a user meets it. */

import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runProgram } from "./workbench/testing/run-command.ts";
import { PROGRAM } from "./workbench/testing/running-lab.ts";

const herald = suite("herald");

const homelab = fileURLToPath(new URL("../fixtures/homelab", import.meta.url));

herald("--help names every command, in 80 columns", async () => {
  const { code, out, err } = await runProgram(["--help"]);
  assert.equal([code, err], [0, ""]);
  for (const command of ["lab", "run", "plan", "status", "bgp", "router-config", "decode", "bench"])
    assert.match(out, new RegExp(`^  ${command} +[A-Z]`, "m"));
  assert.match(out, "(the default)");
  for (const line of out.split("\n")) assert.ok(line.length <= 80 || line.startsWith("Herald"), line);
});

herald("help COMMAND is COMMAND --help", async () => {
  assert.equal(await runProgram(["help", "plan"]), await runProgram(["plan", "--help"]));
  assert.equal(await runProgram(["help"]), await runProgram(["--help"]));
});

herald("--version is that of the package", async () => {
  assert.match((await runProgram(["--version"])).out, /^\d+\.\d+\.\d+\n$/);
});

herald("the shipped program can be started by its name", () => {
  assert.match(spawnSync(PROGRAM, ["--version"], { encoding: "utf8" }).stdout, /^\d/);
});

herald("an unknown command is said with what was meant", async () => {
  const outcome = await runProgram(["paln"]);
  assert.equal(outcome, { code: 2, out: "", err: 'herald: Unknown command "paln": did you mean plan?\n' });
});

herald("a reader that stops reading ends it quietly", async () => {
  for (const args of [["--help"], ["plan", "--manifests", homelab], ["plan", "--help"]]) {
    assert.equal(await runProgram(args, { deaf: true }), { code: 0, out: "", err: "" }, args.join(" "));
  }
});

herald.run();

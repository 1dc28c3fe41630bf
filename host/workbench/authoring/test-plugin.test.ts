/** `herald plugin test`: what `plugin new` writes passes at once, and what is wrong in a plugin, its captures or its own tests is found. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { testCommand } from "../../cli/plugin/test.ts";
import { runHere } from "../testing/run-command.ts";
import { writeNewPlugin } from "./new-plugin.ts";

const TEST = suite("herald plugin test");
const root = mkdtempSync(join(tmpdir(), "herald-test-plugin-"));

TEST.after(() => rmSync(root, { recursive: true }));

function plugin(name: string, change: (code: string) => string = (code) => code): string {
  const folder = join(root, name);
  writeNewPlugin({ name, folder, hasProgram: false });
  const code = readFileSync(join(folder, "plugin.ts"), "utf8");
  writeFileSync(join(folder, "plugin.ts"), change(code));
  if (change(code) === code) assert.is(name, "sound");
  return folder;
}

const ASKING = `ffffffffffff0200000000098 8b5 01 09 3139322e302e322e31 ${"00".repeat(35)} # who has 192.0.2.1?\n`.replace("8 8b5", "88b5");
const ANSWER = `ffffffffffff020000000000 88b5 02 09 3139322e302e322e31 ${"00".repeat(35)}\n`;

TEST("what plugin new writes passes, with a capture that it answers", async () => {
  const folder = plugin("sound");
  mkdirSync(join(folder, "fixtures"));
  writeFileSync(join(folder, "fixtures/ask.hex"), ASKING);
  writeFileSync(join(folder, "fixtures/ask.answers.hex"), ANSWER);
  const { code, out, err } = await runHere(testCommand, folder);
  assert.equal([code, err], [0, ""], out);
  assert.match(out, /ok {4}fixtures\/ask\.hex is answered as it should be/);
  assert.match(out, /plugin\.test\.ts:/);
  assert.match(out, /^\d+ passed, 0 failed$/m);
  writeFileSync(join(folder, "fixtures/ask.answers.hex"), ANSWER.replace("02 09", "03 09"));
  const wrong = await runHere(testCommand, folder, "--here");
  assert.is(wrong.code, 1);
  assert.match(wrong.out, /FAIL {2}fixtures\/ask\.hex is answered as it should be/);
});

TEST("so does one with a packet program, here and in a process of its own", async () => {
  const folder = join(root, "hot");
  writeNewPlugin({ name: "hot", folder, hasProgram: true });
  const { code, out, err } = await runHere(testCommand, folder);
  assert.equal([code, err], [0, ""], out);
  assert.is(out.match(/ok {4}fixtures\/who-has\.hex is answered as it should be/g)?.length, 2);
});

TEST("a fault is found, with the line of the plugin's own source", async () => {
  const folder = plugin("faulty", (code) =>
    code.replace(
      "for (const { vip } of removed) here.delete(vip);",
      "for (const { vip } of removed) if (!here.delete(vip)) throw new Error('Gone');",
    ),
  );
  rmSync(join(folder, "plugin.test.ts"));
  const { code, out } = await runHere(testCommand, folder, "--here");
  assert.is(code, 1);
  assert.match(out, /FAIL {2}rows that it does not have may be changed or removed\n {8}Error: Gone\n.*faulty\/plugin\.ts:\d+/);
  assert.match(out, /^SEED=\d+ herald plugin test repeats it$/m);
});

TEST("its own tests count, and permissions that it does not use are told", async () => {
  const folder = plugin("greedy", (code) =>
    code.replace("etherType: ETHERTYPE }],", 'etherType: ETHERTYPE }, { kind: "net", host: "192.0.2.1:80" }],'),
  );
  writeFileSync(
    join(folder, "own.test.ts"),
    `import { test } from "node:test";\ntest("never", () => { throw new Error("as it should be"); });\n`,
  );
  const { code, out } = await runHere(testCommand, folder, "--here");
  assert.is(code, 1);
  assert.match(out, /own\.test\.ts:/);
  assert.match(out, /^It asks for net "192\.0\.2\.1:80", and did not use it$/m);
  assert.match(out, /and 1 files of its own tests failed$/m);
});

TEST("what cannot be loaded is said in one go", async () => {
  const folder = plugin("reader", (code) => `import { readFileSync } from "node:fs";\n${code}\nreadFileSync("/etc/passwd");\n`);
  const { code, err } = await runHere(testCommand, folder, "--here");
  assert.is(code, 1);
  assert.match(err, /^herald plugin test: Cannot load plugin .*plugin\.ts:1:\d+: .*node:fs/);
  const absent = await runHere(testCommand, join(root, "nowhere"));
  assert.is(absent.code, 2);
});

TEST.run();

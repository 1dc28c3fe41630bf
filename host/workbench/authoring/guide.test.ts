/** `docs/write-a-plugin.md` shows what is so: its commands are run in an empty folder, its plugin and test pass, its links lead somewhere. */

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { load } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { check } from "../../cli/plugin/check.ts";
import { testCommand } from "../../cli/plugin/test.ts";
import { namespaces, testWith } from "../testing/requirements.ts";
import { runHere } from "../testing/run-command.ts";
import { PROGRAM } from "../testing/running-lab.ts";
import type { CheckedPlugin } from "./check-plugin.ts";

const GUIDE = suite("docs/write-a-plugin.md");
const docs = fileURLToPath(new URL("../../../docs/", import.meta.url));
const text = readFileSync(join(docs, "write-a-plugin.md"), "utf8");
const blocks = [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].map(([, language = "", body = ""]) => ({ language, body }));
const of = (wanted: string) => blocks.filter(({ language }) => language === wanted).map(({ body }) => body);
const [first = "", packetProgram = ""] = of("sh");
const root = mkdtempSync(join(tmpdir(), "herald-guide-"));
const LIMIT_MS = 90_000;

GUIDE.after(() => rmSync(root, { recursive: true }));

/** Runs a block's commands one after the other in an empty folder; gives what each printed. */
function run(name: string, block: string): string[] {
  const cwd = join(root, name);
  mkdirSync(cwd);
  return block
    .trim()
    .split("\n")
    .map((line) => {
      const [program, ...args] = line.split(" ");
      assert.is(program, "herald", line);
      return execFileSync(process.execPath, [PROGRAM, ...args], { cwd, encoding: "utf8", timeout: LIMIT_MS });
    });
}

testWith(GUIDE, [namespaces], "goes from an empty folder to a frame on the wire in at most six commands", () => {
  const printed = run("first", first);
  assert.ok(printed.length <= 6);
  const [line = ""] =
    blocks
      .find(({ body }) => body.includes(" s  node-a eth0"))
      ?.body.trim()
      .split(" s  ")
      .slice(1) ?? [];
  assert.ok(printed.at(-1)?.includes(line), printed.at(-1));
});

GUIDE("its packet program is written, tested and packed", () => {
  const printed = run("program", packetProgram);
  assert.match(printed[1] ?? "", /^\d+ passed, 0 failed$/m);
  assert.match(printed[2] ?? "", /^pin sha256-/m);
});

GUIDE("its own plugin is a whole one, and passes its own test and the suite", async () => {
  const folder = join(root, "tell");
  mkdirSync(folder);
  const [plugin = "", test = ""] = of("ts");
  writeFileSync(join(folder, "plugin.ts"), plugin);
  writeFileSync(join(folder, "plugin.test.ts"), test);
  const { code, out, err } = await runHere(testCommand, folder);
  assert.equal([code, err], [0, ""], out);
  assert.not.match(out, /and did not use it/);
  const { flags } = JSON.parse((await runHere(check, folder, "--json")).out) as CheckedPlugin;
  assert.equal(flags, ["--allow-udp=0.0.0.0:0", "--allow-udp=192.0.2.1:9999"]);
});

GUIDE("it names every kind of permission, and what it links to is there", () => {
  const contract = readFileSync(new URL("../../announcer.ts", import.meta.url), "utf8");
  const kinds = [...contract.matchAll(/readonly kind: "(\w+)"/g)].map(([, kind = ""]) => kind);
  assert.ok(kinds.length >= 9);
  for (const kind of kinds) assert.match(text, new RegExp(`\\| .*\`${kind}\``), kind);
  for (const [, link = ""] of text.matchAll(/\]\(([^)]+)\)/g)) assert.ok(existsSync(join(docs, link)), link);
  for (const yaml of of("yaml")) assert.is((load(yaml) as { kind: string }).kind, "Advertisement");
});

GUIDE.run();

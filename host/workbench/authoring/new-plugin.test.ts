/** `herald plugin new`: a folder that is whole, under the name that was asked for. */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { newPlugin } from "../../cli/plugin/new.ts";
import { plugin } from "../../cli/plugin.ts";
import { runHere } from "../testing/run-command.ts";

const NEW = suite("herald plugin new");
const folder = mkdtempSync(join(tmpdir(), "herald-new-"));

NEW.after(() => rmSync(folder, { recursive: true }));

NEW("writes a folder under the plugin's name, and overwrites nothing", async () => {
  const place = join(folder, "vrrp");
  const { code, out, err } = await runHere(plugin, "new", "vrrp", place);
  assert.equal([code, err], [0, ""]);
  const files = [".gitignore", "README.md", "package.json", "plugin.test.ts", "plugin.ts", "tsconfig.json"];
  assert.equal(readdirSync(place).sort(), files);
  for (const file of files) {
    assert.match(out, `vrrp/${file}\n`);
    assert.not.match(readFileSync(join(place, file), "utf8"), /\bhello\b/);
  }
  assert.match(readFileSync(join(place, "plugin.ts"), "utf8"), /name: "vrrp",/);
  rmSync(join(place, "plugin.ts"));
  const again = await runHere(newPlugin, "vrrp", place);
  assert.is(again.code, 1);
  assert.match(again.err, /it has .*plugin\.test\.ts.* already, and nothing is overwritten/);
  assert.equal(readdirSync(place).includes("plugin.ts"), false);
});

NEW("refuses what is no name of a plugin, and asks for one", async () => {
  const refused = await runHere(newPlugin, "Vrrp!", join(folder, "other"));
  assert.is(refused.code, 2);
  assert.match(refused.err, /Cannot call a plugin "Vrrp!": expected lower-case letters/);
  assert.is((await runHere(newPlugin)).code, 2);
});

NEW("the command lists its parts, and says which is meant", async () => {
  const { code, out } = await runHere(plugin);
  assert.is(code, 0);
  assert.match(out, /^ {2}new {2}/m);
  assert.match((await runHere(plugin, "nwe")).err, /did you mean new\?/);
  assert.match((await runHere(plugin, "new", "--help")).out, /^Usage: herald plugin new NAME/);
});

NEW.run();

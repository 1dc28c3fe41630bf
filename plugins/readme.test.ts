/** Every plugin is listed, and has a README with the same sections, whose examples Herald understands and whose settings exist. */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DEFAULT_EXCLUDE } from "../host/announcer.ts";
import { parseDocument } from "../host/cluster/manifests/parse-document.ts";
import { translatorsOf } from "../host/cluster/plugin-resources/translators.ts";
import { builtIns, optional } from "./index.ts";

const readmes = suite("plugin READMEs");

const SECTIONS = ["What it does", "Configuration", "What it sends", "What it remembers", "Metrics", "Standards and deviations"];

/** What strangers have to be granted. */
const OPTIONAL_SECTIONS = SECTIONS.toSpliced(2, 0, "Permissions");

const all = [...builtIns, ...optional];
const readers = Object.assign({}, ...translatorsOf(all).map(({ translation }) => translation.read));

const folder = fileURLToPath(new URL(".", import.meta.url));
const plugins = readdirSync(folder).filter((name) => existsSync(`${folder}${name}/plugin.ts`));
const read = (name: string) => readFileSync(`${folder}${name}/README.md`, "utf8");

/** Section → text. */
function sections(text: string): ReadonlyMap<string, string> {
  const parts = text.split(/^## /m).slice(1);
  return new Map(parts.map((part) => [part.slice(0, part.indexOf("\n")), part.slice(part.indexOf("\n") + 1).trim()]));
}

readmes("every folder with a plugin is one that Herald brings, of its name", () => {
  assert.equal(all.map(({ name }) => name).sort(), plugins.sort());
});

for (const definition of all) {
  const { name, config } = definition;
  const text = read(name);
  const parts = sections(text);
  const isOptional = optional.some((one) => one.name === name);

  readmes(`${name}: has the title and the sections of every plugin, none of them empty`, () => {
    assert.is(text.split("\n", 1)[0], `# ${name}`);
    assert.equal([...parts.keys()], isOptional ? OPTIONAL_SECTIONS : SECTIONS);
    for (const [section, body] of parts) assert.ok(body.length > 0, `${section} is empty`);
  });

  readmes(`${name}: has examples, and Herald understands them`, () => {
    const examples = [...text.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].flatMap(([, example = ""]) => example.split(/^---$/m));
    assert.ok(examples.length > 0, "no example");
    for (const example of examples) {
      const { problems, found, ignored } = parseDocument(example, readers);
      assert.equal(problems, []);
      assert.equal(ignored, []);
      assert.ok(found.length > 0, `nothing in ${example}`);
    }
  });

  readmes(`${name}: names every setting, in the schema with a description`, () => {
    const settings = Object.entries((config["properties"] ?? {}) as Readonly<Record<string, { description?: string }>>);
    for (const [setting, { description }] of settings) {
      assert.match(parts.get("Configuration") ?? "", `\`${setting}\``);
      assert.ok(description, `${setting} has no description`);
    }
    const rows = [...(parts.get("Configuration") ?? "").matchAll(/^\| `(\w+)` \|/gm)].map(([, setting]) => setting);
    const attributes = "attributes" in definition && isOptional ? Object.keys((definition.attributes["properties"] ?? {}) as object) : [];
    assert.equal(rows.sort(), [...settings.map(([setting]) => setting), ...attributes].sort());
  });
}

readmes("arp: lists the patterns that are passed over by default", () => {
  const [, row = ""] = /^\| `exclude` \|[^|]*\|(.*)\|$/m.exec(read("arp")) ?? [];
  assert.equal(
    [...row.matchAll(/`([^`]+)`/g)].map(([, pattern]) => pattern),
    DEFAULT_EXCLUDE,
  );
});

readmes.run();

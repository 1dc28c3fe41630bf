import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluateInSes } from "../../workbench/testing/evaluate-in-ses.ts";
import { randomFrom, testSeed } from "../../workbench/testing/random.ts";
import { bundlePlugin } from "./bundle.ts";
import { hideTokens } from "./hide-tokens.ts";

const hide = suite("hideTokens()");

const random = randomFrom(testSeed());
const PIECES = [
  "import",
  "eval",
  "(",
  ")",
  " ",
  "/*",
  "*/",
  "//",
  "<!--",
  "-->",
  "<!-",
  "-",
  ">",
  "\\",
  "\\\\",
  "é",
  "\u2028",
  "`",
  "$",
  "{",
  "'",
  '"',
  "\n",
  ".",
  "\0",
];
const ROUNDS = 400;

const text = (): string => Array.from({ length: 1 + random(8) }, () => PIECES[random(PIECES.length)]).join("");

/** As a template literal; its value is the text. */
const template = (value: string): string => `\`${value.replaceAll(/[\\`]|\$\{/g, "\\$&")}\``;

async function evaluate(source: string): Promise<unknown> {
  const contents = new TextEncoder().encode(source);
  const { code } = await bundlePlugin({ entry: "plugin.ts", read: async (path) => (path === "plugin.ts" ? contents : undefined) });
  assert.not.match(code, /\bimport\b|\beval\s*\(|<!--|-->/);
  return evaluateInSes(code, "({ default: told }) => told");
}

hide("keeps strings, templates and their raw text, names and what expressions match, whatever they are put together of", async () => {
  const texts = Array.from({ length: ROUNDS }, text);
  const list = (write: (value: string) => string): string => `[${texts.map(write).join(",\n")}]`;
  const source = `
    const strings = ${list((value) => JSON.stringify(value))};
    const templates = ${list(template)};
    const raws = ${list((value) => `String.raw${template(value)}`)};
    const objects = ${list((value) => `{ ${JSON.stringify(value)}: 1 }`)};
    const tests = ${list((value) => `new RegExp(${JSON.stringify(value.replaceAll(/[^\w\s]/g, "\\$&"))}).test(${JSON.stringify(value)})`)};
    const literals = ${list((value) => `/${value.replaceAll(/[\n\u2028]/g, " ").replaceAll(/[^\wé\s]/g, "\\$&")}/.test(${JSON.stringify(value.replaceAll(/[\n\u2028]/g, " "))})`)};
    export default { strings, templates, raws, keys: objects.map((object) => Object.keys(object)[0]), tests, literals };`;
  const all = texts.map(() => true);
  const raws = texts.map((value) => value.replaceAll(/[\\`]|\$\{/g, "\\$&"));
  assert.equal(await evaluate(source), { strings: texts, templates: texts, raws, keys: texts, tests: all, literals: all });
});

hide("changes nothing where there is nothing to hide", () => {
  const script = { code: `const a="important",b="evaluate(1)",c=1<!0;`, map: `{"mappings":"AAAA"}` };
  assert.equal(hideTokens(script.code, script.map), script);
});

hide("makes no code of what would be an import after all: it does not parse", () => {
  for (const code of ["import('node:fs')", "x=import.meta", "import'node:fs'", "import defer * as a from 'a'"]) {
    assert.throws(() => new Function(hideTokens(code, `{"mappings":""}`).code), /SyntaxError|escape|Invalid|Unexpected/);
  }
});

hide.run();

import { SourceMap } from "node:module";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import * as contract from "../../announcer.ts";
import { evaluateInSes } from "../../workbench/testing/evaluate-in-ses.ts";
import { bundlePlugin, programsOf } from "./bundle.ts";
import { filesInMemory } from "./plugin-files.ts";

const bundle = suite("bundlePlugin()");

type Texts = Readonly<Record<string, string>>;

function bundled(files: Texts, entry = "plugin.ts") {
  const encoder = new TextEncoder();
  return bundlePlugin({ entry, ...filesInMemory(new Map(Object.entries(files).map(([path, text]) => [path, encoder.encode(text)]))) });
}

async function refused(files: Texts): Promise<string[]> {
  return await bundled(files).then(
    () => ["not refused"],
    (error: Error) => error.message.split("\n").map((line) => line.trim()),
  );
}

const DEFINITION = `{ name: "vrrp", api: API_VERSION, program: "./vrrp.wasm", permissions: () => [], start: async () => ({}) }`;

bundle("gives a script whose completion value is the entry's namespace, with the contract in it", async () => {
  const { code, files } = await bundled({
    "plugin.ts": `
      import { definePlugin, API_VERSION, parseAddress, type Context } from "herald";
      import type { Socket } from "node:net";
      import { codec } from "./lib/codec.js";
      import limits from "./limits.json" with { type: "json" };
      export const held: Map<string, Context | Socket> = new Map();
      export const made = codec(limits.most);
      export const address = parseAddress("192.0.2.1");
      export default definePlugin(${DEFINITION});`,
    "lib/codec.ts": `import { twice } from "./twice"; export const codec = (n: number): number => twice(n) satisfies number;`,
    "lib/twice/index.ts": "export enum Factor { Two = 2 }\nexport const twice = (n: number) => Factor.Two * n;",
    "limits.json": `{ "most": 21 }`,
    "vrrp.wasm": "\0asm",
    "other.wasm": "\0asm",
    "README.md": "not part of it",
  });
  assert.equal([...files.keys()].sort(), ["lib/codec.ts", "lib/twice/index.ts", "limits.json", "plugin.ts", "vrrp.wasm"]);
  assert.equal([...programsOf("plugin.ts", files).keys()], ["./vrrp.wasm"]);
  assert.not.match(code, "readSelectors");
  assert.equal(
    evaluateInSes(
      code,
      "({ default: { name, api }, made, held, address }) => ({ name, api, made, held: held.size, is: address !== undefined })",
    ),
    { name: "vrrp", api: 1, made: 42, held: 0, is: true },
  );
});

bundle("has the whole contract for those who want it, and nothing of it needs more than the sandbox has", async () => {
  const { code } = await bundled({ "plugin.ts": `import * as herald from "herald"; export default herald;` });
  const names = evaluateInSes(code, "({ default: herald }) => Object.keys(herald)") as string[];
  assert.equal(names.toSorted(), Object.keys(contract).toSorted());
});

bundle("says all that a plugin cannot have at once, with file, line, column and what to use instead", async () => {
  const lines = await refused({
    "plugin.ts": [
      `import { connect } from "node:net";`,
      `import fs from "fs/promises";`,
      `import pad from "left-pad"; import "https://example.com/x.ts";`,
      `import { secret } from "../secret.ts"; import "/etc/passwd"; import "./gone.ts";`,
      `import program from "./vrrp.wasm"; import native from "./vrrp.node"; import "herald/private";`,
      "export const late = (name: string) => import(name); export const soon = () => import('./deep.ts');",
      `const a = require("./deep.ts"), b = require;`,
      "export const here = import.meta.url; await 1;",
      `eval("1"); export * from "node:dns"; export { z } from "node:child_process";`,
      `import "./deep.ts"; connect; fs(pad, secret, program, native, a, b);`,
    ].join("\n"),
    "deep.ts": `import dgram from "node:dgram";\ndgram();`,
    "vrrp.wasm": "",
  });
  const places = lines.map((line) => /^\S+:\d+:\d+: /.exec(line)?.[0].trim() ?? line);
  assert.equal(lines[0], `${lines.length - 1} problems`);
  const wanted: readonly (readonly [string, RegExp])[] = [
    ["deep.ts:1:19:", /"node:dgram" is a module of Node.*context\.udp/],
    ["plugin.ts:1:25:", /"node:net".*context\.net/],
    ["plugin.ts:2:16:", /"fs\/promises".*config/],
    ["plugin.ts:3:17:", /"left-pad" is a package/],
    ["plugin.ts:3:36:", /"https:\/\/example\.com\/x\.ts" is elsewhere/],
    ["plugin.ts:4:24:", /"\.\.\/secret\.ts" leads out/],
    ["plugin.ts:4:47:", /"\/etc\/passwd" is an absolute path/],
    ["plugin.ts:4:69:", /"\.\/gone\.ts" is not there/],
    ["plugin.ts:5:21:", /program: "\.\/NAME\.wasm"/],
    ["plugin.ts:5:55:", /native code/],
    ["plugin.ts:5:77:", /import from "herald"/],
    ["plugin.ts:6:39:", /import\(…\) is not there/],
    ["plugin.ts:6:86:", /import\("\.\/deep\.ts"\) is not there/],
    ["plugin.ts:7:19:", /require\("\.\/deep\.ts"\) is not there/],
    ["plugin.ts:7:37:", /require is not there/],
    ["plugin.ts:8:21:", /import\.meta is not there/],
    ["plugin.ts:8:38:", /await is not there.*start/],
    ["plugin.ts:9:1:", /eval is not there/],
    ["plugin.ts:9:26:", /"node:dns"/],
    ["plugin.ts:9:56:", /"node:child_process"/],
  ];
  assert.equal(
    places.slice(1),
    wanted.map(([place]) => place),
  );
  for (const [at, [, text]] of wanted.entries()) assert.match(lines[at + 1] ?? "", text);
});

bundle("shows a stranger's text with its control characters escaped, and not without end", async () => {
  const [line = ""] = await refused({ "plugin.ts": `import "\\x1b[2J\\u202eevil${"x".repeat(500)}"; export {}` });
  assert.match(line, /^plugin\.ts:1:8: "\\u001b\[2J\\u202eevil/);
  assert.ok(line.length <= 300);
});

/** What SES refuses by its look, in all that is no code. */
const WORDS = [
  "import('x')",
  "a import (b)",
  "import/* */('x')",
  "import.meta",
  "<!-- a -->",
  "<!-->",
  "eval(1)",
  "\\import(x)",
  "é import(x)",
];

bundle("hides the words that SES refuses, and keeps every value", async () => {
  const { code } = await bundled({
    "plugin.ts": `
      // import('x') <!-- -->
      /** eval(1) import("y") */
      const who = "me";
      export const strings = ${JSON.stringify(WORDS)};
      export const single = 'import("x")' + "im" + "port(1)";
      export const template = \`import(\${who}) <!-- \${who} --> \\import(x) \${strings.length}\`;
      export const raw = String.raw\`\\import(b) <!-- \${who} -->\`;
      export const tests = [/import\\(x\\)/.test("import(x)"), /\\\\import(y)/.exec("\\\\importy")?.[1], /[<!--z]+/.exec("!+,-z<")?.[0],
        /(?<!--)x/.exec("--x-x")?.index, /--\\>|-->/.test("-->"), /(?<import>a)/.exec("a")?.groups?.import, /[\\import(]+/.exec("tropmi(")?.[0]];
      const o = { import: 1, "eval": (n: number) => n + 1, $import(n: number) { return n; } };
      const { import: taken } = o;
      class Book { #import = 3; import(n: number) { return n + this.#import; } eval(n: number) { return n; } }
      let n = 3, rounds = 0;
      while (n-- > 0) rounds += 1;
      export const all = [o.import, taken, o.eval(1), o.$import(4), new Book().import(1), new Book().eval(9), rounds, n < !--n];
      export { default as words } from "./words.json";
      export default 1;`,
    "words.json": JSON.stringify({ import: "import('x')", "eval(": "-->" }),
  });
  assert.not.match(code, /\bimport\b|\beval\s*\(|<!--|-->/);
  const told = evaluateInSes(code, "(plugin) => ({ ...plugin })") as Record<string, unknown>;
  assert.equal(told, {
    strings: WORDS,
    single: 'import("x")import(1)',
    template: "import(me) <!-- me --> import(x) 9",
    raw: "\\import(b) <!-- me -->",
    tests: [true, "y", "!+,-z<", 4, true, "a", "tropmi("],
    all: [1, 1, 2, 4, 4, 9, 3, true],
    words: { import: "import('x')", "eval(": "-->" },
    default: 1,
  });
});

bundle("has a source map that leads to the author's lines, also behind what was hidden", async () => {
  const text = `export const a = ["import(x)", "-->", "eval(1)"]; export const b = 1;\nexport function boom() { const c = "import (y)"; throw new Error(c); }`;
  const { code, map } = await bundled({ "lib/a.ts": text, "plugin.ts": `export * from "./lib/a.ts";` });
  const parsed = JSON.parse(map);
  assert.equal(parsed.sources.toSorted(), ["lib/a.ts", "plugin.ts"]);
  const lines = code.split("\n");
  for (const [marker, line, column] of [
    ["throw new Error", 1, text.split("\n")[1]?.indexOf("throw") ?? 0],
    ["boom()", 1, 16],
    ["b=1", 0, text.indexOf("b = 1")],
  ] as const) {
    const at = lines.findIndex((one) => one.includes(marker));
    const { originalSource, originalLine, originalColumn } = new SourceMap(parsed).findEntry(
      at,
      lines[at]?.lastIndexOf(marker) ?? 0,
    ) as never;
    assert.equal([marker, originalSource, originalLine, originalColumn], [marker, "lib/a.ts", line, column]);
  }
});

bundle("says where a packet program is missing, a file does not parse, and the contract has no such export", async () => {
  assert.equal(await refused({ "plugin.ts": `export default { program: "./gone.wasm" }` }), [
    "It names a packet program ./gone.wasm, and has no such file",
  ]);
  assert.match((await refused({ "plugin.ts": "export const = 1" }))[0] ?? "", /^plugin\.ts:1:14: Expected identifier/);
  assert.match(
    (await refused({ "plugin.ts": `import { magic } from "herald"; magic();` }))[0] ?? "",
    /^plugin\.ts:1:10: No matching export in "herald/,
  );
  assert.match((await refused({ "plugin.ts": `import "./x.json"`, "x.json": "{" }))[0] ?? "", /^x\.json:1:/);
});

bundle("makes the same script of the same files", async () => {
  const files = {
    "plugin.ts": `export { b } from "./b.ts"; export { a } from "./a.ts";`,
    "a.ts": "export const a = 1",
    "b.ts": "export const b = 2",
  };
  const [one, two] = await Promise.all([bundled(files), bundled(Object.fromEntries(Object.entries(files).reverse()) as never)]);
  assert.is(one.code, two.code);
});

bundle.run();

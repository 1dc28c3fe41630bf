/** The import directions of design.md §2 hold because Biome refuses what breaks them: each is broken here once, and kept once. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const directions = suite("import directions");
const project = join(dirname(fileURLToPath(import.meta.url)), "../../..");

const RULE = "lint/style/noRestrictedImports";
const IMPURE = "lint/style/noRestrictedGlobals";

/** One line of a file, and the rule that must refuse it. */
type Case = readonly [file: string, line: string, rule: string | null];
let uses = 0;
const use = (specifier: string) => `import * as m${++uses} from "${specifier}"; export const v${uses} = m${uses};`;

const cases: readonly Case[] = [
  ["host/commands/roles.ts", use("../../plugins/index.ts"), null],
  ["host/commands/roles.ts", use("../workbench/lab.ts"), RULE],
  ["host/commands/roles.ts", use("koffi"), RULE],
  ["host/main.ts", use("../plugins/index.ts"), RULE],
  ["host/reconcile/loop.ts", use("../../plugins/arp/plugin.ts"), RULE],
  ["host/reconcile/loop.ts", `export const load = () => import("../../plugins/arp/plugin.ts");`, RULE],
  ["host/reconcile/loop.ts", `export * from "../../plugins/arp/plugin.ts";`, RULE],
  ["host/reconcile/loop.ts", use("../rules/plan.ts"), null],
  ["host/reconcile/loop.ts", use("../workbench/testing/gate.ts"), RULE],
  ["host/reconcile/loop.ts", use("@kubernetes/client-node"), RULE],
  ["host/reconcile/loop.test.ts", use("../workbench/testing/requirements.ts"), null],
  ["host/reconcile/loop.test.ts", use("../../plugins/arp/plugin.ts"), RULE],
  ["host/cluster/watch.ts", use("@kubernetes/client-node"), null],
  ["host/cluster/watch.ts", use("../../plugins/arp/plugin.ts"), RULE],
  ["host/cluster/watch.ts", use("koffi"), RULE],
  ["host/packets/libc.ts", use("koffi"), null],
  ["host/packets/libc.ts", use("../../plugins/arp/plugin.ts"), RULE],
  ["host/packets/libc.ts", use("../workbench/lab.ts"), RULE],
  ["host/cli/lab.ts", use("../workbench/lab.ts"), null],
  ["host/cli/lab.ts", use("koffi"), RULE],
  ["host/cli/lab.ts", use("../../dist/wasm/arp.wasm"), RULE],
  ["host/cli/lab.ts", "export const load = (bytes: Uint8Array) => WebAssembly.compile(bytes);", IMPURE],
  ["host/packets/wasm.ts", "export const load = (bytes: Uint8Array) => WebAssembly.compile(bytes);", null],
  ["host/announcer.ts", use("./rules/vocabulary.ts"), null],
  ["host/announcer.ts", use("./packets/wire.ts"), RULE],
  ["host/rules/plan.ts", use("./vocabulary.ts"), null],
  ["host/rules/plan.ts", use("node:crypto"), RULE],
  ["host/rules/plan.ts", use("../packets/wire.ts"), RULE],
  ["host/rules/plan.ts", use("js-yaml"), RULE],
  ["host/rules/plan.ts", "export const now = () => Date.now();", IMPURE],
  ["host/rules/plan.ts", `export const name = () => process.env["NODE"];`, IMPURE],
  ["host/rules/plan.ts", "export const later = (call: () => void) => setTimeout(call, 1);", IMPURE],
  ["host/rules/plan.ts", "export const pick = () => Math.random();", "lint/nursery/noJsRestrictedProperties"],
  ["host/rules/plan.test.ts", use("node:crypto"), null],
  ["host/rules/plan.test.ts", use("fast-check"), null],
  ["plugins/index.ts", use("./arp/plugin.ts"), null],
  ["plugins/arp/plugin.ts", use("../../host/announcer.ts"), null],
  ["plugins/arp/plugin.ts", use("./rows.ts"), null],
  ["plugins/arp/plugin.ts", use("../../host/rules/vocabulary.ts"), RULE],
  ["plugins/arp/plugin.ts", use("../ndp/plugin.ts"), RULE],
  ["plugins/arp/plugin.ts", use("../../wasm/wire/arp.ts"), RULE],
  ["plugins/arp/plugin.ts", use("node:fs"), RULE],
  ["plugins/arp/plugin.ts", use("koffi"), RULE],
  ["plugins/arp/plugin.test.ts", use("../../host/packets/memory-wire.ts"), null],
  ["plugins/arp/plugin.test.ts", use("../ndp/plugin.ts"), RULE],
  ["plugins/readme.test.ts", use("../host/cluster/parse-document.ts"), null],
  ["wasm/programs/arp.ts", use("../wire/arp"), null],
  ["wasm/programs/arp.ts", use("./memory"), null],
  ["wasm/programs/arp.ts", use("../../host/packets/wasm"), RULE],
  ["wasm/programs/arp.ts", use("../../plugins/arp/plugin"), RULE],
  ["wasm/programs/arp.ts", use("node:fs"), RULE],
  ["wasm/programs/arp.test.ts", use("../../host/packets/wasm.ts"), null],
  ["wasm/programs/arp.test.ts", use("koffi"), RULE],
  ["host/reconcile/loop.ts", `console.log("hello");`, "lint/suspicious/noConsole"],
  ["host/cli/lab.ts", `console.log("hello");`, null],
  ["host/reconcile/badName.ts", "export const a = 1;", "lint/style/useFilenamingConvention"],
  ["host/reconcile/float.ts", "async function go() {} export const a = () => { go(); };", "lint/nursery/noFloatingPromises"],
  ["host/reconcile/first.ts", `export { b } from "./second.ts"; export const a = 1;`, "lint/suspicious/noImportCycles"],
  ["host/reconcile/second.ts", `export { a } from "./first.ts"; export const b = 1;`, "lint/suspicious/noImportCycles"],
  ["host/reconcile/undeclared.ts", use("left-pad"), "lint/correctness/noUndeclaredDependencies"],
];

/** Biome's findings as `rule file:line`, from one run over all cases. */
function lint(): Set<string> {
  const root = mkdtempSync(join(tmpdir(), "herald-lint-"));
  try {
    const files = new Map<string, string[]>();
    for (const [file, line] of cases) files.set(file, [...(files.get(file) ?? []), line]);
    files.set("host/reconcile/long.ts", Array<string>(301).fill("export {};"));
    files.set("host/reconcile/long.test.ts", Array<string>(301).fill("export {};"));
    for (const [file, lines] of files) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), `${lines.join("\n")}\n`);
    }
    for (const file of ["biome.json", "package.json", ".gitignore"]) cpSync(join(project, file), join(root, file));
    const biome = join(project, "node_modules/@biomejs/biome/bin/biome");
    const { stdout } = spawnSync(process.execPath, [biome, "lint", "--reporter=json", "--max-diagnostics=none", "."], {
      cwd: root,
      encoding: "utf8",
    });
    const { diagnostics } = JSON.parse(stdout) as {
      diagnostics: { category: string; location: { path: string; start?: { line: number } } }[];
    };
    return new Set(diagnostics.map(({ category, location }) => `${category} ${location.path}:${location.start?.line || 1}`));
  } finally {
    rmSync(root, { recursive: true });
  }
}

const found = lint();
const seen = new Map<string, number>();

for (const [file, line, rule] of cases) {
  const at = (seen.get(file) ?? 0) + 1;
  seen.set(file, at);
  directions(`${file}: ${line} is ${rule === null ? "fine" : `refused by ${rule}`}`, () => {
    const here = [...found].filter((finding) => finding.endsWith(` ${file}:${at}`));
    assert.equal(here, rule === null ? [] : [`${rule} ${file}:${at}`]);
  });
}

directions("a file may have 300 lines, a test file more", () => {
  const long = [...found].filter((finding) => finding.startsWith("lint/style/noExcessiveLinesPerFile"));
  assert.equal(long, ["lint/style/noExcessiveLinesPerFile host/reconcile/long.ts:1"]);
});

directions.run();

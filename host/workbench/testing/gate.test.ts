/** The gate judges files written for it: one for each way in which a test file can look green without having tested anything. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { runGate } from "./gate.ts";

const gate = suite("gate");
const project = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const requirements = join(project, "host/workbench/testing/requirements.ts");

const HEAD = `import { suite } from "uvu"; import * as assert from "uvu/assert"; const s = suite("s");`;
const PASSING = `${HEAD} s("works", () => assert.is(1, 1)); s.run();`;

interface Run {
  readonly code: number;
  readonly text: string;
  readonly last: string;
}

async function runOn(files: Record<string, string>, options: { patterns?: string[]; timeLimitMs?: number } = {}): Promise<Run> {
  const root = mkdtempSync(join(tmpdir(), "herald-gate-"));
  try {
    mkdirSync(join(root, "host"));
    symlinkSync(join(project, "node_modules"), join(root, "node_modules"));
    writeFileSync(join(root, "package.json"), `{"type":"module"}`);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, "host", name), text);
    let text = "";
    const write = (piece: string) => (text += piece);
    const code = await runGate({ root, folders: ["host"], patterns: [], checks: [], timeLimitMs: 20_000, write, ...options });
    return { code, text, last: text.trimEnd().split("\n").at(-1) ?? "" };
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** What the file does → its text, a word of the reason that the gate gives, and the count of the file. */
const traps: Record<string, { text: string; says: string; count: string }> = {
  "throws in a before hook": {
    text: `${HEAD} s.before(() => { throw new Error("no network"); }); s("a", () => {}); s("b", () => {}); s.run();`,
    says: "a before hook failed: Error: no network",
    count: "0 passed, 2 failed",
  },
  "forgets .run()": { text: `${HEAD} s("a", () => {});`, says: `Suite "s" was never run`, count: "0 passed, 1 failed" },
  "forgets .run() of one of two suites": {
    text: `${PASSING} const t = suite("t"); t("b", () => {});`,
    says: `Suite "t" was never run`,
    count: "1 passed, 1 failed",
  },
  "registers after .run()": { text: `${PASSING} s("late", () => {});`, says: "after the last .run()", count: "1 passed, 1 failed" },
  "leaves .only in": {
    text: `${HEAD} s("a", () => {}); s.only("b", () => {}); s.run();`,
    says: `.only "b" is left in`,
    count: "1 passed, 1 failed",
  },
  "leaves .skip in": {
    text: `${HEAD} s("a", () => {}); s.skip("b", () => {}); s.run();`,
    says: `.skip "b" is left in`,
    count: "1 passed, 1 failed",
  },
  "awaits a promise that never settles": {
    text: `${HEAD} s("a", () => {}); s("b", () => new Promise(() => {})); s.run();`,
    says: "1 of 2 tests passed",
    count: "1 passed, 1 failed",
  },
  "never ends": { text: `${PASSING} setInterval(() => {}, 1000);`, says: "Ran longer than 6 s", count: "0 passed, 1 failed" },
  "has an empty suite": { text: `${HEAD} s.run();`, says: `Suite "s" has no test`, count: "0 passed, 1 failed" },
  "has no suite": { text: "console.log(1);", says: "Ran no test", count: "0 passed, 1 failed" },
  "ends the process early": {
    text: `${HEAD} s("a", () => process.exit(0)); s.run();`,
    says: "0 of 1 tests passed",
    count: "0 passed, 1 failed",
  },
  "fails after its tests": {
    text: `${PASSING} s.after(() => { throw new Error("late"); }); s("b", () => {}); s.run();`,
    says: "Ended with exit code 1",
    count: "2 passed, 1 failed",
  },
  "has a failing assertion": {
    text: `${HEAD} s("a", () => assert.is(1, 2)); s.run();`,
    says: "Expected values",
    count: "0 passed, 1 failed",
  },
  "compares an error with a text, which uvu does not": {
    text: `${HEAD} s("a", () => assert.throws(() => { throw new Error("b"); }, "a")); s.run();`,
    says: "throws() compares with no text",
    count: "0 passed, 1 failed",
  },
  "takes any error for one of a class, as uvu does": {
    text: `${HEAD} s("a", () => assert.throws(() => { throw new Error("b"); }, RangeError)); s.run();`,
    says: "throws() compares with no class",
    count: "0 passed, 1 failed",
  },
  "does not parse": { text: `${HEAD} s("a", (`, says: "Ran no test", count: "0 passed, 1 failed" },
};

const trapFile = (what: string) => `${what.replace(/\W+/g, "-")}.test.ts`;
const trapped = await runOn(Object.fromEntries(Object.entries(traps).map(([what, { text }]) => [trapFile(what), text])), {
  timeLimitMs: 6000,
});

for (const [what, { says, count }] of Object.entries(traps)) {
  gate(`runGate() fails a file that ${what}`, () => {
    const report = trapped.text.split(/^(?=FAIL|ok)/m).find((part) => part.includes(`host/${trapFile(what)} `)) ?? "";
    assert.is(report.startsWith(`FAIL  host/${trapFile(what)}  ${count}  `), true, `${trapped.text}`);
    assert.match(report, says);
  });
}

gate("runGate() counts passing tests and shows nothing that they print", async () => {
  const run = await runOn({ "x.test.ts": `console.log("noise"); ${PASSING}`, "y.test.ts": PASSING });
  assert.is(run.last, "2 passed, 0 failed", run.text);
  assert.is(run.code, 0);
  assert.not.match(run.text, "noise");
});

gate("runGate() fails when it finds no test file", async () => {
  const run = await runOn({});
  assert.is(run.last, "0 passed, 0 failed");
  assert.is(run.code, 1);
});

gate("runGate() fails a pattern that matches no file, and runs those of the others only", async () => {
  const run = await runOn({ "x.test.ts": PASSING, "y.test.ts": PASSING }, { patterns: ["x.test", "nothing"] });
  assert.is(run.last, "1 passed, 1 failed", run.text);
  assert.is(run.code, 1);
  assert.match(run.text, `no test file matches "nothing"`);
  assert.not.match(run.text, "y.test");
});

gate("runGate() kills what a file leaves running", async () => {
  const orphan = `${PASSING} import { spawn } from "node:child_process"; spawn("sleep", ["61"], { stdio: "inherit" }).unref();`;
  const startedMs = performance.now();
  const run = await runOn({ "x.test.ts": orphan });
  assert.is(run.last, "1 passed, 0 failed", run.text);
  assert.ok(performance.now() - startedMs < 20_000, "waited for the orphan");
});

const NEEDS_NOTHING_REAL = `import { suite } from "uvu"; import { testWith, tool } from ${JSON.stringify(requirements)};
  const s = suite("s"); testWith(s, [tool("no-such-tool", "a-package")], "a", () => {}); s.run();`;

async function withCi(value: string | undefined, call: () => Promise<Run>): Promise<Run> {
  const before = process.env["CI"];
  if (value === undefined) delete process.env["CI"];
  else process.env["CI"] = value;
  try {
    return await call();
  } finally {
    if (before === undefined) delete process.env["CI"];
    else process.env["CI"] = before;
  }
}

gate("testWith() leaves a test without its tool out of both numbers", async () => {
  const run = await withCi(undefined, () => runOn({ "x.test.ts": NEEDS_NOTHING_REAL, "y.test.ts": PASSING }));
  assert.is(run.last, "1 passed, 0 failed", run.text);
  assert.is(run.code, 0);
  assert.match(run.text, `\nnot run: "a" needs no-such-tool (apt-get install a-package)\n`);
});

gate("testWith() fails a test without its tool in CI", async () => {
  const run = await withCi("true", () => runOn({ "x.test.ts": NEEDS_NOTHING_REAL }));
  assert.is(run.last, "0 passed, 1 failed", run.text);
  assert.match(run.text, "needs no-such-tool");
});

gate.run();

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type AllSetup, runAll } from "./all.ts";
import type { Collected } from "./collected.ts";
import { prepareFolder } from "./folder.ts";

const all = suite("bench all");

const folder = mkdtempSync(join(tmpdir(), "herald-all-"));
all.after(() => rmSync(folder, { recursive: true, force: true }));

const report = (bench: string) => ({
  ...{ bench, machine: {}, options: {}, targets: [{ what: "x", wanted: "1", found: "1", isMet: true }], notes: [] },
  figures: [{ what: "time", of: "Herald", unit: "ms", better: "less", values: [1, 2, 3] }],
});

/** Stands for `herald`: its third argument is the bench. */
const program = join(folder, "program.mjs");
writeFileSync(
  program,
  `const [, bench, ...flags] = process.argv.slice(2);
const report = ${JSON.stringify(report("good"))};
const say = (line) => process.stderr.write(line + "\\n");
say(JSON.stringify({ what: "round 1", share: 0.5 }));
switch (bench) {
  case "good": console.log(JSON.stringify({ ...report, options: { flags } })); break;
  case "part": say("herald bench part: nothing is sent, since no network can be made"); console.log(JSON.stringify(report)); process.exitCode = 3; break;
  case "absent": say("herald bench absent: nothing is measured, since there is no API server"); process.exitCode = 3; break;
  case "crash": throw new Error("boom");
  case "babble": console.log("so much for JSON"); break;
  case "silent": break;
  case "killed": process.kill(process.pid, "SIGKILL"); break;
  case "long":
    process.on("SIGTERM", () => { console.log(JSON.stringify(report)); process.exit(130); });
    setInterval(() => {}, 1000);
    process.kill(process.ppid, "SIGINT");
}
`,
);

async function run(name: string, benches: readonly string[]) {
  const text = { out: "", err: "" };
  const target = join(folder, name);
  const setup: AllSetup = {
    ...{ version: "9.9.9", herald: [process.execPath, program], args: ["bench", "all"], folder: target },
    planned: benches.map((bench) => ({ name: bench, summary: `the ${bench} one`, flags: ["--rounds=3"], estimateSeconds: 1 })),
  };
  const code = await runAll(setup, {
    stdin: (async function* () {})(),
    stdout: { write: (piece: string) => (text.out += piece) },
    stderr: { write: (piece: string) => (text.err += piece) },
  });
  const collected: Collected = JSON.parse(readFileSync(join(target, "report.json"), "utf8"));
  return { code, ...text, collected, page: readFileSync(join(target, "index.html"), "utf8") };
}

all("runAll() runs one after the other, and writes what each printed", async () => {
  const { code, out, err, collected, page } = await run("whole", ["good"]);
  assert.is(code, 0);
  const [part] = collected.parts;
  assert.equal(part?.report?.figures, report("good").figures as never);
  assert.equal(part?.report?.options, { flags: ["--rounds=3", "--json", "--progress"] });
  assert.equal(part?.command, ["herald", "bench", "good", "--rounds=3"]);
  assert.is(collected.herald, "9.9.9");
  assert.match(out, /good +measured +1 of 1 +\d+ s\n\n.*index\.html/);
  assert.match(err, /^good; 0 % done/);
  assert.match(page, /<title>Herald bench report/);
});

all("runAll() lets one that fails hold back no other, and says why it did", async () => {
  const { code, collected, err } = await run("failing", ["part", "absent", "crash", "babble", "silent", "killed", "good"]);
  assert.is(code, 3);
  const found = collected.parts.map(({ bench, report, reason }) => [bench, report !== null, reason?.replace(/\n.*/s, "") ?? null] as const);
  const [crash] = found.splice(2, 1);
  const BABBLED = `its report cannot be read: Unexpected token 's', "so much for JSON`;
  assert.equal(found, [
    ["part", true, "nothing is sent, since no network can be made"],
    ["absent", false, "nothing is measured, since there is no API server"],
    ["babble", false, BABBLED],
    ["silent", false, "it printed no report"],
    ["killed", false, "it was killed by SIGKILL"],
    ["good", true, null],
  ]);
  assert.match(crash?.[2] ?? "", /boom/);
  assert.match(err, /herald bench absent: not measured: nothing is measured, since there is no API server\n/);
});

all("runAll() ends the bench that runs when it is interrupted, and writes what there is", async () => {
  const { code, out, collected } = await run("interrupted", ["good", "long", "good"]);
  assert.is(code, 130);
  assert.ok(collected.isInterrupted);
  assert.equal(
    collected.parts.map(({ bench, report, reason }) => [bench, report !== null, reason]),
    [
      ["good", true, null],
      ["long", true, "it was interrupted"],
    ],
  );
  assert.match(out, /Interrupted; what there is: /);
});

const badFolders: Readonly<Record<string, readonly [() => string, RegExp]>> = {
  "one that is not empty": [() => folder, /it is not empty, expected a new folder/],
  "one in a folder that is not there": [() => join(folder, "none", "new"), /no such file or directory/],
  "a file": [() => program, /not a directory/],
  "one where nothing can be written": [() => "/proc/herald-bench", /Cannot write a report to \/proc\/herald-bench: /],
  "a link to nowhere": [
    () => {
      symlinkSync("/nowhere", join(folder, "link"));
      return join(folder, "link");
    },
    /no such file or directory/,
  ],
};

for (const [what, [target, message]] of Object.entries(badFolders))
  all(`prepareFolder() refuses ${what}`, () => {
    assert.throws(() => prepareFolder(target()), message);
  });

all("prepareFolder() takes one that is there and empty, and leaves it so", () => {
  const empty = join(folder, "empty");
  mkdirSync(empty);
  prepareFolder(empty);
  assert.not.ok(existsSync(join(empty, ".probe")));
});

all.run();

/**
 * The test gate: what `npm test` means.
 *
 * First the checks (build, Biome, tsc), each counted as one test; then every `*.test.ts`, each in a process of its own, two at a time. A file
 * passes when every suite that it made was run and every test that it registered passed: uvu alone exits 0 when a `before` hook throws, `.run()`
 * is forgotten, `.only` is left in, or nothing matched. What a file printed is shown only when it failed. The last line is the count.
 */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { judge, judgeCheck, type Outcome, type Verdict } from "./judge.ts";
import { killAll, runFile } from "./run-file.ts";

const PARALLEL = 2;
const TIME_LIMIT_MS = 180_000;

export interface GateOptions {
  readonly root: string;
  /** Searched for `*.test.ts`, relative to `root`. */
  readonly folders: readonly string[];
  /** Only files whose path holds one of these, and then no checks; each must match a file. Empty: all. */
  readonly patterns: readonly string[];
  readonly checks: readonly { readonly name: string; readonly command: readonly string[] }[];
  readonly timeLimitMs?: number;
  readonly write?: (text: string) => void;
}

/** Resolves to the exit code. */
export async function runGate(options: GateOptions): Promise<number> {
  const { root, patterns, timeLimitMs = TIME_LIMIT_MS, write = (text) => process.stdout.write(text) } = options;
  const total = { passed: 0, failed: 0 };
  const run = async (name: string, command: readonly string[], decide: (outcome: Outcome) => Verdict) => {
    const startedMs = performance.now();
    const outcome = await runFile(command, { cwd: root, timeLimitMs });
    const verdict = decide(outcome);
    total.passed += verdict.passed;
    total.failed += verdict.failed;
    write(describe(name, (performance.now() - startedMs) / 1000, verdict, outcome.output));
  };
  process.once("SIGINT", stop).once("SIGTERM", stop);
  for (const { name, command } of patterns.length > 0 ? [] : options.checks) await run(name, command, judgeCheck);
  const files = findTests(options);
  for (const pattern of patterns.filter((text) => !files.some((file) => file.includes(text)))) {
    total.failed++;
    write(`FAIL  no test file matches "${pattern}"\n`);
  }
  const wanted = patterns.length === 0 ? files : files.filter((file) => patterns.some((text) => file.includes(text)));
  const command = [process.execPath, "--import", "tsx", "--import", new URL("register.mjs", import.meta.url).href];
  const work = async () => {
    for (let file = wanted.shift(); file !== undefined; file = wanted.shift()) {
      await run(file, [...command, file], (outcome) => judge(outcome, timeLimitMs));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  process.off("SIGINT", stop).off("SIGTERM", stop);
  write(`\n${total.passed} passed, ${total.failed} failed\n`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

function stop(): void {
  killAll();
  process.exit(130);
}

function findTests({ root, folders }: GateOptions): string[] {
  const inFolder = (folder: string) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.ts"))
      .map((name) => relative(root, join(root, folder, name)));
  return folders.flatMap(inFolder).sort();
}

function describe(name: string, seconds: number, verdict: Verdict, output: string): string {
  const { passed, failed, reasons, notRun } = verdict;
  if (failed === 0) return [`ok    ${name}  ${passed} passed  ${seconds.toFixed(1)} s`, ...notRun, ""].join("\n");
  return [
    `FAIL  ${name}  ${passed} passed, ${failed} failed  ${seconds.toFixed(1)} s`,
    ...reasons.map((reason) => `      ${reason}`),
    output,
    "",
  ].join("\n");
}

/** Turns what one test file did into numbers and, where it failed, the reasons. Pure: the gate's opinion in one place. */
import type { SuiteRecord } from "./recorder.ts";

export interface Outcome {
  /** `null` where the process ended without a report: killed, or it never loaded uvu. */
  readonly suites: readonly SuiteRecord[] | null;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
  readonly output: string;
}

export interface Verdict {
  readonly passed: number;
  readonly failed: number;
  readonly reasons: readonly string[];
  /** The `not run: …` lines of tests whose tool is absent; in neither number. */
  readonly notRun: readonly string[];
}

export function judge(outcome: Outcome, timeLimitMs: number): Verdict {
  const notRun = outcome.output.split("\n").filter((line) => line.startsWith("not run: "));
  // The suite behind uvu's own `test` is always there; it counts only once it is used.
  const suites = (outcome.suites ?? []).filter(({ name, registered, runs }) => name !== "" || registered > 0 || runs > 0);
  const reasons = suites.flatMap((suite) => reasonsOf(suite, notRun.length > 0));
  if (outcome.timedOut) reasons.push(`Ran longer than ${timeLimitMs / 1000} s and was killed`);
  else if (outcome.signal !== null) reasons.push(`Ended by ${outcome.signal}`);
  else if (suites.length === 0) reasons.push("Ran no test: the file has no uvu suite, or ended before it");
  else if (outcome.exitCode !== 0) reasons.push(`Ended with exit code ${outcome.exitCode}`);
  const passed = suites.reduce((sum, suite) => sum + suite.passed, 0);
  const unpassed = suites.reduce((sum, suite) => sum + suite.registered - suite.passed, 0);
  return { passed, failed: reasons.length > 0 ? Math.max(1, unpassed) : 0, reasons, notRun };
}

/** A check is one test. */
export function judgeCheck({ exitCode }: Outcome): Verdict {
  return { passed: exitCode === 0 ? 1 : 0, failed: exitCode === 0 ? 0 : 1, reasons: [], notRun: [] };
}

function reasonsOf(suite: SuiteRecord, hasNotRun: boolean): string[] {
  const name = `Suite "${suite.name}"`;
  const reasons = suite.hookErrors.map((error) => `${name}: a before hook failed: ${error}`);
  for (const mark of suite.marked) reasons.push(`${name}: ${mark} is left in`);
  if (suite.runs === 0) reasons.push(`${name} was never run: its file lacks .run()`);
  else if (suite.waiting > 0) reasons.push(`${name}: ${suite.waiting} tests were registered after the last .run()`);
  else if (suite.registered === 0 && suite.marked.length === 0 && !hasNotRun) reasons.push(`${name} has no test`);
  else if (suite.passed < suite.registered) reasons.push(`${name}: ${suite.passed} of ${suite.registered} tests passed`);
  return reasons;
}

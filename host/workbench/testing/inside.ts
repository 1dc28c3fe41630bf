/**
 * Tests that run in a private network (`../private-network.ts`). Their file is started a second time inside, once for all of them; each test
 * then says what its twin there did.
 *
 *   const WIRE = suite("kernel wire");
 *   const inside = insideTests(WIRE, import.meta.url);
 *   inside("answers arping", [tool("arping")], async () => { … });
 *   WIRE.run();
 *
 * A file with such tests has no others: they would run inside too.
 */

import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Test } from "uvu";
import { enter, findWay, inUserNamespace, onLetGo } from "../private-network.ts";
import { namespaces, type Requirement, testWith } from "./requirements.ts";

/** Before the path of the file that takes what failed, by test. */
const INSIDE = "--inside";
const TIME_LIMIT_MS = 60_000;

export interface InsideOptions {
  /** Of one test; default 30 s. */
  readonly limitMs?: number;
  /** Inside, after the last test: takes down what would outlive the private network, such as files. */
  readonly end?: () => Promise<void>;
  /** In a user namespace also where root runs the tests. */
  readonly asUser?: boolean;
}

type Body = () => Promise<void> | void;

export type InsideTest = (name: string, requirements: readonly Requirement[], body: Body) => void;

export function insideTests<T>(suite: Test<T>, url: string, options: InsideOptions = {}): InsideTest {
  const [, , mark, report] = process.argv;
  if (mark === INSIDE && report !== undefined) return collectTests(report, options);
  let failures: Promise<ReadonlyMap<string, string>> | undefined;
  return (name, requirements) =>
    testWith(suite, [namespaces, ...requirements], name, async () => {
      failures ??= runInside(fileURLToPath(url), options);
      const failure = (await failures).get(name) ?? "it was not reached";
      if (failure !== "") throw new Error(`Inside the private network: ${failure}`);
    });
}

async function runInside(file: string, { asUser = false }: InsideOptions): Promise<ReadonlyMap<string, string>> {
  const way = asUser ? inUserNamespace(findWay()) : findWay();
  if (!way.ok) throw new Error(way.reason);
  const folder = mkdtempSync(join(tmpdir(), "herald-inside-"));
  const report = join(folder, "report");
  try {
    await enter(way, [file, INSIDE, report]);
    const lines = existsSync(report) ? readFileSync(report, "utf8").trimEnd().split("\n") : [];
    return new Map(lines.map((line) => JSON.parse(line) as [string, string]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Inside: one test after another, as soon as the file is loaded. */
function collectTests(report: string, { limitMs = TIME_LIMIT_MS, end = async () => {} }: InsideOptions): InsideTest {
  const tests: { name: string; requirements: readonly Requirement[]; body: Body }[] = [];
  const runAll = async (): Promise<void> => {
    for (const { name, requirements, body } of tests) {
      if (!requirements.every((requirement) => requirement.isMet())) continue;
      appendFileSync(report, `${JSON.stringify([name, await failureOf(body, limitMs)])}\n`);
    }
    await end();
    process.exit();
  };
  onLetGo(() => process.exit(1));
  setImmediate(() => void runAll());
  return (name, requirements, body) => void tests.push({ name, requirements, body });
}

/** Empty where it passed. */
async function failureOf(body: Body, limitMs: number): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`It ran longer than ${limitMs / 1000} s`)), limitMs);
  });
  try {
    await Promise.race([body(), late]);
    return "";
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  } finally {
    clearTimeout(timer);
  }
}

/** The conformance suite on an author's plugin: one test after the other, each with an end, whatever the plugin does. */

import type { Permission } from "../../announcer.ts";
import { visible } from "../../observe/log.ts";
import { withinTime } from "../../sandbox/within-time.ts";
import { conformance } from "../conformance/conformance.ts";
import type { Tested } from "../conformance/play.ts";
import type { Capture } from "./captures.ts";

const LIMIT_MS = 30_000;

export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  /** What it declared and did not use; undefined where that was not found out. */
  readonly unused: readonly Permission[] | undefined;
}

/** `tell` hears of each test, with the reason where it failed. Resolves when all have come to an end. */
export async function testPlugin(
  plugin: Tested,
  { captures, seed }: { readonly captures: readonly Capture[]; readonly seed: number },
  tell: (title: string, reason?: string) => void,
): Promise<Outcome> {
  const tests: (readonly [title: string, call: () => Promise<void>])[] = [];
  let unused: readonly Permission[] | undefined;
  const onUnused = (permissions: readonly Permission[]) => void (unused = permissions);
  conformance((title, call) => void tests.push([title, call]), plugin, { captures, onUnused, seed: () => seed });
  let failed = 0;
  for (const [title, call] of tests) {
    const reason = await failureOf(call);
    if (reason !== undefined) failed += 1;
    tell(title, reason);
  }
  return { passed: tests.length - failed, failed, unused };
}

/** What nobody waits for counts, too: it would end a speaker. */
async function failureOf(call: () => Promise<void>): Promise<string | undefined> {
  let stray: Error | undefined;
  const catchStray = (error: Error) => void (stray ??= error);
  process.on("uncaughtException", catchStray).on("unhandledRejection", catchStray);
  try {
    await withinTime("It", LIMIT_MS, call);
    return stray && describe(stray);
  } catch (error) {
    return describe(error as Error);
  } finally {
    process.off("uncaughtException", catchStray).off("unhandledRejection", catchStray);
  }
}

/** With the places in the plugin's own sources, not in ours. */
function describe(error: Error): string {
  const details = (error as { readonly details?: unknown }).details;
  const places = (error.stack ?? "").split("\n").filter((line) => /^\s+at .*\.[cm]?[jt]s:\d+/.test(line) && !line.includes("node:"));
  const own = places.filter((line) => !/\/(herald|testing)\.mjs|\/host\/|node_modules/.test(line)).slice(0, 3);
  const told = typeof details === "string" ? `\n${details}` : "";
  return [`${error.name === "Assertion" ? "" : `${error.name}: `}${visible(error.message)}${told}`, ...own].join("\n");
}

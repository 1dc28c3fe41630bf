/** The README shows the budget as it is. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FOOTPRINT, SIZES } from "./budget.ts";

const budget = suite("budget");

const text = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
/** Rows of the table, by their first cell. */
const section = text.split(/^## /m).find((part) => part.startsWith("What does it cost?")) ?? "";
const rows = new Map([...section.matchAll(/^\| (.+?) \| (.+?) \|$/gm)].map(([, what = "", most = ""]) => [what, most]));

function megabytes(what: string): string {
  const bytes = SIZES.find((size) => size.what === what)?.bytes ?? Number.NaN;
  return `at most ${bytes / 1e6} MB`;
}

budget("the README promises what a speaker may cost, and nothing else", () => {
  assert.equal(Object.fromEntries(rows), {
    "at rest": "budget",
    "---": "---",
    "resident memory above an empty Node": `at most ${FOOTPRINT.aboveEmptyNodeMb} MB`,
    "wake-ups": `below ${FOOTPRINT.wakeupsPerSecond} a second`,
    "of one core": `at most ${FOOTPRINT.cpuPercent} %`,
    "wake-ups more with each BFD session": `at most ${FOOTPRINT.wakeupsPerBfdSession} a second`,
    "on disk, for one processor": megabytes("the whole program"),
    "of that, the code of a speaker or controller": megabytes("the code of a speaker or controller"),
    "of that, all WebAssembly": megabytes("all WebAssembly"),
  });
});

budget.run();

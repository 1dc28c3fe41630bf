import { suite } from "uvu";
import * as assert from "uvu/assert";
import { signatureOf } from "./read-file.ts";
import { Doubts, looksUnfinished, SETTLE_MS } from "./unfinished.ts";

const unfinished = suite("unfinished");

const ONE = "a: 1\nb: 2\n";
const TWO = `${ONE}---\nc: 3\n`;

const TABLE: Readonly<Record<string, readonly [before: string | undefined, now: string | undefined, looksUnfinished: boolean]>> = {
  "no file, and still none": [undefined, undefined, false],
  "a new file": [undefined, ONE, false],
  "a new empty file": [undefined, "", false],
  "a new file cut in a line": [undefined, "a: 1\nb", true],
  "a file that is gone": [ONE, undefined, true],
  "a file emptied": [ONE, "", true],
  "a changed value": [ONE, "a: 9\nb: 2\n", false],
  "a shorter value": ["a: 100\nb: 2\n", ONE, false],
  "a longer last line": [ONE, "a: 1\nb: 22\n", false],
  "a shorter last line": ["a: 1\nb: 22\n", ONE, true],
  "a new last line": [ONE, "a: 1\nb: 2\nc: 3\n", false],
  "a longer text cut in a line": [ONE, "a: 1\nb: 2\nc: 3\nd", true],
  "a text cut at a line": [ONE, "a: 1\n", true],
  "a document less": [TWO, ONE, true],
  "a document less, at the start": [`x: 1\n---\n${TWO}`, TWO, true],
  "a document less, cut where the last line is the same": ["c: 3\n---\nc: 3\n", "c: 3\n", true],
  "a document more": [ONE, TWO, false],
  "a file whose writer never ends its last line": ["{a: 1,\nb: 2}", "{a: 11,\nb: 2}", false],
};

for (const [what, [before, now, expected]] of Object.entries(TABLE)) {
  unfinished(`looksUnfinished() is ${expected} for ${what}`, () => {
    assert.is(looksUnfinished(before, now), expected);
  });
}

unfinished("every beginning of a file that is written anew looks unfinished, but for those that end as it did", () => {
  const after = "a: 1\nb: 2\n---\nc: 4\n---\nd: 5\n";
  const before = "a: 1\nb: 2\n---\nc: 3\n---\nd: 4\n";
  for (let length = 0; length < after.length; length++) assert.ok(looksUnfinished(before, after.slice(0, length)), after.slice(0, length));
  assert.is(looksUnfinished(before, after), false);
});

unfinished("Doubts believes a text once it has been the same for a while", () => {
  const doubts = new Doubts();
  assert.is(doubts.believes("a", ONE, "", 0), false);
  assert.equal([...doubts.names()], ["a"]);
  assert.is(doubts.believes("a", ONE, "", SETTLE_MS - 1), false);
  assert.is(doubts.believes("a", ONE, "a: 1\n", SETTLE_MS), false, "another text: it is still being written");
  assert.is(doubts.believes("a", ONE, "a: 1\n", 2 * SETTLE_MS), true);
  assert.equal([...doubts.names()], []);
  assert.is(doubts.believes("a", ONE, undefined, 0), false);
  assert.is(doubts.believes("a", ONE, ONE, 1), true, "whole again at once");
  assert.equal([...doubts.names()], []);
});

unfinished("signatureOf() tells nothing of a file that has just changed", () => {
  const stat = { dev: 1n, ino: 2n, size: 3n, mtimeNs: 5_000_000_000n, ctimeNs: 5_000_000_000n };
  assert.is(signatureOf(stat, 5_020), "");
  const sure = signatureOf(stat, 5_200);
  assert.is.not(sure, "");
  for (const field of Object.keys(stat)) assert.is.not(signatureOf({ ...stat, [field]: 4_999_999_999n }, 5_200), sure, field);
});

unfinished.run();

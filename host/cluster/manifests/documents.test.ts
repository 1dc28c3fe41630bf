import fc from "fast-check";
import { loadAll } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { countLines, splitDocuments } from "./documents.ts";

const documents = suite("documents");

const SEED = 20_260_102;

const TABLE: Readonly<Record<string, readonly [text: string, documents: readonly (readonly [text: string, line: number])[]]>> = {
  nothing: ["", []],
  "blank lines and comments only": ["\n# a\n---\n# b\n---\n\n", []],
  "one without a marker": ["a: 1\n", [["a: 1\n", 1]]],
  "one without a last line break": ["a: 1", [["a: 1", 1]]],
  "two, the marker belongs to the second": [
    "a: 1\n---\nb: 2\n",
    [
      ["a: 1\n", 1],
      ["---\nb: 2\n", 2],
    ],
  ],
  "a marker at the start and at the end": ["---\na: 1\n---\n", [["---\na: 1\n", 1]]],
  "content on the marker's line": [
    "--- {a: 1}\n--- {b: 1}",
    [
      ["--- {a: 1}\n", 1],
      ["--- {b: 1}", 2],
    ],
  ],
  "a comment on the marker's line": ["--- # one\na: 1\n", [["--- # one\na: 1\n", 1]]],
  "directives before it": ["%YAML 1.2\n---\na: 1\n", [["---\na: 1\n", 2]]],
  "an end marker": [
    "a: 1\n...\n# between\n---\nb: 1\n...\n",
    [
      ["a: 1\n...\n", 1],
      ["---\nb: 1\n...\n", 4],
    ],
  ],
  "a bare one after an end marker": [
    "a: 1\n...\nb: 1\n",
    [
      ["a: 1\n...\n", 1],
      ["b: 1\n", 3],
    ],
  ],
  "markers that are content": ["a: |\n  ---\n  ...\n----: 1\n---x: 2\n", [["a: |\n  ---\n  ...\n----: 1\n---x: 2\n", 1]]],
  "CR LF": [
    "a: 1\r\n---\r\nb: 2\r\n",
    [
      ["a: 1\r\n", 1],
      ["---\r\nb: 2\r\n", 2],
    ],
  ],
  "CR alone": [
    "a: 1\r---\rb: 2\r...\rc: 1",
    [
      ["a: 1\r", 1],
      ["---\rb: 2\r...\r", 2],
      ["c: 1", 5],
    ],
  ],
  "a line separator that is no line break": ["a: 'x\u2028--- y'\n", [["a: 'x\u2028--- y'\n", 1]]],
};

for (const [what, [text, expected]] of Object.entries(TABLE)) {
  documents(`splitDocuments() finds ${what}`, () => {
    assert.equal(
      splitDocuments(text).map(({ text: part, line }) => [part, line]),
      expected,
    );
  });
}

documents("countLines() counts CR LF once", () => {
  assert.equal(["", "a", "a\n", "a\r\nb\r\n", "a\rb\r", "\r\r\n\n"].map(countLines), [0, 0, 1, 2, 2, 3]);
});

/** Lines that make borders, and lines that look as if. */
const line = fc.constantFrom(
  "a: 1",
  "b: {c: [1, 2]}",
  "---",
  "--- ",
  "--- # c",
  "...",
  "# comment",
  "",
  "  ",
  "d: |",
  "  text",
  "  ---",
  "----: 1",
  "e: 'x",
  "  y'",
);
const breaks = fc.constantFrom("\n", "\r\n", "\r");

documents("splitDocuments() cuts where js-yaml cuts", () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(line, breaks), { maxLength: 14 }), (lines) => {
      const text = lines.map((pair) => pair.join("")).join("");
      let whole: unknown[];
      try {
        whole = loadAll(text);
      } catch {
        return;
      }
      compared++;
      const parts = splitDocuments(text).flatMap((part) => loadAll(part.text));
      const said = (values: readonly unknown[]) => JSON.stringify(values.filter((value) => value !== null && value !== undefined));
      assert.is(said(parts), said(whole), JSON.stringify(text));
    }),
    { seed: SEED, numRuns: 3000 },
  );
  assert.ok(compared > 300, `only ${compared} texts were valid YAML`);
});

documents("splitDocuments() loses no content, and knows its lines", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(line, breaks), { maxLength: 30 }), (lines) => {
      const text = lines.map((pair) => pair.join("")).join("");
      let from = 0;
      for (const part of splitDocuments(text)) {
        const at = text.indexOf(part.text, from);
        assert.ok(at >= from);
        assert.is(part.line, countLines(text.slice(0, at)) + 1);
        for (const skipped of text.slice(from, at).split(/[\r\n]/)) assert.match(skipped, /^(---|\.\.\.)?\s*(#.*)?$/);
        from = at + part.text.length;
      }
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

documents.run();

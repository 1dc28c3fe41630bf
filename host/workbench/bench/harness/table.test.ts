import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Column, formatNumber, formatPercent, formatTable } from "./table.ts";

const table = suite("table");

interface Row {
  readonly name: string;
  readonly value: number | null;
}

const columns: readonly Column<Row>[] = [
  { heading: "responder", cell: ({ name }) => name, isText: true },
  { heading: "ns", cell: ({ value }) => value && formatNumber(value) },
  { heading: "note", cell: ({ value }) => (value === null ? "none" : ""), isText: true },
];

table("formatTable() puts text left, numbers right, a dash for nothing, and no blank at a line's end", () => {
  const text = formatTable(columns, [
    { name: "C", value: 2134 },
    { name: "a longer name", value: null },
  ]);
  assert.equal(text.split("\n"), ["responder         ns  note", "C              2,134  –", "a longer name      –  none"]);
});

table("formatTable() of no rows is its heading", () => {
  assert.is(formatTable(columns, []), "responder  ns  note");
});

table("formatNumber() keeps three digits of small numbers and all of large ones", () => {
  assert.equal([1234567.8, 441_000, 100, 99.96, 12.34, 5.236, 0.04, 0].map(formatNumber), [
    "1,234,568",
    "441,000",
    "100",
    "100.0",
    "12.3",
    "5.24",
    "0.04",
    "0",
  ]);
});

table("formatPercent() takes a share", () => {
  assert.is(formatPercent(0.9234, 1), "92.3 %");
  assert.is(formatPercent(1.42), "142 %");
});

table.run();

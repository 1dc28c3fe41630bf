import { suite } from "uvu";
import * as assert from "uvu/assert";
import { figuresFrom, less } from "./measured-figures.ts";

const figures = suite("measured figures");

figures("figuresFrom() gives a value for each round, and null where it has none", () => {
  const runs = [
    { of: "bird", ms: 3 },
    { of: "herald", ms: null },
    { of: "herald", ms: Number.NaN },
    { of: "bird", ms: 4 },
  ];
  assert.equal(
    figuresFrom(runs, ({ of }) => of, [less("time", "ms", ({ ms }) => ms)]),
    [
      { what: "time", of: "bird", unit: "ms", better: "less", values: [3, 4] },
      { what: "time", of: "herald", unit: "ms", better: "less", values: [null, null] },
    ],
  );
});

figures.run();

/** Fuel in modules written byte by byte: that whatever could run for ever stops, that what is paid is what was done, and what is refused. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type WasmParts, writeWasm } from "../../workbench/testing/wasm-bytes.ts";
import { FUEL, injectFuel, MOST_BYTES } from "./inject-fuel.ts";

const INJECT = suite("fuel");
const memory = { initial: 1, maximum: 1 };
const PLENTY = 1_000_000_000;

type Code = readonly number[];
interface Run {
  readonly call: (...values: number[]) => unknown;
  readonly fuel: { value: number };
}

/** A module with one function `run`, which takes and gives an i32, and `help`, which does neither. */
function start(code: Code, parts: WasmParts = {}): Run {
  const functions = { run: { params: ["i32"], result: "i32", code }, help: { params: [] } } as const;
  const module = new WebAssembly.Module(injectFuel(writeWasm({ memory, functions, ...parts })));
  const { exports } = new WebAssembly.Instance(module);
  return { call: exports["run"] as Run["call"], fuel: exports[FUEL] as Run["fuel"] };
}

function fuelled(code: Code): Run {
  const run = start(code);
  run.fuel.value = PLENTY;
  return run;
}

/** The steps that a call takes. */
function steps(run: Run, ...values: number[]): number {
  run.fuel.value = PLENTY;
  run.call(...values);
  return PLENTY - run.fuel.value;
}

/** Ends by a trap, or by the end of the stack. */
function assertStops(run: Run, fuel: number): void {
  run.fuel.value = fuel;
  assert.throws(() => run.call(1), /unreachable|Maximum call stack/);
}

const [LOOP, BLOCK, END, BR, CALL, GET, CONST, DROP] = [0x03, 0x02, 0x0b, 0x0c, 0x10, 0x20, 0x41, 0x1a];
const EMPTY = 0x40;
const ONE: Code = [CONST, 1];
const countDown: Code = [LOOP, EMPTY, GET, 0, ...ONE, 0x6b, 0x22, 0, 0x0d, 0, END, GET, 0];

const endless: Readonly<Record<string, Code>> = {
  "an empty loop": [LOOP, EMPTY, BR, 0, END, ...ONE],
  "a loop left and entered by a table of branches": [LOOP, EMPTY, BLOCK, EMPTY, GET, 0, 0x0e, 2, 0, 1, 1, END, BR, 0, END, ...ONE],
  "a loop in a loop": [LOOP, EMPTY, LOOP, EMPTY, BR, 1, END, END, ...ONE],
  "a function that calls itself": [GET, 0, CALL, 0],
  "a function that calls another for ever": [LOOP, EMPTY, CALL, 1, BR, 0, END, ...ONE],
  "a loop that fills all of the memory": [LOOP, EMPTY, CONST, 0, CONST, 0, CONST, 0x80, 0x80, 0x04, 0xfc, 11, 0, BR, 0, END, ...ONE],
};

for (const [name, code] of Object.entries(endless)) {
  INJECT(`${name} stops`, () => {
    const run = start(code);
    for (const fuel of [0, 1, 50, 1_000_000]) assertStops(run, fuel);
  });
}

INJECT("a million steps stop within a few milliseconds", () => {
  const run = start([LOOP, EMPTY, BR, 0, END, ...ONE]);
  const times = Array.from({ length: 20 }, () => {
    const since = performance.now();
    assertStops(run, 1_000_000);
    return performance.now() - since;
  });
  assert.ok(Math.min(...times) < 20, `${Math.min(...times)} ms`);
});

INJECT("what is paid grows with what is done, step by step", () => {
  const run = start(countDown);
  const [ten, eleven] = [steps(run, 10), steps(run, 11)];
  assert.is(eleven - ten, 6, "the instructions of one round, and the end of the block");
  assert.is(steps(run, 1010) - ten, 6000);
});

INJECT("a call that has just enough ends as if there were no fuel", () => {
  const run = start(countDown);
  const exact = steps(run, 1000);
  run.fuel.value = exact;
  assert.is(run.call(1000), 0);
  assert.is(run.fuel.value, 0);
  run.fuel.value = exact - 1;
  assert.throws(() => run.call(1000), /unreachable/);
});

INJECT("copying and filling pay by length, and keep their operands", () => {
  const fill: Code = [CONST, 16, CONST, 7, GET, 0, 0xfc, 11, 0];
  const copy: Code = [CONST, 0x80, 0x08, CONST, 16, GET, 0, 0xfc, 10, 0, 0];
  const run = start([...fill, ...copy, CONST, 0x80, 0x08, 0x2d, 0, 0]);
  assert.is(run.fuel.value, 0);
  const short = steps(run, 8);
  assert.is(run.call(8), 7, "the byte is where it was copied to");
  assert.is(steps(run, 8008) - short, 2000, "a step for eight bytes, of two instructions");
  run.fuel.value = PLENTY;
  assert.throws(() => run.call(-1), /out of bounds/, "4 GiB cost 2^29 steps, and are too much for the memory");
});

INJECT("a function pays for its locals at each call", () => {
  const body = (locals: readonly number[]) => [1, ...vector([...locals, CONST, 0, END])];
  const make = (locals: readonly number[]) =>
    start([], { functions: { run: { params: ["i32"], result: "i32" } }, sections: { 10: body(locals) } });
  assert.is(steps(make([1, 0x80, 0x80, 1, 0x7f]), 1) - steps(make([0]), 1), 16_384);
});

function vector(bytes: readonly number[]): number[] {
  return [bytes.length, ...bytes];
}

INJECT("memory.grow fails, and detaches nothing", () => {
  assert.is(fuelled([GET, 0, 0x40, 0]).call(0), -1);
});

INJECT("SIMD runs", () => {
  // i32x4.splat, then lane 2 of its negation
  assert.is(fuelled([GET, 0, 0xfd, 17, 0xfd, 0xa1, 0x01, 0xfd, 27, 2]).call(7), -7);
});

INJECT("custom sections are left out", () => {
  const text = Buffer.from(injectFuel(writeWasm({ memory, sections: {} }))).toString("latin1");
  const named = Uint8Array.from([...writeWasm({ memory }), 0, 5, 4, ...Buffer.from("name")]);
  assert.is(Buffer.from(injectFuel(named)).toString("latin1"), text);
});

const refused: Readonly<Record<string, readonly [module: Uint8Array, says: string]>> = {
  "no WebAssembly": [Buffer.from("hello"), "it is no valid WebAssembly module"],
  "more bytes than there may be": [new Uint8Array(MOST_BYTES + 1), "it has 262145 bytes, expected at most 262144"],
  imports: [writeWasm({ memory, imports: ["env.abort"] }), "it has imports, expected none"],
  "a start function": [
    writeWasm({ memory, functions: { start: { params: [] } }, sections: { 8: [0] } }),
    "it has a start function, expected none",
  ],
  "no memory": [writeWasm({}), "it has 0 memories, expected one"],
  "a memory without a maximum": [
    writeWasm({ memory: { initial: 1 } }),
    "it has a memory without a maximum, expected one that equals its initial size",
  ],
  "a memory that grows": [
    writeWasm({ memory: { initial: 1, maximum: 2 } }),
    "it has a memory of 1 to 2 pages, expected an initial size that equals the maximum",
  ],
  "a memory that is too large": [
    writeWasm({ memory: { initial: 65, maximum: 65 } }),
    "it has a memory of 65 pages, expected at most 64 of 64 KiB",
  ],
  "a shared memory": [writeWasm({ sections: { 5: [1, 3, 1, 1] } }), "it has a memory that is shared or of 64 bits"],
  "two tables": [writeWasm({ memory, sections: { 4: [2, 0x70, 0, 1, 0x70, 0, 1] } }), "it has 2 tables, expected at most one"],
  "a large table": [
    writeWasm({ memory, sections: { 4: [1, 0x70, 0, 0x81, 0x20] } }),
    "it has a table of 4097 elements, expected at most 4096",
  ],
  "a table that grows": [
    writeWasm({
      memory,
      functions: { run: { params: [], code: [0xd0, 0x70, CONST, 1, 0xfc, 15, 0, DROP] } },
      sections: { 4: [1, 0x70, 0, 1] },
    }),
    "it has table.grow",
  ],
  "a global of our name": [
    writeWasm({ memory, globals: { [FUEL]: { type: "i32", value: 0 } } }),
    "it has an export herald:fuel, a name that is Herald's",
  ],
  threads: [writeWasm({ memory, functions: { run: { params: [], code: [0xfe, 3, 0] } } }), "it has threads"],
  exceptions: [writeWasm({ memory, sections: { 1: [1, 0x60, 0, 0], 13: [1, 0, 0] } }), "it has a section of the unknown kind 13"],
  "a function of many parameters": [
    writeWasm({ memory, functions: { run: { params: Array.from({ length: 33 }, () => "i32") } } }),
    "it has a function with 33 parameters, expected at most 32",
  ],
};

for (const [name, [module, says]] of Object.entries(refused)) {
  INJECT(`${name}: refused, with the reason`, () => {
    assert.throws(
      () => injectFuel(module),
      (error: Error) => {
        assert.is(error.message, `Cannot run the packet program: ${says}`);
        return true;
      },
    );
  });
}

INJECT("a module without globals, exports or functions is fine", () => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(injectFuel(writeWasm({ sections: { 5: [1, 1, 1, 1] } }))));
  assert.equal(Object.keys(exports), [FUEL]);
});

INJECT.run();

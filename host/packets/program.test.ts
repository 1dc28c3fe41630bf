/** What the host says to modules that break the packet-program ABI, and that it trusts nothing that a sound one writes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { soundParts, writeProgram } from "../workbench/testing/abi-module.ts";
import { throwsError } from "../workbench/testing/throws-error.ts";
import { constant, I32_CONST, type WasmFunction, type WasmGlobal, type WasmParts, writeWasm } from "../workbench/testing/wasm-bytes.ts";
import { macNumber, PacketProgram } from "./program.ts";

const PROGRAM = suite("packet program");
const PAGE = 65_536;
const PLACED = "expected a multiple of 8 inside the memory of 65536 bytes";
const FIXED = "expected an initial size equal to the maximum, since the kernel holds addresses in it";

const i32 = (value: number): WasmGlobal => ({ type: "i32", value });
const { globals, functions } = soundParts;

function load(parts: Partial<WasmParts> = {}): PacketProgram {
  return new PacketProgram("test", new WebAssembly.Module(writeProgram(parts)));
}

function without<T>(parts: Readonly<Record<string, T>>, name: string): Record<string, T> {
  return Object.fromEntries(Object.entries(parts).filter(([key]) => key !== name));
}

const withGlobal = (name: string, global: WasmGlobal) => load({ globals: { ...globals, [name]: global } });
/** The whole error is compared; `breach` is what was found, and what was expected. */
const refuses = (run: () => unknown, breach: string) => throwsError(run, `Cannot load packet program test: found ${breach}`);
const giving = (name: string, value: number) =>
  load({ functions: { ...functions, [name]: { ...(functions[name] as WasmFunction), code: constant("i32", value) } } });

PROGRAM("a sound module is loaded", () => {
  const program = load();
  assert.equal([program.slots, program.slotBytes, program.rows, program.rx, program.tx], [4, 64, 40, 1024, 2048]);
  assert.equal([program.nextTickMs, program.rowCount, program.takeEvents()], [Infinity, 0, []]);
});

PROGRAM("a module that imports something is refused, with what it imports", () => {
  refuses(() => load({ imports: ["env.abort", "herald.clock"] }), "imports env.abort, herald.clock, expected no imports");
});

for (const name of Object.keys(globals)) {
  PROGRAM(`a module without global ${name} is refused`, () => {
    refuses(() => load({ globals: without(globals, name) }), `no global ${name}, expected one`);
  });
}

for (const name of Object.keys(functions)) {
  PROGRAM(`a module without function ${name} is refused`, () => {
    refuses(() => load({ functions: without(functions, name) }), `no function ${name}, expected one`);
    refuses(
      () => load({ functions: without(functions, name), globals: { ...globals, [name]: i32(0) } }),
      `no function ${name}, expected one`,
    );
  });
}

PROGRAM("another version of the ABI is refused", () => {
  refuses(() => withGlobal("ABI", i32(2)), "ABI version 2, expected 1");
});

PROGRAM("a module without memory, or with one that can grow, is refused", () => {
  refuses(() => new PacketProgram("test", new WebAssembly.Module(writeWasm({ globals, functions }))), "no exported memory, expected one");
  for (const memory of [{ initial: 1 }, { initial: 1, maximum: 2 }]) refuses(() => load({ memory }), `a memory that can grow, ${FIXED}`);
});

for (const name of ["SLOTS", "SLOT_BYTES", "ROWS", "DROP_REASONS", "EVENT_SLOTS"]) {
  PROGRAM(`${name} must be a positive number`, () => {
    for (const value of [0, -1, -0x8000_0000]) refuses(() => withGlobal(name, i32(value)), `${name} ${value}, expected a positive number`);
    refuses(() => withGlobal(name, { type: "f64", value: 1.5 }), `${name} 1.5, expected a positive number`);
    assert.throws(() => withGlobal(name, i32(0x7fff_ffff)), /inside the memory of 65536 bytes/);
  });
}

for (const [name, bytes] of Object.entries({
  RX: 256,
  TX: 256,
  RX_DESCRIPTORS: 128,
  TX_DESCRIPTORS: 128,
  ROW: 64,
  DROPS: 24,
  EVENTS: 256,
  LEVELS: 8,
  COUNTERS: 1280,
})) {
  PROGRAM(`region ${name} must lie inside the memory, at a multiple of 8`, () => {
    withGlobal(name, i32(PAGE - bytes));
    for (const at of [PAGE - bytes + 8, PAGE, -8, 1028])
      refuses(() => withGlobal(name, i32(at)), `${name} at ${at}, ${bytes} bytes, ${PLACED}`);
    refuses(() => withGlobal(name, { type: "f64", value: Number.NaN }), `${name} at NaN, ${bytes} bytes, ${PLACED}`);
  });
}

PROGRAM("a drop reason that has no counter is refused", () => {
  assert.equal(withGlobal("Drop.WrongOpcode", i32(2)).drops(), { wrong_opcode: 0 });
  for (const index of [3, -1])
    refuses(() => withGlobal("Drop.WrongOpcode", i32(index)), `drop reason wrong_opcode at ${index}, expected 0 to 2`);
});

PROGRAM("a program may say which types of ICMPv6 it hears: those that there are, and not too many", () => {
  assert.is(load().icmpTypes, undefined);
  assert.equal(withGlobal("IcmpType.RouterAdvertisement", i32(134)).icmpTypes, [134]);
  for (const type of [-1, 256]) refuses(() => withGlobal("IcmpType.None", i32(type)), `type ${type} of ICMPv6, expected 0 to 255`);
  const many = Object.fromEntries(Array.from({ length: 33 }, (_, type) => [`IcmpType.T${type}`, i32(type)]));
  refuses(() => load({ globals: { ...globals, ...many } }), "33 types of ICMPv6, expected at most 32");
});

PROGRAM("what a program gives is clamped", () => {
  for (const value of [5, 0x7fff_ffff, -1]) {
    assert.is(giving("process", value).process(0, 1, 0), 4, `process() gave ${value}`);
    assert.is(giving("tick", value).tick(0), 4, `tick() gave ${value}`);
  }
  assert.is(giving("process", 3).process(0, 1, 0), 3);
  assert.is(withGlobal("nextTickMs", { type: "f64", value: Number.NaN, isMutable: true }).nextTickMs, Infinity);
  for (const row of [-1, 40, 1.5e9, Number.NaN])
    assert.throws(() => load().counters(row), /^Cannot count row \S+ of packet program test: expected 0 to 39$/);
});

PROGRAM("events that a program only says to have written are at most a ring", () => {
  const program = withGlobal("eventsWritten", { type: "i32", value: -1, isMutable: true });
  assert.is(program.takeEvents().length, 4);
  assert.is(program.takeEvents().length, 0);
});

PROGRAM("states are handed out where a program has them, and once a version", () => {
  assert.is(load().takeStates(), undefined);
  const statesVersion = { type: "i32", value: 7, isMutable: true } as const;
  const program = load({ globals: { ...globals, STATES: i32(16_384), statesVersion } });
  assert.is(program.takeStates()?.length, 40 * 8);
  assert.is(program.takeStates(), undefined);
  refuses(() => withGlobal("STATES", i32(16_384)), "STATES and no global statesVersion, expected one");
  for (const at of [-8, 4, PAGE - 40 * 8 + 8])
    refuses(() => load({ globals: { ...globals, STATES: i32(at), statesVersion } }), `STATES at ${at}, 320 bytes, ${PLACED}`);
});

for (const [name, bytes] of Object.entries({ CLAIMS: 640, HEARD: 512, HEARD_PEERS: 320 })) {
  PROGRAM(`region ${name} may be absent, and else must lie inside the memory, at a multiple of 8`, () => {
    withGlobal(name, i32(PAGE - bytes));
    for (const at of [PAGE - bytes + 8, -8, 1028]) refuses(() => withGlobal(name, i32(at)), `${name} at ${at}, ${bytes} bytes, ${PLACED}`);
    refuses(() => withGlobal(name, { type: "f64", value: Number.NaN }), `${name} at NaN, ${bytes} bytes, ${PLACED}`);
  });
}

PROGRAM("a refusal has the program's name for it, or its number", () => {
  const program = withGlobal("Refused.TableFull", i32(-7));
  assert.equal([program.refusalName(-7), program.refusalName(-8)], ["table_full", "status_8"]);
});

PROGRAM("a function that traps is an error, not an answer", () => {
  const program = load({ functions: { ...functions, tick: { params: ["f64"], result: "i32", code: [0x00, I32_CONST, 0] } } });
  assert.throws(() => program.tick(0), /unreachable/);
});

PROGRAM("macNumber() is the six bytes as one number, and 0 for none", () => {
  assert.is(macNumber("02:00:00:00:00:ff"), 0x0200_0000_00ff);
  assert.is(macNumber(""), 0);
});

PROGRAM.run();

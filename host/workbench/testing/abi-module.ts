/** Sound packet programs that do nothing, and unsound ones made of them: `docs/packet-programs.md` byte by byte. */

import { type WasmFunction, type WasmGlobal, type WasmParts, writeWasm } from "./wasm-bytes.ts";

const i32 = (value: number): WasmGlobal => ({ type: "i32", value });

const constants = { ABI: i32(1), SLOTS: i32(4), SLOT_BYTES: i32(64), ROWS: i32(40), DROP_REASONS: i32(3), EVENT_SLOTS: i32(4) };

const regions = {
  RX: i32(1024),
  TX: i32(2048),
  RX_DESCRIPTORS: i32(3072),
  TX_DESCRIPTORS: i32(4096),
  ROW: i32(5120),
  DROPS: i32(6144),
  EVENTS: i32(7168),
  LEVELS: i32(8192),
  COUNTERS: i32(9216),
};

const state = {
  nextTickMs: { type: "f64", value: Infinity, isMutable: true },
  eventsWritten: { type: "i32", value: 0, isMutable: true },
  rowCount: { type: "i32", value: 0, isMutable: true },
} as const;

const functions: Record<string, WasmFunction> = {
  setup: { params: ["i32", "i32"] },
  setLink: { params: ["i32", "f64", "i32"] },
  put: { params: [], result: "i32" },
  remove: { params: [], result: "i32" },
  process: { params: ["i32", "i32", "f64"], result: "i32" },
  tick: { params: ["f64"], result: "i32" },
};

/** Everything that the ABI asks for, and nothing else. */
export const soundParts = { imports: [], memory: { initial: 1, maximum: 1 }, globals: { ...constants, ...regions, ...state }, functions };

/** The bytes of the sound module with some parts replaced. */
export function writeProgram(parts: Partial<WasmParts> = {}): Uint8Array {
  return writeWasm({ ...soundParts, ...parts });
}

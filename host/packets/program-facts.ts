/** What a packet program that nobody has run says of itself, for its author and for who is to grant it something. */

import { compileProgram } from "./wasm.ts";

export interface ProgramFacts {
  readonly bytes: number;
  /** Of 64 KiB each. */
  readonly pages: number;
  readonly rows: number;
  readonly slots: number;
  readonly slotBytes: number;
  /** Names of its functions. */
  readonly functions: readonly string[];
}

/** Throws one line with the reason where it may not run. Nothing of it is called; a module has no other way to run. */
export function readProgramFacts(bytes: Uint8Array): ProgramFacts {
  const { exports } = new WebAssembly.Instance(compileProgram(bytes));
  const number = (name: string): number => {
    const value = exports[name];
    return value instanceof WebAssembly.Global ? Number(value.value) : 0;
  };
  const { memory } = exports;
  return {
    bytes: bytes.length,
    pages: memory instanceof WebAssembly.Memory ? memory.buffer.byteLength / 65_536 : 0,
    rows: number("ROWS"),
    slots: number("SLOTS"),
    slotBytes: number("SLOT_BYTES"),
    functions: Object.keys(exports).filter((name) => typeof exports[name] === "function"),
  };
}

/** What a packet program that nobody has run says of itself, for its author and for who is to grant it something. */

import { FUEL } from "./fuel/inject-fuel.ts";
import { compileProgram } from "./wasm.ts";

/** `docs/packet-programs.md` "Descriptors". */
const DESCRIPTOR_BYTES = 32;

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

export interface ProgramCost {
  /** Time of one frame, in batches as the worker has them; the median of the rounds. */
  readonly frameNs: number;
  /** Steps that one frame took, of the batch that took most. */
  readonly fuelPerFrame: number;
}

const ROUNDS = 200;
const MAC = 0x02_00_00_00_00_00;
const PLENTY = 0x7fff_ffff;

/** What a program needs for these frames, with fuel in it and without a row. Throws where it traps. */
export function measureProgram(bytes: Uint8Array, frames: readonly Uint8Array[]): ProgramCost {
  const { exports } = new WebAssembly.Instance(compileProgram(bytes));
  const global = (name: string) => exports[name] as WebAssembly.Global;
  const call = (name: string, ...args: readonly number[]) => (exports[name] as (...args: readonly number[]) => number)(...args);
  const fuel = global(FUEL);
  const { buffer } = exports["memory"] as WebAssembly.Memory;
  const [rx, descriptors, slotBytes] = ["RX", "RX_DESCRIPTORS", "SLOT_BYTES"].map((name) => global(name).value) as [number, number, number];
  const batch = frames.slice(0, global("SLOTS").value);
  fuel.value = PLENTY;
  call("setup", 1, 2);
  call("setLink", 0, MAC, 1);
  batch.forEach((frame, slot) => {
    new Uint8Array(buffer).set(frame.subarray(0, slotBytes), rx + slot * slotBytes);
    new DataView(buffer).setUint16(descriptors + slot * DESCRIPTOR_BYTES, frame.length, true);
  });
  let most = 0;
  const times = Array.from({ length: ROUNDS }, (_, round) => {
    fuel.value = PLENTY;
    const startMs = performance.now();
    call("process", 0, batch.length, round);
    const tookMs = performance.now() - startMs;
    most = Math.max(most, PLENTY - fuel.value);
    return tookMs;
  }).sort((one, other) => one - other);
  const medianMs = times[ROUNDS / 2] ?? 0;
  return { frameNs: (medianMs * 1e6) / batch.length, fuelPerFrame: Math.ceil(most / batch.length) };
}

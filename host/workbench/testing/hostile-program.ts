/** Packet programs that nobody should have to trust, written byte by byte: with fuel in them, as a plugin's program is loaded. */

import { compileProgram, type WasmModule } from "../../packets/wasm.ts";
import { soundParts, writeProgram } from "./abi-module.ts";
import { constant, type WasmFunction, type WasmGlobal } from "./wasm-bytes.ts";

const DESCRIPTOR_BYTES = 32;
const SLOT_BYTES = 64;
const SLOTS = 4;

/** For a function with or without a result. */
export const LOOP_FOR_EVER = [0x03, 0x40, 0x0c, 0, 0x0b, 0x00];
export const TRAP = [0x00];
/** `process` traps where it is handed two frames or more, and else gives so many to send. */
export const trapOnTwo = (sent: number): number[] => [
  ...[0x20, 1, ...constant("i32", 1), 0x4a, 0x04, 0x40, 0x00, 0x0b],
  ...constant("i32", sent),
];

export interface HostileParts {
  /** What lies in its sending slots from the beginning, at most four; the link is 0 where it is not said. */
  readonly frames?: readonly (
    | Uint8Array
    | { readonly frame: Uint8Array; readonly link?: number; readonly length?: number; readonly port?: number }
  )[];
  /** What is in the descriptors behind the link: a datagram's receiver. */
  readonly peers?: readonly Uint8Array[];
  /** Code of its functions; `process` gives as many slots as there are frames. */
  readonly code?: Readonly<Record<string, readonly number[]>>;
  readonly globals?: Readonly<Record<string, WasmGlobal>>;
}

export function hostileProgram(parts: HostileParts): WasmModule {
  return compileProgram(hostileBytes(parts));
}

/** As an author would have built it. */
export function hostileBytes({ frames = [], peers = [], code = {}, globals = {} }: HostileParts): Uint8Array {
  const base = soundParts.globals;
  const all = frames.map((entry) => (entry instanceof Uint8Array ? { frame: entry } : entry));
  if (all.length > SLOTS) throw new Error(`No room for ${all.length} frames`);
  const data = all.flatMap(({ frame, link = 0, length = frame.length, port = 0 }, slot) => {
    const descriptor = new DataView(new ArrayBuffer(DESCRIPTOR_BYTES));
    descriptor.setUint16(0, length, true);
    descriptor.setUint8(2, port);
    descriptor.setUint32(4, link, true);
    new Uint8Array(descriptor.buffer).set(peers[slot] ?? [], 8);
    return [
      { at: base.TX.value + slot * SLOT_BYTES, bytes: frame.subarray(0, SLOT_BYTES) },
      { at: base.TX_DESCRIPTORS.value + slot * DESCRIPTOR_BYTES, bytes: new Uint8Array(descriptor.buffer) },
    ];
  });
  const process = { ...(soundParts.functions["process"] as WasmFunction), code: constant("i32", frames.length) };
  const functions: Record<string, WasmFunction> = { ...soundParts.functions, process };
  for (const [name, body] of Object.entries(code)) functions[name] = { ...(functions[name] as WasmFunction), code: body };
  return writeProgram({ data, functions, globals: { ...base, ...globals } });
}

/**
 * Fuel: a packet program that nobody has read is made to stop by itself.
 *
 * In comes a WebAssembly module as its author wrote it, out goes one that does the same and counts down a global of ours as it goes: below
 * zero it traps. The host sets the global before each call, so each call ends, soon, whatever the program does. The module is walked
 * instruction by instruction (`instructions.ts`), each function is made to pay (`function-body.ts`), and what could get around that, or
 * take memory without end, is refused: imports, a start function, memories that grow or are shared, more than one memory or table,
 * instructions that we do not know. `memory.grow` fails, as it does for any memory that is full.
 *
 * Custom sections (names, debug information) are left out: they speak of code that is not there any more.
 */

import { Reader, signed, unsigned, Writer } from "./bytes.ts";
import { chargeBody } from "./function-body.ts";
import { Op, refuse } from "./instructions.ts";
import { demandExports, demandMemory, demandTable, readFunctions, readTypes } from "./sections.ts";

/** Export of the fuel that is left: a mutable i32. */
export const FUEL = "herald:fuel";

export const MOST_BYTES = 256 * 1024;
/** Of 64 KiB each. */
export const MOST_PAGES = 64;

/** WebAssembly Core Specification 2.0 §5.5.2 "Sections". */
const Section = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
} as const;
/** In this order a module has them. */
const order: readonly number[] = [
  ...[Section.type, Section.function, Section.table, Section.memory, Section.global, Section.export],
  ...[Section.element, Section.dataCount, Section.code, Section.data],
];

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const I32 = 0x7f;
const MUTABLE = 1;
const EXPORT_GLOBAL = 3;

export interface FuelLimits {
  readonly mostPages?: number;
}

/** Throws one line with the reason where the module is not one that may run. */
export function injectFuel(module: Uint8Array, { mostPages = MOST_PAGES }: FuelLimits = {}): Uint8Array {
  try {
    if (module.length > MOST_BYTES) refuse(`${module.length} bytes, expected at most ${MOST_BYTES}`);
    if (!WebAssembly.validate(module)) throw new Error("it is no valid WebAssembly module");
    const rewritten = rewrite(readSections(module), mostPages);
    if (!WebAssembly.validate(rewritten)) throw new Error("it is no valid module any more with fuel in it");
    return rewritten;
  } catch (error) {
    throw new Error(`Cannot run the packet program: ${(error as Error).message}`, { cause: error });
  }
}

function readSections(module: Uint8Array): ReadonlyMap<number, Reader> {
  const all = new Reader(module, MAGIC.length);
  const sections = new Map<number, Reader>();
  while (!all.isDone) {
    const id = all.byte();
    const contents = all.part(all.unsigned());
    if (id === Section.custom) continue;
    if (id === Section.import && contents.peek() !== 0) refuse("imports, expected none");
    if (id === Section.start) refuse("a start function, expected none");
    if (id !== Section.import && !order.includes(id)) refuse(`a section of the unknown kind ${id}`);
    sections.set(id, contents);
  }
  return sections;
}

function rewrite(sections: ReadonlyMap<number, Reader>, mostPages: number): Uint8Array {
  const section = (id: number): Reader => {
    const found = sections.get(id);
    return new Reader(found?.bytes ?? EMPTY, found?.at ?? 0, found?.end ?? 1);
  };
  demandTable(section(Section.table));
  demandMemory(section(Section.memory), mostPages);
  demandExports(section(Section.export), FUEL);
  const fuel = section(Section.global).unsigned();
  const global = [I32, MUTABLE, Op.i32Const, ...signed(0), Op.end];
  const name = new TextEncoder().encode(FUEL);
  const made = new Map([
    [Section.global as number, longer(section(Section.global), global)],
    [Section.export, longer(section(Section.export), [...unsigned(name.length), ...name, EXPORT_GLOBAL, ...unsigned(fuel)])],
    [Section.code, chargeCode(section(Section.code), fuel, paramsOf(section(Section.type), section(Section.function)))],
  ]);
  const out = new Writer(MOST_BYTES * 2).append(MAGIC);
  for (const id of order) {
    const contents = made.get(id) ?? sections.get(id);
    if (contents === undefined) continue;
    out.append([id]).sized(contents instanceof Reader ? contents.bytes.subarray(contents.at, contents.end) : contents);
  }
  return out.bytes;
}

/** A vector of nothing. */
const EMPTY = Uint8Array.of(0);

/** A vector with one more entry, the last. */
function longer(vector: Reader, entry: readonly number[]): Uint8Array {
  const out = new Writer(vector.end - vector.at + entry.length + 1).append(unsigned(vector.unsigned() + 1));
  return out.append(vector.bytes.subarray(vector.at, vector.end)).append(entry).bytes;
}

/** How many parameters each function has. */
function paramsOf(types: Reader, functions: Reader): readonly number[] {
  const params = readTypes(types);
  return readFunctions(functions).map((type) => params[type] as number);
}

function chargeCode(code: Reader, fuel: number, params: readonly number[]): Uint8Array {
  const count = code.unsigned();
  const out = new Writer((code.end - code.at) * 2).append(unsigned(count));
  for (let index = 0; index < count; index++) out.sized(chargeBody(code.part(code.unsigned()), fuel, params[index] as number));
  return out.bytes;
}

/** WebAssembly modules written byte by byte, for tests of what the host says to modules that no compiler of ours would make. */

type Type = "i32" | "i64" | "f64";

export interface WasmGlobal {
  readonly type: Type;
  readonly value: number;
  readonly isMutable?: boolean;
}

export interface WasmFunction {
  readonly params: readonly Type[];
  readonly result?: Type;
  /** Instructions without the final `end`; without them the function gives 0. */
  readonly code?: readonly number[];
}

export interface WasmParts {
  /** Functions without parameters and result, `module.name`. */
  readonly imports?: readonly string[];
  /** In pages. Undefined: no memory. */
  readonly memory?: { readonly initial: number; readonly maximum?: number };
  /** Exported by their names. */
  readonly globals?: Readonly<Record<string, WasmGlobal>>;
  readonly functions?: Readonly<Record<string, WasmFunction>>;
  /** What the memory holds from the beginning. */
  readonly data?: readonly { readonly at: number; readonly bytes: Iterable<number> }[];
  /** Sections of other kinds, by number: tables (4), a start function (8) and the like. */
  readonly sections?: Readonly<Record<number, readonly number[]>>;
}

const TYPES = { i32: 0x7f, i64: 0x7e, f64: 0x7c } as const;
const KINDS = { function: 0, memory: 2, global: 3 } as const;
export const I32_CONST = 0x41;
const I64_CONST = 0x42;
const F64_CONST = 0x44;
const END = 0x0b;

export function writeWasm({ imports = [], memory, globals = {}, functions = {}, data = [], sections = {} }: WasmParts): Uint8Array {
  const bodies = Object.values(functions);
  const signatures = [
    [0x60, 0, 0],
    ...bodies.map(({ params, result }) => [
      0x60,
      ...vector(params.map((type) => [TYPES[type]])),
      ...(result === undefined ? [0] : [1, TYPES[result]]),
    ]),
  ];
  const named = (kind: keyof typeof KINDS, names: readonly string[], first = 0) =>
    names.map((name, at) => [...text(name), KINDS[kind], ...unsigned(first + at)]);
  const exports = [
    ...(memory === undefined ? [] : named("memory", ["memory"])),
    ...named("global", Object.keys(globals)),
    ...named("function", Object.keys(functions), imports.length),
  ];
  const parts: Readonly<Record<number, readonly (readonly number[])[]>> = {
    1: signatures,
    2: imports.map((name) => [...name.split(".").flatMap((part) => text(part)), KINDS.function, 0]),
    3: bodies.map((_, at) => unsigned(at + 1)),
    5: memory === undefined ? [] : [limits(memory)],
    6: Object.values(globals).map(({ type, value, isMutable = false }) => [TYPES[type], isMutable ? 1 : 0, ...constant(type, value), END]),
    7: exports,
    10: bodies.map(({ result, code = result === undefined ? [] : constant(result, 0) }) => [...unsigned(code.length + 2), 0, ...code, END]),
    11: data.map(({ at, bytes }) => [0, ...constant("i32", at), END, ...vector(Array.from(bytes, (byte) => [byte]))]),
  };
  const raw = (id: number): number[] => {
    const contents = sections[id];
    return contents === undefined ? section(id, parts[id] ?? []) : [id, ...unsigned(contents.length), ...contents];
  };
  return Uint8Array.from([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...ORDER.flatMap(raw)]);
}

/** Of the sections of a module; 12 counts the pieces of data, and comes before the code. */
const ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];

function section(id: number, entries: readonly (readonly number[])[]): number[] {
  if (entries.length === 0) return [];
  const bytes = vector(entries);
  return [id, ...unsigned(bytes.length), ...bytes];
}

function vector(entries: readonly (readonly number[])[]): number[] {
  return [...unsigned(entries.length), ...entries.flat()];
}

function limits({ initial, maximum }: { readonly initial: number; readonly maximum?: number }): number[] {
  return maximum === undefined ? [0, ...unsigned(initial)] : [1, ...unsigned(initial), ...unsigned(maximum)];
}

function text(value: string): number[] {
  const bytes = Buffer.from(value);
  return [...unsigned(bytes.length), ...bytes];
}

export function constant(type: Type, value: number): number[] {
  if (type === "f64") return [F64_CONST, ...new Uint8Array(Float64Array.of(value).buffer)];
  return [type === "i32" ? I32_CONST : I64_CONST, ...signed(value)];
}

/** LEB128, as all numbers in a module. */
function unsigned(value: number): number[] {
  const low = value % 128;
  const rest = Math.floor(value / 128);
  return rest === 0 ? [low] : [low | 128, ...unsigned(rest)];
}

function signed(value: number): number[] {
  const low = value & 127;
  const rest = value >> 7;
  const isDone = (rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0);
  return isDone ? [low] : [low | 128, ...signed(rest)];
}

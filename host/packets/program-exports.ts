/**
 * What a packet program must export by `docs/packet-programs.md`, checked when it is loaded, so that afterwards the host may index without a
 * second look.
 */

import { FUEL } from "./fuel/inject-fuel.ts";
import { Row } from "./row-layout.ts";

/** Shape of a packet program's exports. Memory offsets and sizes are in bytes. */
export interface Exports {
  memory: WebAssembly.Memory;
  setup(seedLow: number, seedHigh: number): void;
  setLink(link: number, mac: number, flags: number): void;
  put(): number;
  remove(): number;
  process(link: number, count: number, nowMs: number): number;
  tick(nowMs: number): number;
  nextTickMs: WebAssembly.Global;
  eventsWritten: WebAssembly.Global;
  rowCount: WebAssembly.Global;
  statesVersion?: WebAssembly.Global;
  [FUEL]?: WebAssembly.Global;
}

const ABI_VERSION = 1;
const DESCRIPTOR_BYTES = 32;
export const COUNTER_BYTES = 32;
export const EVENT_BYTES = 64;
/** One row's entry in STATES. */
export const STATE_BYTES = 8;
/** One row's entry in CLAIMS. */
export const CLAIM_BYTES = 16;
const LINKS = 64;
/** Jumps of a filter reach over 255 instructions. */
const MOST_ICMP_TYPES = 32;
/** They become labels of metrics, and words that people read. */
const MOST_NAMES = 128;
const NAME = /^[A-Za-z][A-Za-z0-9]{0,39}$/;

const sizes = ["SLOTS", "SLOT_BYTES", "ROWS", "DROP_REASONS", "EVENT_SLOTS"] as const;
const functions = ["setup", "setLink", "put", "remove", "process", "tick"] as const;
const mutable = ["nextTickMs", "eventsWritten", "rowCount"] as const;

type Sizes = Record<(typeof sizes)[number], number>;

/** Regions and their lengths. */
const regions = {
  RX: ({ SLOTS, SLOT_BYTES }: Sizes) => SLOTS * SLOT_BYTES,
  TX: ({ SLOTS, SLOT_BYTES }: Sizes) => SLOTS * SLOT_BYTES,
  RX_DESCRIPTORS: ({ SLOTS }: Sizes) => SLOTS * DESCRIPTOR_BYTES,
  TX_DESCRIPTORS: ({ SLOTS }: Sizes) => SLOTS * DESCRIPTOR_BYTES,
  ROW: () => Row.bytes,
  DROPS: ({ DROP_REASONS }: Sizes) => DROP_REASONS * 8,
  EVENTS: ({ EVENT_SLOTS }: Sizes) => EVENT_SLOTS * EVENT_BYTES,
  LEVELS: ({ ROWS }: Sizes) => Math.ceil(ROWS / 32) * 4,
  COUNTERS: ({ ROWS }: Sizes) => ROWS * COUNTER_BYTES,
};
/** Those that a program may do without. */
const optional = {
  STATES: ({ ROWS }: Sizes) => ROWS * STATE_BYTES,
  CLAIMS: ({ ROWS }: Sizes) => ROWS * CLAIM_BYTES,
  HEARD: () => LINKS * 8,
  HEARD_PEERS: ({ ROWS }: Sizes) => ROWS * 8,
};

export type Numbers = Sizes & Record<keyof typeof regions, number>;
/** Where the regions lie that the program has. */
export type OptionalRegions = Readonly<Partial<Record<keyof typeof optional, number>>>;

export interface Checked {
  readonly exports: Exports;
  readonly numbers: Numbers;
  readonly optional: OptionalRegions;
  /** Index in DROPS and name of each reason. */
  readonly dropNames: readonly [index: number, name: string][];
  /** Negative results of `put`, and what they mean. */
  readonly refusalNames: ReadonlyMap<number, string>;
  /** Of ICMPv6, all that it wants to hear; undefined: every one. */
  readonly icmpTypes: readonly number[] | undefined;
}

/** Makes an instance of the module. Throws, naming what is missing or out of bounds, where it breaks the ABI. */
export function instantiate(name: string, module: WebAssembly.Module): Checked {
  const imports = WebAssembly.Module.imports(module);
  if (imports.length > 0) broken(name, `imports ${imports.map((item) => `${item.module}.${item.name}`).join(", ")}`, "no imports");
  const exports = new WebAssembly.Instance(module).exports;
  const numbers = readNumbers(name, exports);
  for (const key of functions) if (typeof exports[key] !== "function") broken(name, `no function ${key}`, "one");
  const bytes = checkMemory(name, exports["memory"]);
  for (const key of sizes)
    if (!(Number.isInteger(numbers[key]) && numbers[key] > 0)) broken(name, `${key} ${numbers[key]}`, "a positive number");
  for (const [key, length] of Object.entries(regions)) checkRegion(name, key, numbers[key as keyof typeof regions], length(numbers), bytes);
  return {
    exports: exports as unknown as Exports,
    numbers,
    optional: findOptional(name, exports, numbers, bytes),
    dropNames: readDropNames(name, exports, numbers),
    refusalNames: new Map(named(name, exports, "Refused.")),
    icmpTypes: readIcmpTypes(name, exports),
  };
}

function readNumbers(name: string, exports: Record<string, unknown>): Numbers {
  const read = (key: string): number => {
    const value = exports[key];
    if (!(value instanceof WebAssembly.Global)) broken(name, `no global ${key}`, "one");
    return Number(value.value);
  };
  if (read("ABI") !== ABI_VERSION) broken(name, `ABI version ${read("ABI")}`, `${ABI_VERSION}`);
  for (const key of mutable) read(key);
  return Object.fromEntries([...Object.keys(regions), ...sizes].map((key) => [key, read(key)])) as Numbers;
}

/** Gives its length. */
function checkMemory(name: string, memory: unknown): number {
  if (!(memory instanceof WebAssembly.Memory)) broken(name, "no exported memory", "one");
  if (canGrow(memory))
    broken(name, "a memory that can grow", "an initial size equal to the maximum, since the kernel holds addresses in it");
  return memory.buffer.byteLength;
}

function checkRegion(name: string, region: string, at: number, length: number, bytes: number): void {
  if (!(at >= 0 && at % 8 === 0 && at + length <= bytes))
    broken(name, `${region} at ${at}, ${length} bytes`, `a multiple of 8 inside the memory of ${bytes} bytes`);
}

function findOptional(name: string, exports: Record<string, unknown>, numbers: Numbers, bytes: number): OptionalRegions {
  const found: Partial<Record<keyof typeof optional, number>> = {};
  for (const [key, length] of Object.entries(optional)) {
    const global = exports[key];
    if (global === undefined) continue;
    const at = global instanceof WebAssembly.Global ? Number(global.value) : Number.NaN;
    checkRegion(name, key, at, length(numbers), bytes);
    found[key as keyof typeof optional] = at;
  }
  if (found.STATES !== undefined && !(exports["statesVersion"] instanceof WebAssembly.Global))
    broken(name, "STATES and no global statesVersion", "one");
  return found;
}

/** Globals of an enumeration as `prefix` and name: their values, and their names in snake case. */
function named(program: string, exports: Record<string, unknown>, prefix: string): [value: number, name: string][] {
  const found = Object.entries(exports).filter(([key, global]) => key.startsWith(prefix) && global instanceof WebAssembly.Global);
  if (found.length > MOST_NAMES) broken(program, `${found.length} names ${prefix}*`, `at most ${MOST_NAMES}`);
  return found.map(([key, global]) => {
    const name = key.slice(prefix.length);
    if (!NAME.test(name)) broken(program, `the name ${JSON.stringify(key)}`, `${prefix} and at most 40 letters and digits`);
    return [Number((global as WebAssembly.Global).value), snakeCase(name)];
  });
}

function readDropNames(name: string, exports: Record<string, unknown>, { DROP_REASONS }: Numbers): [index: number, name: string][] {
  const names = named(name, exports, "Drop.");
  const stray = names.find(([index]) => !(index >= 0 && index < DROP_REASONS));
  if (stray !== undefined) broken(name, `drop reason ${stray[1]} at ${stray[0]}`, `0 to ${DROP_REASONS - 1}`);
  return names;
}

function readIcmpTypes(name: string, exports: Record<string, unknown>): number[] | undefined {
  const types = named(name, exports, "IcmpType.").map(([type]) => type);
  if (types.length > MOST_ICMP_TYPES) broken(name, `${types.length} types of ICMPv6`, `at most ${MOST_ICMP_TYPES}`);
  const stray = types.find((type) => !(Number.isInteger(type) && type >= 0 && type <= 255));
  if (stray !== undefined) broken(name, `type ${stray} of ICMPv6`, "0 to 255");
  return types.length === 0 ? undefined : types;
}

function canGrow(memory: WebAssembly.Memory): boolean {
  try {
    memory.grow(1);
    return true;
  } catch {
    return false;
  }
}

function broken(name: string, found: string, expected: string): never {
  throw new Error(`Cannot load packet program ${name}: found ${found}, expected ${expected}`);
}

function snakeCase(name: string): string {
  return name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

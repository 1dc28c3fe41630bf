/**
 * The instructions of WebAssembly, as far as one must know them to walk over them: what follows each opcode.
 *
 * WebAssembly Core Specification 2.0 §5.4 "Instructions": all of the first version, and sign extension, saturating truncation, bulk memory,
 * multi-value, reference types and SIMD. What came later (threads, exceptions, tail calls, garbage collection) is refused by name.
 */

import type { Reader } from "./bytes.ts";

export const Op = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  callIndirect: 0x11,
  drop: 0x1a,
  localGet: 0x20,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i32LessThan: 0x48,
  i32Subtract: 0x6b,
  i32ShiftRight: 0x76,
  unreachable: 0x00,
} as const;

/** A block without parameters and result. */
export const EMPTY_BLOCK = 0x40;

/** How an instruction does more work than one step. */
export type Effort = "plain" | "by-length";

type Skip = (code: Reader) => void;

const nothing: Skip = () => {};
const number: Skip = (code) => code.skipNumber();
const twoNumbers: Skip = (code) => {
  code.skipNumber();
  code.skipNumber();
};

/** Alignment and offset. */
const memoryPlace: Skip = (code) => {
  if (code.unsigned() >= 64) refuse("an instruction for one of several memories");
  code.skipNumber();
};

const bytes =
  (count: number): Skip =>
  (code) =>
    code.skip(count);

const lane: Skip = (code) => {
  memoryPlace(code);
  code.skip(1);
};

/** §5.4.1: a single byte, or the index of a type. Value types of two bytes are younger. */
const blockType: Skip = (code) => {
  demandOldType(code.peek());
  code.skipNumber();
};

const branchTable: Skip = (code) => {
  for (let left = code.unsigned() + 1; left > 0; left--) code.skipNumber();
};

const typedSelect: Skip = (code) => {
  for (let left = code.unsigned(); left > 0; left--) demandOldType(code.byte());
};

/** By opcode; those that are not here do not exist, or are not known to us. */
const plain = new Map<number, Skip>([
  ...each(0x00, 0x01, nothing),
  ...each(0x02, 0x04, blockType),
  [0x05, nothing],
  [0x0b, nothing],
  ...each(0x0c, 0x0d, number),
  [0x0e, branchTable],
  [0x0f, nothing],
  [0x10, number],
  [0x11, twoNumbers],
  ...each(0x1a, 0x1b, nothing),
  [0x1c, typedSelect],
  ...each(0x20, 0x26, number),
  ...each(0x28, 0x3e, memoryPlace),
  ...each(0x3f, 0x42, number),
  [0x43, bytes(4)],
  [0x44, bytes(8)],
  ...each(0x45, 0xc4, nothing),
  [0xd0, number],
  [0xd1, nothing],
  [0xd2, number],
]);

/** Behind 0xfc. Those that work on as many bytes or elements as the top of the stack says are told apart below. */
const bulk = new Map<number, Skip>([
  ...each(0, 7, nothing),
  [8, twoNumbers],
  [9, number],
  [10, twoNumbers],
  [11, number],
  [12, twoNumbers],
  [13, number],
  [14, twoNumbers],
  ...each(16, 17, number),
]);
const TABLE_GROW = 15;
const byLength = new Set([8, 10, 11, 12, 14, 17]);

/** Behind 0xfd: §5.4.8 "Vector Instructions". */
const vector = new Map<number, Skip>([
  ...each(0, 11, memoryPlace),
  ...each(12, 13, bytes(16)),
  ...each(14, 20, nothing),
  ...each(21, 34, bytes(1)),
  ...each(35, 83, nothing),
  ...each(84, 91, lane),
  ...each(92, 93, memoryPlace),
  ...each(94, 255, nothing),
]);

const strange: Readonly<Record<number, string>> = {
  6: "exceptions",
  7: "exceptions",
  8: "exceptions",
  9: "exceptions",
  10: "exceptions",
  24: "exceptions",
  25: "exceptions",
  31: "exceptions",
  18: "tail calls",
  19: "tail calls",
  20: "typed function references",
  21: "typed function references",
  251: "garbage collection",
  254: "threads",
};

/** Walks over what follows `opcode`. Throws where the instruction is none that we know. */
export function skipImmediates(opcode: number, code: Reader): Effort {
  if (opcode === 0xfc) return skipBulk(code);
  const skip = opcode === 0xfd ? vector.get(code.unsigned()) : plain.get(opcode);
  if (skip === undefined) refuse(strange[opcode] ?? `the unknown instruction 0x${opcode.toString(16)}`);
  skip(code);
  return "plain";
}

function skipBulk(code: Reader): Effort {
  const operation = code.unsigned();
  if (operation === TABLE_GROW) refuse("table.grow");
  const skip = bulk.get(operation);
  if (skip === undefined) refuse(`the unknown instruction 0xfc ${operation}`);
  skip(code);
  return byLength.has(operation) ? "by-length" : "plain";
}

/** §5.3.1 to §5.3.4: numbers, vectors, and references to functions or to what the host has; also no type at all. */
export function demandOldType(type: number): void {
  if (type === 0x63 || type === 0x64) refuse("typed function references");
}

/** Of all that cannot be in a packet program. */
export function refuse(what: string): never {
  throw new Error(`it has ${what}`);
}

function each(from: number, to: number, skip: Skip): [number, Skip][] {
  return Array.from({ length: to - from + 1 }, (_, at) => [from + at, skip]);
}

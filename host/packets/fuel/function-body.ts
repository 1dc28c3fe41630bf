/**
 * One function, made to pay for what it does.
 *
 * It pays at its entry for every instruction that is in no loop, and at the head of each loop for every instruction in that loop and in no
 * inner one. Only a loop's head is ever jumped back to, so between two payments no instruction runs twice, and no way through the code does
 * more than it has paid for; a branch that was not taken is paid for too. What works by length pays by length as well.
 */

import { type Reader, signed, unsigned, Writer } from "./bytes.ts";
import { demandOldType, EMPTY_BLOCK, Op, skipImmediates } from "./instructions.ts";

const I32 = 0x7f;
/** Bytes or elements that are moved for one step: 2^3. */
const LENGTH_SHIFT = 3;

/** A run of instructions that nothing jumps back into. */
interface Run {
  /** Where it begins. */
  readonly at: number;
  steps: number;
}

/** Something put into the code, in place of `length` bytes. */
interface Edit {
  readonly at: number;
  readonly length: number;
  readonly code: () => readonly number[];
}

/** `body` is one entry of the code section without its size. `fuel`: the global that is paid from; `params`: of the function's type. */
export function chargeBody(body: Reader, fuel: number, params: number): Uint8Array {
  const { bytes } = body;
  const from = body.at;
  const groups = body.unsigned();
  const groupsAt = body.at;
  const locals = skipLocals(body, groups);
  const local = params + locals;
  // Each call makes all of them anew.
  const { edits, needsLocal } = walk(body, fuel, local, 1 + locals);
  const out = new Writer((body.end - from) * 2);
  out.append(unsigned(groups + (needsLocal ? 1 : 0))).append(bytes.subarray(groupsAt, edits[0]?.at));
  // The first edit is that at the entry, behind the locals.
  if (needsLocal) out.append([...unsigned(1), I32]);
  edits.forEach(({ at, length, code }, index) => {
    out.append(code()).append(bytes.subarray(at + length, edits[index + 1]?.at ?? body.end));
  });
  return out.bytes;
}

/** Gives how many there are. */
function skipLocals(body: Reader, groups: number): number {
  let locals = 0;
  for (let group = 0; group < groups; group++) {
    locals += body.unsigned();
    demandOldType(body.byte());
  }
  return locals;
}

function walk(body: Reader, fuel: number, local: number, entrySteps: number): { edits: readonly Edit[]; needsLocal: boolean } {
  const edits: Edit[] = [];
  const begin = (steps: number): Run => {
    const run = { at: body.at, steps };
    edits.push({ at: run.at, length: 0, code: () => pay(fuel, [Op.i32Const, ...signed(run.steps)]) });
    return run;
  };
  let run = begin(entrySteps);
  /** What each open block returns to when it ends. */
  const outer: Run[] = [];
  let needsLocal = false;
  while (!body.isDone) {
    const at = body.at;
    const opcode = body.byte();
    const effort = skipImmediates(opcode, body);
    run.steps++;
    if (effort === "by-length") {
      needsLocal = true;
      edits.push({ at, length: 0, code: () => payByLength(fuel, local) });
    } else if (opcode === Op.memoryGrow) edits.push({ at, length: body.at - at, code: () => [Op.drop, Op.i32Const, 0x7f] });
    else if (opcode === Op.block || opcode === Op.if || opcode === Op.loop) {
      outer.push(run);
      if (opcode === Op.loop) run = begin(0);
    } else if (opcode === Op.end) run = outer.pop() ?? run;
  }
  return { edits, needsLocal };
}

/** `cost` leaves an i32 that is not negative as a signed number. Fuel below zero traps. */
function pay(fuel: number, cost: readonly number[]): number[] {
  const global = unsigned(fuel);
  return [
    ...[Op.globalGet, ...global],
    ...cost,
    Op.i32Subtract,
    ...[Op.globalSet, ...global],
    ...[Op.globalGet, ...global],
    ...[Op.i32Const, 0],
    Op.i32LessThan,
    ...[Op.if, EMPTY_BLOCK, Op.unreachable, Op.end],
  ];
}

/** The length is on top of the stack, and stays there. */
function payByLength(fuel: number, local: number): number[] {
  const at = unsigned(local);
  return [Op.localTee, ...at, ...pay(fuel, [Op.localGet, ...at, Op.i32Const, LENGTH_SHIFT, Op.i32ShiftRight])];
}

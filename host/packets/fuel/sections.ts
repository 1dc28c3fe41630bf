/** What a packet program may have beside its code: WebAssembly Core Specification 2.0 §5.5 "Modules". All of it was validated before. */

import type { Reader } from "./bytes.ts";
import { demandOldType, refuse } from "./instructions.ts";

const FUNCTION_TYPE = 0x60;
/** A call, a branch and a loop may move as many values at once, for the price of one step. */
const MOST_VALUES = 32;
const MOST_ELEMENTS = 4096;
/** The least of `limits` flags, §5.3.5: a maximum follows. */
const HAS_MAXIMUM = 1;

/** How many parameters each type has. */
export function readTypes(types: Reader): readonly number[] {
  return Array.from({ length: types.unsigned() }, () => {
    if (types.byte() !== FUNCTION_TYPE) refuse("types of garbage collection");
    const params = skipValues(types, "parameters");
    skipValues(types, "results");
    return params;
  });
}

function skipValues(types: Reader, what: string): number {
  const count = types.unsigned();
  if (count > MOST_VALUES) refuse(`a function with ${count} ${what}, expected at most ${MOST_VALUES}`);
  for (let left = count; left > 0; left--) demandOldType(types.byte());
  return count;
}

/** The type of each function. */
export function readFunctions(functions: Reader): readonly number[] {
  return Array.from({ length: functions.unsigned() }, () => functions.unsigned());
}

export function demandTable(tables: Reader): void {
  const count = tables.unsigned();
  if (count > 1) refuse(`${count} tables, expected at most one`);
  if (count === 0) return;
  const type = tables.byte();
  demandOldType(type);
  if (type === 0x40) refuse("a table with an initializer");
  if (tables.byte() > HAS_MAXIMUM) refuse("a table that is shared or of 64 bits");
  const elements = tables.unsigned();
  if (elements > MOST_ELEMENTS) refuse(`a table of ${elements} elements, expected at most ${MOST_ELEMENTS}`);
}

export function demandMemory(memories: Reader, mostPages: number): void {
  const count = memories.unsigned();
  if (count !== 1) refuse(`${count} memories, expected one`);
  const flags = memories.byte();
  if (flags > HAS_MAXIMUM) refuse("a memory that is shared or of 64 bits");
  const pages = memories.unsigned();
  if (flags !== HAS_MAXIMUM) refuse("a memory without a maximum, expected one that equals its initial size");
  const maximum = memories.unsigned();
  if (maximum !== pages) refuse(`a memory of ${pages} to ${maximum} pages, expected an initial size that equals the maximum`);
  if (pages > mostPages) refuse(`a memory of ${pages} pages, expected at most ${mostPages} of 64 KiB`);
}

/** The name of the fuel is ours. */
export function demandExports(exports: Reader, reserved: string): void {
  for (let left = exports.unsigned(); left > 0; left--) {
    if (exports.text() === reserved) refuse(`an export ${reserved}, a name that is Herald's`);
    exports.skip(1);
    exports.skipNumber();
  }
}

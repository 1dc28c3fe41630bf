// What one outside party has to be told: the told table against the desired table that it follows, dirty keys only.

import { idLimit } from "./keys";
import {
  BATCH_MAX,
  CHANGE_BYTES,
  CHANGE_ROW,
  CHANGES,
  copyHalf,
  dirtyAt,
  KEY_BYTES,
  keyAt,
  TABLE_LOW,
  tableAt,
  VALUE_ATTRIBUTES,
  valueAt,
} from "./memory";
import { Status } from "./status";
import { attributesOf, desiredOf, erase, isSameValue, isTold, UNSURE, write } from "./tables";

export enum Kind {
  Added = 1,
  Changed = 2,
  /** The row as it was told; its attribute-set id may be `UNSURE`. */
  Removed = 3,
}

/**
 * Writes the next changes, at most `limit`, and cleans their keys. Zero: none is left. Each row given out is unsure in
 * the told table from here on, until `put` or `remove` says what became of it; with `settle` it counts as told at once
 * (for a stream that either arrives in order or is dropped whole with its table).
 */
export function diff(told: u32, limit: u32, settle: bool): i32 {
  if (!isTold(told)) return Status.BadTable;
  if (limit === 0 || limit > BATCH_MAX) return Status.BadCount;
  const desired = desiredOf(told);
  const words: u32 = (idLimit + 63) >> 6;
  let count: u32 = 0;
  let word = load<u32>(tableAt(told), TABLE_LOW);
  for (; word < words; word++) {
    let bits = load<u64>(dirtyAt(told, word));
    if (bits === 0) continue;
    for (; bits !== 0 && count < limit; bits &= bits - 1) {
      if (compare(told, desired, (word << 6) + <u32>ctz(bits), CHANGES + count * CHANGE_BYTES, settle)) count++;
    }
    store<u64>(dirtyAt(told, word), bits);
    if (bits !== 0) break;
  }
  store<u32>(tableAt(told), word, TABLE_LOW);
  return count;
}

/** Writes the change of one key to `out`; false where there is none. */
function compare(told: u32, desired: u32, id: u32, out: usize, settle: bool): bool {
  const want = valueAt(desired, id);
  const have = valueAt(told, id);
  if (isSameValue(want, have)) return false;
  const isWanted = attributesOf(want) !== 0;
  const isHeld = attributesOf(have) !== 0;
  store<u32>(out, isWanted ? (isHeld ? Kind.Changed : Kind.Added) : Kind.Removed);
  copyHalf(out + CHANGE_ROW, keyAt(id));
  copyHalf(out + CHANGE_ROW + KEY_BYTES, isWanted ? want : have);
  if (isWanted) write(told, id, want);
  else if (settle) erase(told, id);
  if (!settle) store<u32>(have, UNSURE, VALUE_ATTRIBUTES);
  return true;
}

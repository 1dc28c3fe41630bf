/** What is too long for one message, in several. */

/** Below what a message holds, in JSON's characters: some of them take several bytes. */
const PART_CHARACTERS = 48 * 1024;
const MOST_ROWS = 500;
/** Below what a piece may hold. */
export const PIECE_BYTES = 48 * 1024;

/** Rows in parts, each with whether it is the last; one empty part where there are none. */
export function* inParts<Row>(rows: readonly Row[]): Generator<readonly [part: readonly Row[], isLast: boolean]> {
  let part: Row[] = [];
  let characters = 0;
  for (const row of rows) {
    const length = JSON.stringify(row)?.length ?? 0;
    if (part.length > 0 && (part.length >= MOST_ROWS || characters + length > PART_CHARACTERS)) {
      yield [part, false];
      part = [];
      characters = 0;
    }
    part.push(row);
    characters += length;
  }
  yield [part, true];
}

export function* inPieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) yield bytes.subarray(at, at + PIECE_BYTES);
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

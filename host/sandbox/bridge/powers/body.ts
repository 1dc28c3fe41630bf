/** Bytes of any length: in the message itself, or by the number of the pieces that came before (`FarSide.parcel`). */

import type { Lender } from "../lender.ts";
import { bytes, either, type Reader, refuse, whole } from "../read.ts";

const LONGEST_BODY = 1024 * 1024;
const inlineOrNumber = either(bytes(LONGEST_BODY), whole(1, Number.MAX_SAFE_INTEGER));

export function body(lender: Lender): Reader<Uint8Array> {
  return (value, path) => {
    const found = inlineOrNumber(value, path);
    const whole = typeof found === "number" ? lender.whole(found) : found;
    return whole.length <= LONGEST_BODY ? whole : refuse(whole, path, `at most ${LONGEST_BODY} bytes`);
  };
}

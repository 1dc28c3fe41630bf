/** Addresses as octets. */

import { parseAddress } from "../../../host/announcer.ts";

/** The octets of one address, or of several behind each other. Throws on a text that is none. */
export function octetsOf(...texts: readonly (string | undefined)[]): Uint8Array {
  const octets: number[] = [];
  for (const text of texts) {
    if (text === undefined) continue;
    const address = parseAddress(text);
    if (address === undefined) throw new Error(`Cannot read ${text}: expected an address`);
    const width = address.family === 4 ? 4 : 16;
    for (let at = width - 1; at >= 0; at -= 1) octets.push(Number((address.value >> BigInt(at * 8)) & 0xffn));
  }
  return Uint8Array.from(octets);
}

const DOT = 46;
const ZERO = 48;

/** The same of one address, several times faster where it is canonical IPv4: there may be a million. */
export function octetsOfOne(text: string): Uint8Array {
  const octets = new Uint8Array(4);
  let [at, number, digits] = [0, 0, 0];
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === DOT && digits > 0 && at < 3) {
      octets[at] = number;
      [at, number, digits] = [at + 1, 0, 0];
      continue;
    }
    const digit = code - ZERO;
    number = number * 10 + digit;
    digits += 1;
    if (digit < 0 || digit > 9 || number > 255 || digits > 3) return octetsOf(text);
  }
  if (at !== 3 || digits === 0) return octetsOf(text);
  octets[at] = number;
  return octets;
}

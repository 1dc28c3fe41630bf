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

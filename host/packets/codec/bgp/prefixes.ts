/** Prefixes as keys of module `bgp` and `routes`, and as text. */
import { wireModule } from "../wire-module.ts";
import { formatOctets, parseOctets } from "./text.ts";

const KEY_BYTES = 20;
const LENGTH = 1;
const PREFIX = 4;

/** Texts of `count` keys from the one at `at` on. */
export function formatKeys(bytes: Uint8Array, at: number, count: number): string[] {
  const texts = Array<string>(count);
  for (let index = 0; index < count; index += 1) texts[index] = formatKey(bytes, at + index * KEY_BYTES);
  return texts;
}

function formatKey(bytes: Uint8Array, at: number): string {
  const prefix = at + PREFIX;
  if (bytes[at] !== 4) return `${formatOctets(bytes.subarray(prefix, prefix + 16))}/${bytes[at + LENGTH]}`;
  return `${bytes[prefix]}.${bytes[prefix + 1]}.${bytes[prefix + 2]}.${bytes[prefix + 3]}/${bytes[at + LENGTH]}`;
}

/** Writes prefixes as keys `first` and on of module `bgp`. Throws TypeError on a text that is not a prefix of the family. */
export function writeKeys(prefixes: readonly string[], family: 4 | 6, first: number): void {
  const { memory, value } = wireModule("bgp");
  if (first + prefixes.length > value("KEYS_MAX")) throw new RangeError(`Cannot encode ${prefixes.length} prefixes in one message`);
  prefixes.forEach((prefix, index) => void writeKey(memory, value("KEYS") + (first + index) * KEY_BYTES, prefix, family));
}

function writeKey(memory: Uint8Array, at: number, prefix: string, family: 4 | 6): void {
  const [address = "", bits = "", ...rest] = prefix.split("/");
  const octets = parseOctets(address);
  const isGood = octets?.length === (family === 4 ? 4 : 16) && rest.length === 0 && /^(0|[1-9]\d{0,2})$/.test(bits);
  if (octets === undefined || !isGood || Number(bits) > octets.length * 8 || !isClean(octets, Number(bits)))
    throw new TypeError(`Cannot encode prefix ${prefix}: expected one of IPv${family} without host bits`);
  memory.fill(0, at, at + KEY_BYTES);
  memory[at] = family;
  memory[at + LENGTH] = Number(bits);
  memory.set(octets, at + PREFIX);
}

/** True: no bit behind the first `bits` is set. */
function isClean(octets: Uint8Array, bits: number): boolean {
  return octets.every((octet, index) => (octet & (0xff >> Math.min(8, Math.max(0, bits - index * 8)))) === 0);
}

/** Extended communities, as the module's words and as text. Only link bandwidth has a text of its own; all others are hex. */
import { parseParts } from "./text.ts";

/** Type and subtype of a link bandwidth: draft-ietf-idr-link-bandwidth §2, non-transitive two-octet AS specific (RFC 7153 §5.2.1). */
const BANDWIDTH = [0x40, 0x04] as const;
const PREFIX = "bandwidth:";
const WORDS = 4;

const float = new DataView(new ArrayBuffer(4));

/** Of words in fours: type, subtype, two octets, four octets. */
export function formatExtended(words: readonly number[]): string[] {
  return Array.from({ length: words.length / WORDS }, (_, index) => {
    const [type = 0, subtype = 0, middle = 0, last = 0] = words.slice(index * WORDS);
    float.setUint32(0, last);
    const bandwidth = float.getFloat32(0);
    if (type === BANDWIDTH[0] && subtype === BANDWIDTH[1] && isAmount(bandwidth)) return `${PREFIX}${middle}:${bandwidth}`;
    return [hex(type, 2), hex(subtype, 2), hex(middle, 4), hex(last, 8)].join("");
  });
}

/** Undefined where one text is neither. */
export function parseExtended(texts: readonly string[]): number[] | undefined {
  const communities = texts.map((text) => (text.startsWith(PREFIX) ? parseBandwidth(text.slice(PREFIX.length)) : parseEight(text)));
  return communities.every((words) => words !== undefined) ? communities.flat() : undefined;
}

function parseBandwidth(text: string): number[] | undefined {
  const [as = "", amount = "", ...rest] = text.split(":");
  const number = parseParts(as, 1, 0xffff);
  if (number === undefined || rest.length > 0 || !/^\d+(\.\d+)?(e[+-]?\d+)?$/.test(amount)) return undefined;
  float.setFloat32(0, Number(amount));
  return isAmount(float.getFloat32(0)) ? [...BANDWIDTH, ...number, float.getUint32(0)] : undefined;
}

/** False for what is no number of bytes; -0 would come back as 0. */
function isAmount(bandwidth: number): boolean {
  return Number.isFinite(bandwidth) && bandwidth >= 0 && !Object.is(bandwidth, -0);
}

function parseEight(text: string): number[] | undefined {
  if (!/^[0-9a-f]{16}$/i.test(text)) return undefined;
  return [text.slice(0, 2), text.slice(2, 4), text.slice(4, 8), text.slice(8)].map((digits) => Number.parseInt(digits, 16));
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

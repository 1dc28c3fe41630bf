/** AS paths: as the module's words, and what becomes of those that a two-octet peer sends in two halves. */
import type { AsPathSegment, PathAttributes } from "../../../contract/bgp-messages.ts";

/** By the numbers of RFC 4271 §4.3 and RFC 5065 §3. */
const types = [undefined, "set", "sequence", "confedSequence", "confedSet"] as const;
const LARGEST_TWO_OCTET = 0xffff;
/** RFC 6793 §9: stands for numbers that do not fit in two octets. */
const AS_TRANS = 23456;

export function readPath(words: readonly number[]): AsPathSegment[] {
  const segments: AsPathSegment[] = [];
  for (let at = 0; at < words.length; ) {
    const count = words[at + 1] ?? 0;
    const type = types[words[at] ?? 0];
    if (type !== undefined) segments.push({ type, asNumbers: words.slice(at + 2, at + 2 + count) });
    at += 2 + count;
  }
  return segments;
}

/** A segment on the wire has at most 255 numbers; a longer sequence becomes several. */
export function writePath(segments: readonly AsPathSegment[]): number[] {
  return segments.flatMap(({ type, asNumbers }) => {
    const words: number[] = [];
    for (let at = 0; at < asNumbers.length; at += 255) {
      const part = asNumbers.slice(at, at + 255);
      words.push(types.indexOf(type), part.length, ...part);
    }
    return words;
  });
}

/** The attributes of a two-octet peer with the four-octet numbers put where they belong. RFC 6793 §4.2.3 "Processing Received Updates". */
export function mergeAs4(attributes: PathAttributes): PathAttributes {
  const { asPath, aggregator, as4Path, as4Aggregator } = attributes;
  // Two different aggregators: an old speaker has aggregated, and the four-octet attributes are of before that.
  if (as4Aggregator !== undefined && aggregator !== undefined && aggregator.asNumber !== AS_TRANS) return attributes;
  return {
    ...attributes,
    ...(asPath !== undefined && as4Path !== undefined ? { asPath: mergePaths(asPath, as4Path) } : {}),
    ...(aggregator !== undefined && as4Aggregator !== undefined ? { aggregator: as4Aggregator } : {}),
  };
}

function mergePaths(path: readonly AsPathSegment[], path4: readonly AsPathSegment[]): readonly AsPathSegment[] {
  let ahead = lengthOf(path) - lengthOf(path4);
  if (ahead < 0) return path;
  const head: AsPathSegment[] = [];
  for (const segment of path) {
    if (ahead === 0) break;
    const taken = segment.type === "set" ? segment.asNumbers : segment.asNumbers.slice(0, ahead);
    head.push({ type: segment.type, asNumbers: taken });
    ahead -= segment.type === "set" ? 1 : taken.length;
  }
  const last = head.at(-1);
  const [first, ...rest] = path4;
  // Two halves of one sequence are one sequence again.
  if (last?.type !== "sequence" || first?.type !== "sequence") return [...head, ...path4];
  return [...head.slice(0, -1), { type: "sequence", asNumbers: [...last.asNumbers, ...first.asNumbers] }, ...rest];
}

/** RFC 4271 §9.1.2.2 a): a set counts as one. */
function lengthOf(path: readonly AsPathSegment[]): number {
  return path.reduce((sum, { type, asNumbers }) => sum + (type === "set" ? 1 : asNumbers.length), 0);
}

/** What a two-octet peer is sent: AS_TRANS for numbers that it cannot read, and those beside it. RFC 6793 §4.2.2 "Generating Updates". */
export function splitAs4(attributes: PathAttributes): PathAttributes {
  const { asPath, aggregator } = attributes;
  const isLong = asPath?.some(({ asNumbers }) => asNumbers.some((asNumber) => asNumber > LARGEST_TWO_OCTET));
  const isLongAggregator = aggregator !== undefined && aggregator.asNumber > LARGEST_TWO_OCTET;
  const shorten = (asNumber: number) => (asNumber > LARGEST_TWO_OCTET ? AS_TRANS : asNumber);
  return {
    ...attributes,
    ...(asPath !== undefined && isLong
      ? { asPath: asPath.map(({ type, asNumbers }) => ({ type, asNumbers: asNumbers.map(shorten) })), as4Path: asPath }
      : {}),
    ...(isLongAggregator ? { aggregator: { ...aggregator, asNumber: AS_TRANS }, as4Aggregator: aggregator } : {}),
  };
}

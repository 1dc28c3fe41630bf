/**
 * What SES takes for an import, a direct eval or an HTML comment, it refuses wherever it stands, in a string as well. So a plugin's bundle
 * holds none of these words: an escape takes the place of one of their characters.
 *
 * That changes no value. The bundle has no comments and no template literals left (`bundle.ts`), and in what there is, strings, regular
 * expressions and names, `\u` and four digits is the character itself; only the `source` of a regular expression shows it. An escaped
 * keyword is a syntax error, so what would have been an import despite all checks is none afterwards either. Columns of the source map
 * move with the text.
 */

/** `import` everywhere; `eval` where it looks like a call. The backslashes before it may be half an escape. */
const TOKENS = /(\\*)\b(?:import\b|eval\b(?=\s*\())|<!--|-->/g;
const BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

interface Growth {
  /** Where the text is longer from, in columns of before. */
  readonly column: number;
  readonly by: number;
}

export function hideTokens(code: string, map: string): { readonly code: string; readonly map: string } {
  const grown = new Map<number, Growth[]>();
  const lines = code.split("\n").map((line, number) =>
    line.replace(TOKENS, (token: string, backslashes: string | undefined, column: number) => {
      const hidden = hide(token, backslashes?.length ?? 0);
      grown.set(number, [...(grown.get(number) ?? []), { column: column + token.length, by: hidden.length - token.length }]);
      return hidden;
    }),
  );
  if (grown.size === 0) return { code, map };
  const parsed = JSON.parse(map) as { mappings: string };
  const mappings = parsed.mappings.split(";").map((line, number) => moveColumns(line, grown.get(number) ?? []));
  return { code: lines.join("\n"), map: JSON.stringify({ ...parsed, mappings: mappings.join(";") }) };
}

function hide(token: string, backslashes: number): string {
  // Not the first dash: in a class, `!--` is a range of a regular expression, and what stands behind it may be escaped.
  if (token === "<!--") return "<!-\\u002d";
  if (token === "-->") return "--\\u003e";
  // An odd backslash is an escape of the letter that means the letter.
  const code = token.charCodeAt(backslashes).toString(16).padStart(4, "0");
  return `${"\\".repeat(backslashes - (backslashes % 2))}\\u${code}${token.slice(backslashes + 1)}`;
}

/** One line of a source map's `mappings`: each segment starts with its column's distance from the last one's, in base 64 VLQ. */
function moveColumns(line: string, grown: readonly Growth[]): string {
  if (line === "" || grown.length === 0) return line;
  let [before, after] = [0, 0];
  const segments = line.split(",").map((segment) => {
    const { value, rest } = readNumber(segment);
    before += value;
    const column = grown.reduce((sum, growth) => (growth.column <= before ? sum + growth.by : sum), before);
    const moved = writeNumber(column - after) + rest;
    after = column;
    return moved;
  });
  return segments.join(",");
}

/** Five bits a digit, the lowest first; the sixth says that more follow. The lowest bit of all is the sign. */
function readNumber(text: string): { readonly value: number; readonly rest: string } {
  let [bits, at, digit] = [0, 0, 0];
  do {
    digit = BASE64.indexOf(text[at] ?? "A");
    bits += (digit & 31) * 32 ** at;
    at += 1;
  } while (digit > 31);
  const magnitude = Math.floor(bits / 2);
  return { value: bits % 2 === 1 ? -magnitude : magnitude, rest: text.slice(at) };
}

function writeNumber(value: number): string {
  let bits = value < 0 ? -value * 2 + 1 : value * 2;
  let text = "";
  do {
    const digit = bits % 32;
    bits = Math.floor(bits / 32);
    text += BASE64[bits > 0 ? digit + 32 : digit];
  } while (bits > 0);
  return text;
}

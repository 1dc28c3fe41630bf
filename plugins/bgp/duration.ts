/** Durations as Kubernetes writes them: `90s`, `1m30s`, `1.5h` (Go's time.Duration). */

const SECONDS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, μs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
/** Micro is U+00B5 or U+03BC; not as itself, which would double the memory that all code of a role takes (`deploy/tests/budget.test.ts`). */
const PART = /(\d+\.?\d*|\.\d+)(ns|[u\u00b5\u03bc]s|ms|s|m|h)/g;
const WHOLE = /^[+-]?((\d+\.?\d*|\.\d+)(ns|[u\u00b5\u03bc]s|ms|s|m|h))+$/;
const LONGEST_TEXT = 64;

/** Seconds, also fractions and less than zero; undefined where the text is no duration. */
export function parseDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  if (text.length > LONGEST_TEXT || !WHOLE.test(text)) return undefined;
  let seconds = 0;
  for (const [, number, unit] of text.matchAll(PART)) seconds += Number(number) * (SECONDS[unit as string] as number);
  return text.startsWith("-") ? -seconds : seconds;
}

/**
 * Code that has the word `import` in it is not evaluated: neither a plugin's nor what it makes of text with `Function` or `eval`.
 *
 * SES has a pattern for this too; V8 gets new forms (`import.source(…)`, `import.defer(…)`), so this one is the word alone, wherever it stands. A bundle has none
 * left (`source/hide-tokens.ts`). An escape in the keyword is a syntax error everywhere.
 */

const WORD = /\bimport\b/;

/** Gives the source back. Throws a SyntaxError that names the line. */
export function refuseImports(source: string): string {
  const found = WORD.exec(source);
  if (found === null) return source;
  const line = source.slice(0, found.index).split("\n").length;
  throw new SyntaxError(`Cannot evaluate code with the word ${found[0]} in it (line ${line})`);
}

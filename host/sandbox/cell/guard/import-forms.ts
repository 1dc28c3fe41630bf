/**
 * Code that looks as if it imports something is not evaluated: neither a plugin's nor what it makes of text with `Function` or `eval`.
 *
 * SES has a pattern for this too; V8 gets new forms (`import.source(…)`, `import.defer(…)`), so this one is wider: the word, whatever blanks and comments, and then a
 * bracket, or a dot, a name and a bracket. A property of that name (`table.import(…)`) is let through where what stands before the dot can only be a value. That a string
 * or a comment looks so too is no excuse: telling them apart would take a parser that agrees with V8 in everything.
 */

/** Blanks and comments, those that look like HTML's among them. */
const GAP = String.raw`(?:\s|/\*[^]*?\*/|//.*|<!--.*|-->.*)*`;
const NAME = String.raw`[\w$\\{}\u0080-\uffff]+`;
const FORM = new RegExp(String.raw`(?<![\w$\\\u0080-\uffff]|[\w$)\]]\.|\?\.)import${GAP}(?:\(|\.${GAP}${NAME}${GAP}\()`);

/** Gives the source back. Throws a SyntaxError that names the line. */
export function refuseImports(source: string): string {
  const found = FORM.exec(source);
  if (found === null) return source;
  const line = source.slice(0, found.index).split("\n").length;
  throw new SyntaxError(`Cannot import: line ${line} has ${JSON.stringify(found[0].slice(0, 60))}, expected no import in any form`);
}

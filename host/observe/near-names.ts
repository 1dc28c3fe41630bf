/** The names that somebody may have meant. */

/** Letters to add, drop or replace to get from one word to the other (Levenshtein). */
export function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [at, letter] of [...from].entries()) {
    const next = [at + 1];
    for (let column = 0; column < to.length; column++) {
      const replaced = (row[column] ?? 0) + (letter === to[column] ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

const MOST_NAMED = 5;
/** Of the letters of a name, so many may be wrong. */
const SHARE = 3;

/** Of names like `default/web`, the nearest first, at most five: those of the same name elsewhere, and those that are written nearly so. */
export function nearNames(found: string, known: Iterable<string>): string[] {
  const bare = bareOf(found);
  const most = Math.max(2, Math.floor(bare.length / SHARE));
  return Array.from(known, (name) => ({ name, away: Math.min(distance(found, name), distance(bare, bareOf(name))) }))
    .filter(({ away }) => away <= most)
    .sort((a, b) => a.away - b.away || (a.name < b.name ? -1 : 1))
    .slice(0, MOST_NAMED)
    .map(({ name }) => name);
}

function bareOf(name: string): string {
  return name.slice(name.indexOf("/") + 1);
}

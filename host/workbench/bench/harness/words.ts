/** Words of benches that are told in several places: how long, and what to type. */

/** `8 s`, `4 min`, `1 h 5 min` */
export function formatDuration(seconds: number): string {
  if (seconds < 99.5) return `${Math.max(0, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 100) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** As a shell takes it. */
export function commandText(words: readonly string[]): string {
  return words.map((word) => (/^[\w./:=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
}

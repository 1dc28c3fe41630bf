/**
 * Tells a file that is being written from one that says less than before.
 *
 * Many programs save by emptying the file and writing it anew, and nothing tells a reader when they are done. Believing
 * what is there in between would withdraw every address in it for a moment. So a text that could be the beginning of
 * something longer is believed only once the file has been left alone for a while. All other texts are believed at once.
 */

import { splitDocuments } from "./documents.ts";

/** How long a file must have been left alone. Writers pause for microseconds; people for longer than this. */
export const SETTLE_MS = 100;

/** True where `now` could be a part of what is being written in place of `before`; undefined: no such file. */
export function looksUnfinished(before: string | undefined, now: string | undefined): boolean {
  if (now === undefined) return before !== undefined;
  if (before === undefined) return now !== "" && !now.endsWith("\n");
  const isShorter = now.length < before.length;
  if (lastLine(now) !== lastLine(before) && (isShorter || !now.endsWith("\n"))) return true;
  return isShorter && splitDocuments(now).length < splitDocuments(before).length;
}

/** Texts that look unfinished, and since when each has been so. */
export class Doubts {
  readonly #doubts = new Map<string, { readonly text: string | undefined; readonly sinceMs: number }>();

  /** False: look again after `SETTLE_MS`. */
  believes(file: string, before: string | undefined, text: string | undefined, nowMs: number): boolean {
    const doubt = this.#doubts.get(file);
    const settled = doubt !== undefined && doubt.text === text && nowMs - doubt.sinceMs >= SETTLE_MS;
    if (settled || !looksUnfinished(before, text)) {
      this.#doubts.delete(file);
      return true;
    }
    if (doubt === undefined || doubt.text !== text) this.#doubts.set(file, { text, sinceMs: nowMs });
    return false;
  }

  /** Files to look at again. */
  names(): Iterable<string> {
    return this.#doubts.keys();
  }
}

/** With its line break. */
function lastLine(text: string): string {
  return text.slice(text.lastIndexOf("\n", text.length - 2) + 1);
}

/** Stacks of plugins in the files that their authors wrote: each frame's place is looked up in the source map of the bundle. */

import { SourceMap, type SourceMapPayload } from "node:module";

const LABEL = "herald-plugin:";

/** What the code of a plugin is called in stacks. Names come from anybody. */
export function labelOf(name: string): string {
  return LABEL + name.replaceAll(/[^\w@./+-]/g, "_").slice(0, 100);
}

/** Gives a function that keeps the frames of `label`, at the author's lines. A map that cannot be read leaves them as they are. */
export function stackReader(label: string, map: string): (stack: string) => string {
  let places: SourceMap | undefined;
  try {
    places = new SourceMap(JSON.parse(map) as SourceMapPayload);
  } catch {
    // The bundle's own lines are better than none.
  }
  return (stack) =>
    stack
      .split("\n")
      .filter((frame) => frame.includes(label))
      .map((frame) => mapped(frame, label, places))
      .join("\n");
}

/** `at inner (herald-plugin:x:5:9)`, or without the name and brackets. */
function mapped(frame: string, label: string, places: SourceMap | undefined): string {
  const start = frame.lastIndexOf(`${label}:`);
  const numbers = /^(\d+):(\d+)/.exec(frame.slice(start + label.length + 1));
  if (start < 0 || numbers === null) return frame;
  // Lines and columns of a map count from 0.
  const entry = places?.findEntry(Number(numbers[1]) - 1, Number(numbers[2]) - 1);
  if (entry === undefined || !("originalSource" in entry)) return frame;
  const place = `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  return frame.slice(0, start) + place + frame.slice(start + label.length + 1 + numbers[0].length);
}

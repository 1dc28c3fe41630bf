/** One document of a manifest: the objects in it, and its problems with their lines. */

import type { Problem } from "../../rules/vocabulary.ts";
import { type FoundObject, type KindReaders, project } from "../objects/project.ts";
import { locator } from "./locate.ts";
import { parseYaml } from "./yaml.ts";

/** A problem and its line within a document's text, from 1. */
export interface LineProblem extends Problem {
  readonly line: number;
}

export interface ParsedDocument {
  readonly found: readonly FoundObject[];
  readonly ignored: readonly string[];
  readonly problems: readonly LineProblem[];
  /** False: there may be objects in it that nobody could make out. */
  readonly complete: boolean;
}

/** Nobody mends more at once, and hostile text could hold millions. */
const MAX_PROBLEMS = 100;

/** Parses the text of a document; `readers` read what is not known here. Never throws. */
export function parseDocument(text: string, readers?: KindReaders): ParsedDocument {
  const parsed = parseYaml(text);
  const lineOf = locator(text);
  if (!parsed.ok) {
    const { path, line = lineOf(path), found, expected } = parsed.problem;
    return { found: [], ignored: [], problems: [{ object: "document", path, line, found, expected }], complete: false };
  }
  const { found, ignored } = project(parsed.value, readers);
  const problems: LineProblem[] = [];
  for (const { at, problems: wrong } of found) {
    for (const problem of wrong.slice(0, MAX_PROBLEMS - problems.length)) problems.push({ ...problem, line: lineOf(at + problem.path) });
  }
  return { found, ignored, problems, complete: found.every(({ id }) => id !== undefined) };
}

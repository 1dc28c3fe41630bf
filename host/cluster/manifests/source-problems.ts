/** The problems of all manifests, each with its file and line. */

import type { Problem } from "../../rules/vocabulary.ts";
import { locator } from "./locate.ts";
import type { ManifestFile } from "./manifest-file.ts";
import type { ObjectPlaces, Place } from "./object-places.ts";

/** A problem and its place in a file. */
export interface SourceProblem extends Problem {
  /** As the user named it: the path given, joined with the file's name. */
  readonly file: string;
  /** From 1; 1 where the problem is that of the file as a whole. */
  readonly line: number;
}

/** Of one object, or of all among themselves: nobody mends more at once, and hostile text could hold very many. */
const MAX_REPEATED = 100;
const MAX_JOINT = 1000;

/** Problems of files, of documents, of objects that are there twice, and of objects among themselves (`joint`). */
export function collectProblems(
  files: Iterable<ManifestFile>,
  places: ObjectPlaces,
  joint: readonly Problem[],
  pathOf: (name: string) => string,
): SourceProblem[] {
  const problems = Array.from(files, (file) => problemsIn(file, pathOf)).flat();
  for (const id of places.repeated()) {
    const [first, ...others] = places.placesOf(id);
    for (const other of others.slice(0, MAX_REPEATED)) problems.push(repeatedAt(id, first as Place, other, pathOf));
  }
  for (const problem of joint.slice(0, MAX_JOINT)) {
    const [place] = places.placesOf(problem.object);
    if (place !== undefined) problems.push({ ...problem, file: pathOf(place.file.name), line: lineOf(place, problem.path) });
  }
  return problems.sort((a, b) => compare(a.file, b.file) || a.line - b.line);
}

/** After each change every file is asked, and few have any. */
function problemsIn({ name, problem, flawed }: ManifestFile, pathOf: (name: string) => string): SourceProblem[] {
  if (problem === undefined && flawed.length === 0) return [];
  const file = pathOf(name);
  const whole = problem === undefined ? [] : [{ file, line: 1, object: "file", path: "", ...problem }];
  return [
    ...whole,
    ...flawed.flatMap(({ parsed, line }) => parsed.problems.map((wrong) => ({ ...wrong, file, line: line + wrong.line - 1 }))),
  ];
}

function repeatedAt(id: string, first: Place, other: Place, pathOf: (name: string) => string): SourceProblem {
  return {
    file: pathOf(other.file.name),
    line: lineOf(other, "metadata.name"),
    object: id,
    path: "metadata.name",
    found: `a second ${id}`,
    expected: `only the one at ${pathOf(first.file.name)}:${lineOf(first, "metadata.name")}, which counts`,
  };
}

function lineOf({ document, found }: Place, path: string): number {
  return document.line + locator(document.text)(found.at + path) - 1;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

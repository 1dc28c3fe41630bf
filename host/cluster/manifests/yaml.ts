/**
 * Parses one YAML (or JSON) document into plain values, with bounds that hostile text cannot pass.
 *
 * The rules are those of `kubectl apply`: JSON's types, so a date stays a string, and merge keys. Aliases are shared
 * references to js-yaml, but every reader after it sees them expanded; so the values are counted as a reader would
 * meet them, and a document may not hold more values than it has characters (or 10,000).
 */

import { CORE_SCHEMA, load, Type, YAMLException } from "js-yaml";

/** What is wrong with a document. */
export interface YamlProblem {
  /** From 1 within the text, where the parser says it; else `path` leads there. */
  readonly line?: number;
  readonly path: string;
  readonly found: string;
  readonly expected: string;
}

export type YamlResult = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: YamlProblem };

const MERGE = new Type("tag:yaml.org,2002:merge", { kind: "scalar", resolve: (data: unknown) => data === "<<" });
/** Shared with `locate.ts`, which parses the same text once more. */
export const SCHEMA = CORE_SCHEMA.extend({ implicit: [MERGE] });
const MAX_DEPTH = 100;
const MIN_VALUES = 10_000;
const SHOWN_CHARACTERS = 60;
/** Of text that may hold a password, nothing is shown: neither the line nor what a reason quotes of it. */
const CONFIDENTIAL = /password|\bSecret\b/;
const QUOTED = /\s*["!<:`'].*$/s;

/** Parses the text of one document. Never throws. */
export function parseYaml(text: string): YamlResult {
  let value: unknown;
  try {
    value = load(text, { schema: SCHEMA });
  } catch (error) {
    return { ok: false, problem: syntaxProblem(text, error) };
  }
  const problem = new TreeCheck(Math.max(MIN_VALUES, text.length)).check(value, "", 0);
  return problem === undefined ? { ok: true, value } : { ok: false, problem };
}

function syntaxProblem(text: string, error: unknown): YamlProblem {
  const lines = text.split(/\r\n?|\n/);
  const reason = error instanceof YAMLException ? error.reason : String(error);
  const mark = error instanceof YAMLException ? (error.mark as { line: number } | undefined) : undefined;
  let line = Math.min(mark?.line ?? 0, lines.length - 1);
  // An end that comes too early is noticed behind the last line.
  while (line > 0 && lines[line]?.trim() === "") line--;
  if (CONFIDENTIAL.test(text))
    return { line: line + 1, path: "", found: reason.replace(QUOTED, "") || "a mistake", expected: "valid YAML" };
  const at = (lines[line] ?? "").trim().slice(0, SHOWN_CHARACTERS);
  return { line: line + 1, path: "", found: at === "" ? reason : `${reason} at ${JSON.stringify(at)}`, expected: "valid YAML" };
}

class TreeCheck {
  #values = 0;
  readonly #maxValues: number;

  constructor(maxValues: number) {
    this.#maxValues = maxValues;
  }

  check(value: unknown, path: string, depth: number): YamlProblem | undefined {
    if (++this.#values > this.#maxValues) {
      return tooMuch(path, `more than ${this.#maxValues} values with aliases expanded`, `at most ${this.#maxValues}`);
    }
    if (typeof value !== "object" || value === null) return undefined;
    if (depth > MAX_DEPTH) return tooMuch(path, `more than ${MAX_DEPTH} levels`, `at most ${MAX_DEPTH}`);
    for (const [key, item] of Object.entries(value)) {
      const at = Array.isArray(value) ? `${path}[${key}]` : path === "" ? key : `${path}.${key}`;
      if (key === "__proto__") return { path: at, found: "the key __proto__", expected: "no such key" };
      const wrong = this.check(item, at, depth + 1);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
}

/** Deep paths are of no use to a reader: the topmost key is where the trouble is. */
function tooMuch(path: string, found: string, expected: string): YamlProblem {
  return { path: /^[^.[]*/.exec(path)?.[0] ?? "", found, expected };
}

/** The chart's README names every value, and no other. */

import { readFileSync } from "node:fs";
import { load } from "js-yaml";
import { suite } from "uvu";
import * as assert from "uvu/assert";

const table = suite("table of values");

type Tree = { readonly [key: string]: unknown };

const read = (name: string) => readFileSync(new URL(`../chart/${name}`, import.meta.url), "utf8");
const values = load(read("values.yaml")) as Tree;
const schema = JSON.parse(read("values.schema.json")) as Schema;
const ROLES = ["controller", "speaker"];

interface Schema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** What stands in backticks in the first column. */
const named = [...read("README.md").matchAll(/^\| ((?:`[^`]+`(?:, )?)+)/gm)]
  .flatMap(([, cell = ""]) => [...cell.matchAll(/`([^`:]+)[^`]*`/g)])
  .map(([, name = ""]) => name);

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function leavesOf(tree: Tree, path: readonly string[] = []): string[][] {
  return Object.entries(tree).flatMap(([key, value]) =>
    isTree(value) && Object.keys(value).length > 0 ? leavesOf(value, [...path, key]) : [[...path, key]],
  );
}

/** `a.b.c` → `a`, `a.b`, `a.b.c`; of a role also without it. */
function namesFor(path: readonly string[]): string[] {
  const all = path.map((_, at) => path.slice(0, at + 1).join("."));
  return ROLES.includes(path[0] ?? "") && path.length > 1 ? [...all, ...namesFor(path.slice(1))] : all;
}

function hasValue(path: readonly string[], part: Schema | undefined = schema): boolean {
  const [key, ...rest] = path;
  if (key === undefined || key === "*") return part !== undefined;
  const found = part?.properties?.[key];
  return found !== undefined && hasValue(rest, found.$ref === undefined ? found : schema.definitions?.[found.$ref.replace(/.*\//, "")]);
}

table("every value is named", () => {
  const unnamed = leavesOf(values).filter((path) => !namesFor(path).some((name) => named.includes(name) || named.includes(`${name}.*`)));
  assert.equal(
    unnamed.map((path) => path.join(".")),
    [],
  );
});

table("what is named exists", () => {
  assert.ok(named.length > 50, `only ${named.length} names found`);
  const unknown = named.filter((name) => ![name, ...ROLES.map((role) => `${role}.${name}`)].some((path) => hasValue(path.split("."))));
  assert.equal(unknown, []);
});

table.run();

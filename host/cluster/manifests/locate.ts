/**
 * Finds the lines of paths such as `spec.addresses[1]` in the text of a document, for problems that have to be shown.
 * Parses the text once more, listening to js-yaml as it opens and closes nodes; nothing is kept for good documents.
 */

import { type EventType, load, type State } from "js-yaml";
import { SCHEMA } from "./yaml.ts";

interface SeenNode {
  readonly openLine: number;
  closeLine: number;
  value: unknown;
  children: SeenNode[];
}

const NO_CHILDREN: SeenNode[] = [];

/** Gives, for a path, its line within the text, from 1; that of the nearest parent where the path leads nowhere. */
export function locator(text: string): (path: string) => number {
  const first = firstContentLine(text);
  let top: SeenNode | undefined;
  return (path) => {
    top ??= seeNodes(text);
    return 1 + follow(top, path, first);
  };
}

function seeNodes(text: string): SeenNode {
  const root: SeenNode = { openLine: 0, closeLine: 0, value: undefined, children: NO_CHILDREN };
  const open = [root];
  const listener = (event: EventType, state: State) => {
    if (event === "open") {
      const node = { openLine: state.line, closeLine: state.line, value: undefined, children: NO_CHILDREN };
      const parent = open.at(-1);
      if (parent?.children === NO_CHILDREN) parent.children = [node];
      else parent?.children.push(node);
      open.push(node);
      return;
    }
    const node = open.pop();
    if (node !== undefined) Object.assign(node, { closeLine: state.line, value: state.result as unknown });
  };
  try {
    load(text, { schema: SCHEMA, listener });
  } catch {
    // What was seen up to the error may still lead to the path.
  }
  return root.children[0] ?? root;
}

function follow(node: SeenNode, path: string, line: number): number {
  const index = /^\[(\d+)\]\.?/.exec(path);
  if (index !== null) {
    const item = node.children[Number(index[1])];
    return item === undefined ? line : follow(item, path.slice(index[0].length), item.openLine);
  }
  let found: { key: string; node: SeenNode; line: number } | undefined;
  // A mapping's children are key, value, key, value. Keys may hold dots themselves (those of annotations do): the
  // longest key that the path starts with is meant.
  for (let at = 0; at + 1 < node.children.length; at += 2) {
    const [key, value] = node.children.slice(at, at + 2) as [SeenNode, SeenNode];
    const name = typeof key.value === "object" ? "" : String(key.value);
    if (startsWithKey(path, name) && name.length > (found?.key.length ?? 0)) found = { key: name, node: value, line: key.closeLine };
  }
  if (found === undefined) return line;
  return follow(found.node, path.slice(found.key.length).replace(/^\./, ""), found.line);
}

function startsWithKey(path: string, key: string): boolean {
  return path.startsWith(key) && (path.length === key.length || path[key.length] === "." || path[key.length] === "[");
}

/** Where the object begins: after the document's marker, comments and blank lines. */
function firstContentLine(text: string): number {
  const lines = text.split(/\r\n?|\n/);
  return Math.max(
    lines.findIndex((line) => !/^(?:---)?\s*(?:#.*)?$/.test(line)),
    0,
  );
}

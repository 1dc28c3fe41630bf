/** What a plugin's code may not have, and what to use instead: one line for each place, all at once. */

import { isBuiltin } from "node:module";
import type { Message, OnResolveArgs } from "esbuild";
import { cut } from "../../cli/words.ts";
import { visible } from "../../observe/log.ts";

const INSTEAD: Readonly<Record<string, string>> = {
  net: "context.net connects and listens",
  tls: "context.fetch speaks HTTPS",
  dgram: "context.udp opens sockets",
  http: "context.fetch calls HTTP endpoints",
  https: "context.fetch calls HTTP endpoints",
  http2: "context.fetch calls HTTP endpoints",
  dns: "addresses come in by the config",
  fs: "a plugin has no files: what it must know comes in by the config",
  path: "a plugin has no files",
  process: "what it must know comes in by the config",
  os: "context.node is this node's name, context.links are its links",
  timers: "context.clock has timers",
  perf_hooks: "context.clock.now gives milliseconds",
  crypto: "context.secrets signs with a Secret's password",
  buffer: "Uint8Array and DataView hold bytes",
  stream: "context.net hands over bytes by callbacks",
  events: "callbacks take its place",
  util: "TextEncoder and TextDecoder are there without an import",
  assert: "throw an Error",
  console: "context.log writes to the log",
  diagnostics_channel: "context.log and context.metrics tell what happens",
};

/** What esbuild says by id, and how it reads here. */
const SAID: Readonly<Record<string, string>> = {
  "unsupported-dynamic-import": "import(…) is not there: import statically",
  "unsupported-require-call": "require is not there: import statically",
  "indirect-require": "require is not there: import statically",
  "empty-import-meta": "import.meta is not there: a plugin has no place of its own; name a packet program by its path",
  "direct-eval": "eval is not there: what it runs would be in no pin",
  "html-comment-in-js": "<!-- would start a comment: put a space into it",
};
/** By their text, as they have no id. */
const TOP_LEVEL_AWAIT = /^Top-level await/;
const MOST_LINES = 50;
const LONGEST = 300;

/** Why an import that leads to no file of the folder is refused. */
export function forbid({ path, kind }: Pick<OnResolveArgs, "path" | "kind">): string {
  const name = JSON.stringify(path);
  if (kind === "require-call" || kind === "require-resolve") return `require(${name}) is not there: import statically`;
  if (kind === "dynamic-import") return `import(${name}) is not there: import statically`;
  if (path.startsWith("node:") || isBuiltin(path)) {
    const module = path.replace(/^node:/, "").split("/")[0] ?? "";
    return `${name} is a module of Node, which a plugin has not: ${INSTEAD[module] ?? "all that it can do is in its context"}`;
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(path)) return `${name} is elsewhere: copy it into the plugin's folder`;
  if (path.endsWith(".wasm")) return `${name} cannot be imported: name it in the definition, program: "./NAME.wasm"`;
  if (path.endsWith(".node")) return `${name} is native code, which a plugin cannot have`;
  if (path.startsWith("/")) return `${name} is an absolute path: expected one that starts with ./`;
  if (path.startsWith("herald/")) return `${name} is not there: import from "herald"`;
  return `${name} is a package: only "herald" is there; copy it into the plugin's folder, or bundle it into your file`;
}

/** One line each, by file and line. */
export function describeProblems(messages: readonly Message[]): readonly string[] {
  const lines = messages.map((message) => {
    const { file, line, column } = message.location ?? { file: "", line: 0, column: 0 };
    const place = file === "" ? "" : `${file.replace(/^plugin:/, "")}:${line}:${column + 1}: `;
    return { file, line, column, text: cut(visible(`${place}${wordsOf(message)}`), LONGEST) };
  });
  lines.sort((left, right) =>
    left.file < right.file ? -1 : left.file > right.file ? 1 : left.line - right.line || left.column - right.column,
  );
  const texts = [...new Set(lines.map(({ text }) => text))];
  return texts.length > MOST_LINES ? [...texts.slice(0, MOST_LINES), `and ${texts.length - MOST_LINES} more`] : texts;
}

function wordsOf({ id, text }: Message): string {
  if (TOP_LEVEL_AWAIT.test(text)) return "await is not there outside of functions: do it in start, which may wait";
  return SAID[id] ?? text;
}

/** Messages of esbuild that are no errors to it. */
export const raised = Object.fromEntries(Object.keys(SAID).map((id) => [id, "error" as const]));

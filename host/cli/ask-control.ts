/** Asks a running Herald, over its control socket (`observe/control.ts`). */

import { once } from "node:events";
import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { type AskTarget, NoAnswer } from "../announcer.ts";
import type { ControlRequest } from "../observe/control.ts";
import { controlDirectories, controlPathIn, isNodeName, nodeOfControlFile } from "../observe/control-place.ts";
import { isListenedOn } from "../observe/control-socket.ts";
import { visible } from "../observe/log.ts";

/** As Herald takes them. */
const MOST_REQUEST_BYTES = 64 * 1024;
/** Of one row. */
const MOST_ROW_LENGTH = 64 * 1024 * 1024;

/** The rows of the answer as they come, none kept. Throws NoAnswer, also behind rows; leaving the loop ends the connection. */
export async function* askControl(
  target: AskTarget,
  request: ControlRequest,
  directories = controlDirectories(),
): AsyncGenerator<unknown, void> {
  const path = target.control ?? (await findControl(target.node, directories));
  const line = `${JSON.stringify(request)}\n`;
  if (Buffer.byteLength(line) > MOST_REQUEST_BYTES) throw new NoAnswer("The request is too long");
  const socket = await open(path);
  try {
    socket.write(line);
    for await (const text of lines(socket)) {
      const answer = readLine(text);
      if ("error" in answer) throw new NoAnswer(visible(String(answer.error)));
      if ("end" in answer) return;
      yield answer.row;
    }
    throw new NoAnswer(`The Herald at ${path} stopped before its answer was complete`);
  } catch (error) {
    if (error instanceof NoAnswer || !(error instanceof Error && "code" in error)) throw error;
    throw new NoAnswer(`Cannot read the answer of the Herald at ${path}: ${error.code}`, { cause: error });
  } finally {
    socket.destroy();
  }
}

async function open(path: string): Promise<Socket> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new NoAnswer(`No running Herald answers at ${path}: ${code}${hintFor(code)}`, { cause: error });
  }
  return socket;
}

function hintFor(code: string | undefined): string {
  if (code === "EACCES") return "; ask as the user that it runs as, or as root";
  return code === "ECONNREFUSED" ? "; it has ended, and what is there will be replaced by the next" : "";
}

async function* lines(socket: Socket): AsyncGenerator<string> {
  const pieces: string[] = [];
  let length = 0;
  for await (const piece of socket.setEncoding("utf8") as AsyncIterable<string>) {
    const [first = "", ...rest] = piece.split("\n");
    pieces.push(first);
    length += first.length;
    for (const next of rest) {
      yield pieces.join("");
      pieces.splice(0, pieces.length, next);
      length = next.length;
    }
    if (length > MOST_ROW_LENGTH) throw new NoAnswer(`A row of the answer is longer than ${MOST_ROW_LENGTH} characters`);
  }
}

function readLine(text: string): { row: unknown } | { end: unknown } | { error: unknown } {
  try {
    const line: unknown = JSON.parse(text);
    if (typeof line === "object" && line !== null && ("row" in line || "end" in line || "error" in line)) return line as { row: unknown };
  } catch {
    // Said below.
  }
  throw new NoAnswer("What answers there is no Herald: found a line that is not of its protocol");
}

/** The path of a node's socket, or of the only one that somebody listens on. */
async function findControl(node: string | undefined, directories: readonly string[]): Promise<string> {
  if (node !== undefined && !isNodeName(node)) {
    throw new NoAnswer(`No node has the name ${JSON.stringify(node.slice(0, 64))}: expected letters, digits, dots and dashes`);
  }
  const { found, closed } = await listControls(directories);
  const wanted = node === undefined ? found : found.filter((control) => control.node === node);
  const [first, second] = wanted;
  if (first !== undefined && (second === undefined || node !== undefined)) return first.path;
  const places = directories.map((directory) => (node === undefined ? join(directory, "*.sock") : controlPathIn(directory, node)));
  const denied = closed.map((directory) => `; ${directory} may only be read by its owner, such as with sudo`).join("");
  const others = [...new Set(found.map((control) => control.node))].sort().join(", ");
  if (second !== undefined) throw new NoAnswer(`Several Heralds run here: name one with --node, of ${others}`);
  if (others !== "") throw new NoAnswer(`No running Herald of node ${node}: found ${others}${denied}`);
  throw new NoAnswer(`No running Herald: looked for ${places.join(" and ")}${denied}; start one with herald run --manifests DIR`);
}

/** Those that somebody listens on, and the directories that may not be looked into. */
async function listControls(directories: readonly string[]): Promise<{ found: { node: string; path: string }[]; closed: string[] }> {
  const found: { node: string; path: string }[] = [];
  const closed: string[] = [];
  for (const directory of directories) {
    const names = namesIn(directory);
    if (names === undefined) closed.push(directory);
    for (const name of names ?? []) {
      const node = nodeOfControlFile(name);
      const path = join(directory, name);
      if (node !== undefined && (await isListenedOn(path))) found.push({ node, path });
    }
  }
  return { found, closed };
}

/** Undefined where they may not be read. */
function namesIn(directory: string): string[] | undefined {
  try {
    return readdirSync(directory);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES" ? undefined : [];
  }
}

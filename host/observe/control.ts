/**
 * The control socket: a running Herald answers questions about itself, and changes nothing, but for one thing: it takes its node
 * out of service, and back.
 *
 * The protocol, over a Unix stream socket: the asker sends one line of JSON, a request; Herald answers with lines of JSON and ends the
 * connection.
 *
 *   {"ask": "status"}                                        one row: `Status` of `status.ts`
 *   {"ask": "rows"}                                          a row for each announcement that is wanted or told
 *   {"ask": "reports"}                                       a row for each report of a plugin: {"announcer", "key", "state"}
 *   {"ask": "explain", "service": "default/web"}             one row: `SpeakerExplanation` of `explain.ts`
 *   {"ask": "announcer", "name": "bgp", "what": "peers"}     what `Announcer.inspect("peers")` of that plugin gives
 *   {"ask": "drain"}                                         hands over what the node has; one row when that is done, or after 10 s:
 *                                                            `DrainOutcome` of `drain.ts`
 *   {"ask": "undrain"}                                       takes that back; the same
 *
 *   {"row": …}          none, one or many
 *   {"end": 3}          the last line: that was all, so many rows
 *   {"error": "…"}      the last line instead, also behind rows: why not, in words, with what is known where a name is not
 *
 * A connection that ends without such a last line was cut off. Something that can be iterated is answered row by row, as the asker takes
 * it, anything else is one row; so an answer of a million rows needs no more memory than one of a hundred, here and there.
 *
 * A request has at most 64 KiB and comes within 5 s. Who takes no byte for 5 minutes is let go: somebody may be reading page by page. There
 * are 32 connections at most. To be tried by hand: `echo '{"ask": "status"}' | socat - UNIX-CONNECT:/run/herald/NODE.sock`.
 */

import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { listenAt } from "./control-socket.ts";

export interface ControlRequest extends Readonly<Record<string, unknown>> {
  readonly ask: string;
}

/** What is asked for, (async) iterable where it is rows; throws, or rejects, with the text that the asker gets. */
export type Answer = (request: ControlRequest) => unknown;

export interface Limits {
  readonly requestBytes: number;
  readonly requestMs: number;
  /** As long may no byte of an answer be taken. */
  readonly stallMs: number;
  readonly connections: number;
}

const LIMITS: Limits = { requestBytes: 64 * 1024, requestMs: 5000, stallMs: 300_000, connections: 32 };
/** Written at once, and all that is kept of an answer. In UTF-16 units. */
const BATCH_LENGTH = 32 * 1024;

/** Answers at that path until it is closed, which ends what is being answered and removes the socket. Rejects as `listenAt`. */
export async function serveControl(path: string, answer: Answer, limits: Partial<Limits> = {}): Promise<() => Promise<void>> {
  const all = { ...LIMITS, ...limits };
  const open = new Set<Socket>();
  const refuse = (): never => {
    throw new Error(`Too many connections: expected at most ${all.connections} at a time`);
  };
  const server = await listenAt(path, (socket) => {
    socket.on("error", () => {}); // the asker has gone
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    void converse(socket, open.size > all.connections ? refuse : answer, all);
  });
  // Those in between are told why. Who is let go before it has sent its request would not hear it.
  server.maxConnections = 2 * all.connections;
  return () =>
    new Promise((done) => {
      server.close(() => done());
      for (const socket of open) socket.destroy();
    });
}

async function converse(socket: Socket, answer: Answer, limits: Limits): Promise<void> {
  let last: string;
  try {
    const request = readRequest(await receive(socket, limits));
    last = await writeRows(await answer(request), (text) => take(socket, text, limits.stallMs));
  } catch (error) {
    last = errorLine(error instanceof Error ? error.message : String(error));
  }
  await take(socket, last, limits.stallMs);
  socket.destroy();
}

/** The first line, or all up to the end. What comes behind it is not read. */
function receive(socket: Socket, { requestBytes, requestMs }: Limits): Promise<string> {
  return new Promise((done, reject) => {
    const pieces: Buffer[] = [];
    let size = 0;
    const finish = (problem?: string): void => {
      clearTimeout(timer);
      socket.off("data", take).pause();
      if (problem === undefined) done(Buffer.concat(pieces).toString());
      else reject(new Error(problem));
    };
    const take = (piece: Buffer): void => {
      const end = piece.indexOf("\n");
      pieces.push(end < 0 ? piece : piece.subarray(0, end));
      size += end < 0 ? piece.length : end;
      if (size > requestBytes) finish(`The request is too long: expected one line of at most ${requestBytes} bytes`);
      else if (end >= 0) finish();
    };
    const timer = setTimeout(() => finish(`No request came within ${requestMs} ms`), requestMs);
    socket.on("data", take);
    socket.once("end", () => finish());
    socket.once("close", () => finish("The connection was lost"));
  });
}

function readRequest(text: string): ControlRequest {
  let request: unknown;
  try {
    request = JSON.parse(text);
  } catch {
    throw new Error('The request is not JSON: expected one line such as {"ask": "status"}');
  }
  if (typeof request === "object" && request !== null && "ask" in request && typeof request.ask === "string")
    return request as ControlRequest;
  throw new Error('The request asks nothing: expected an object with a text "ask", such as {"ask": "status"}');
}

/** Gives what is left to be said. */
async function writeRows(answer: unknown, write: (text: string) => Promise<boolean>): Promise<string> {
  let batch = "";
  let count = 0;
  for await (const row of rowsOf(answer)) {
    batch += `{"row":${JSON.stringify(row) ?? "null"}}\n`;
    count += 1;
    if (batch.length < BATCH_LENGTH) continue;
    if (!(await write(batch))) return "";
    batch = "";
    // A quick asker would otherwise keep this thread from its timers.
    await setImmediate();
  }
  return `${batch}{"end":${count}}\n`;
}

function rowsOf(answer: unknown): AsyncIterable<unknown> | Iterable<unknown> {
  const isIterable = typeof answer === "object" && answer !== null && (Symbol.asyncIterator in answer || Symbol.iterator in answer);
  return isIterable ? (answer as AsyncIterable<unknown>) : [answer];
}

function errorLine(error: string): string {
  return `${JSON.stringify({ error })}\n`;
}

/** Resolves when the kernel has all of it; false: the asker has gone, or has been let go. */
function take(socket: Socket, text: string, stallMs: number): Promise<boolean> {
  return new Promise((done) => {
    const timer = setTimeout(() => socket.destroy(), stallMs);
    socket.write(text, () => {
      clearTimeout(timer);
      done(!socket.destroyed);
    });
  });
}

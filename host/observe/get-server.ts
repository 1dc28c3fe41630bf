/**
 * A small HTTP server that is asked for a few texts, by whom we do not know: everything that a client may take of it is bounded. A request
 * has 16 KiB and 5 s, an answer 60 s in which the client must take something every 10 s, and there are 64 connections.
 */

import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { SecureContextOptions } from "node:tls";

export interface Reply {
  readonly status: number;
  readonly text: string;
  /** Default: plain text. */
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Route = (request: IncomingMessage) => Reply | Promise<Reply>;

export interface GetPlace {
  /** Default: all addresses. */
  readonly address?: string;
  /** 0: any that is free. */
  readonly port: number;
  /** What is served, and where that is said, for errors: `metrics`, `--port`. */
  readonly what: string;
  readonly flag: string;
  /** Absent: plain HTTP. */
  readonly secure?: SecureContextOptions;
}

export interface GetLimits {
  readonly requestMs: number;
  readonly stallMs: number;
  readonly answerMs: number;
  readonly connections: number;
}

export interface GetServer {
  readonly port: number;
  /** For new connections. */
  setSecure(secure: SecureContextOptions): void;
  /** Ends every connection. */
  close(): Promise<void>;
}

const LIMITS: GetLimits = { requestMs: 5000, stallMs: 10_000, answerMs: 60_000, connections: 64 };
const REQUEST_BYTES = 16 * 1024;
const MOST_HEADERS = 50;

/** Serves these paths. Rejects with one line that names the flag where it cannot listen. */
export async function serveGet(
  place: GetPlace,
  routes: Readonly<Record<string, Route>>,
  limits: Partial<GetLimits> = {},
): Promise<GetServer> {
  const all = { ...LIMITS, ...limits };
  const { requestMs } = all;
  const checks = { connectionsCheckingInterval: Math.min(requestMs, 1000), headersTimeout: requestMs, requestTimeout: requestMs };
  const options: ServerOptions = { ...checks, maxHeaderSize: REQUEST_BYTES, keepAliveTimeout: requestMs };
  const onRequest = (request: IncomingMessage, response: ServerResponse) => void answer(request, response, routes, all.answerMs);
  const secure =
    place.secure === undefined ? undefined : createSecureServer({ ...options, ...place.secure, handshakeTimeout: requestMs }, onRequest);
  const server: Server = secure ?? createServer(options, onRequest);
  server.maxConnections = all.connections;
  server.maxHeadersCount = MOST_HEADERS;
  server.setTimeout(all.stallMs); // ends a connection on which nothing moves
  await listen(server, place);
  return {
    port: (server.address() as { port: number }).port,
    setSecure: (next) => secure?.setSecureContext(next),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function listen(server: Server, { address, port, what, flag }: GetPlace): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, address, () => {
        server.off("error", reject);
        resolve();
      });
    });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = REASONS[code ?? ""] ?? message;
    const where = address === undefined ? `port ${port}` : `port ${port} of ${address}`;
    throw new Error(`Cannot serve ${what}: ${where} ${why}; set another with ${flag}`, { cause });
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: "is in use",
  EACCES: "may not be used without CAP_NET_BIND_SERVICE",
  EADDRNOTAVAIL: "is not an address of this machine",
};

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  routes: Readonly<Record<string, Route>>,
  limitMs: number,
): Promise<void> {
  // Who takes a byte now and then would otherwise be answered for ever.
  const limit = setTimeout(() => request.socket.destroy(), limitMs);
  response.once("close", () => clearTimeout(limit));
  const { status, text, type = "text/plain; charset=utf-8", headers = {} } = await replyTo(request, routes);
  const body = Buffer.from(text);
  // A body that nobody reads would have to be read to its end before the next request.
  const connection = request.method === "GET" || request.method === "HEAD" ? {} : { connection: "close" };
  response.writeHead(status, {
    ...headers,
    ...connection,
    "content-type": type,
    "content-length": body.length,
    "x-content-type-options": "nosniff",
  });
  response.end(request.method === "HEAD" ? undefined : body);
}

async function replyTo(request: IncomingMessage, routes: Readonly<Record<string, Route>>): Promise<Reply> {
  const path = (request.url ?? "").split("?", 1)[0] ?? "";
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) return { status: 404, text: `There is nothing here: expected ${Object.keys(routes).join(" or ")}\n` };
  if (request.method !== "GET" && request.method !== "HEAD")
    return { status: 405, text: "Expected GET\n", headers: { allow: "GET, HEAD" } };
  try {
    return await route(request);
  } catch (error) {
    return { status: 500, text: `${error instanceof Error ? error.message : String(error)}\n` };
  }
}

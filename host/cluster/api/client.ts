/**
 * The API server over HTTP/1.1: one connection each for watches, so that one that hangs or is reset takes no other with it, and kept-alive
 * connections for all else.
 *
 * A write is given up by the server after the time that it had here (`timeout=`), and `cutOff` resets every connection: after it, nothing
 * that was asked before can still reach the server. A controller that has lost its Lease stands on that.
 */

import { type IncomingMessage, type RequestOptions, request as requestPlain } from "node:http";
import { request as requestSecure } from "node:https";
import { noAnswer, readAnswer } from "./answer.ts";
import { type Api, ApiError, type ApiRequest } from "./api.ts";
import { Connections, serverUrl } from "./connections.ts";
import type { Access, Credentials } from "./credentials.ts";

const DEFAULT_TIMEOUT_MS = 10_000;
const HEAD_TIMEOUT_MS = 10_000;
const PATCH_TYPES = {
  merge: "application/merge-patch+json",
  apply: "application/apply-patch+yaml",
  json: "application/json-patch+json",
};

export interface ClientOptions {
  readonly credentials: Credentials;
  /** What the server's log calls us. */
  readonly userAgent?: string;
  /** A watch's answer must begin after this long; default 10 s. */
  readonly headTimeoutMs?: number;
}

export class Client implements Api {
  readonly #credentials: Credentials;
  readonly #userAgent: string;
  readonly #headTimeoutMs: number;
  readonly #connections = new Connections();
  /** One for each request under way. */
  readonly #running = new Set<AbortController>();
  #isClosed = false;

  constructor({ credentials, userAgent = "herald", headTimeoutMs = HEAD_TIMEOUT_MS }: ClientOptions) {
    this.#credentials = credentials;
    this.#userAgent = userAgent;
    this.#headTimeoutMs = headTimeoutMs;
  }

  async request<Answer = unknown>(request: ApiRequest): Promise<Answer> {
    const timeoutMs = request.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    const run = this.#begin(request.signal, timeoutMs);
    try {
      const query = request.method === "GET" ? {} : { timeout: `${timeoutMs}ms` };
      const response = await this.#ask({ ...request, query: { ...query, ...request.query } }, run.signal, false);
      return (await readAnswer(request, response)) as Answer;
    } catch (error) {
      throw noAnswer(request, run.signal.aborted ? run.signal.reason : error);
    } finally {
      run.end();
    }
  }

  async stream(request: Pick<ApiRequest, "path" | "query" | "signal">): Promise<AsyncIterable<Uint8Array>> {
    const run = this.#begin(request.signal, this.#headTimeoutMs);
    const asked = { ...request, method: "GET" as const };
    try {
      const response = await this.#ask(asked, run.signal, true);
      if (response.statusCode !== 200) await readAnswer(asked, response);
      if (response.statusCode !== 200)
        throw new ApiError(`Cannot GET ${request.path}: found status ${response.statusCode}, expected 200`, {
          status: response.statusCode ?? 0,
        });
      run.stopTimer();
      response.once("close", run.end);
      return response;
    } catch (error) {
      run.end();
      throw noAnswer(asked, run.signal.aborted ? run.signal.reason : error);
    }
  }

  cutOff(): void {
    this.#connections.resetAll();
    for (const run of this.#running) run.abort(new Error("cut off"));
  }

  close(): void {
    this.#isClosed = true;
    this.cutOff();
  }

  /** Ends by itself after the time, or with the caller's signal; `end` always follows. */
  #begin(outer: AbortSignal | undefined, timeoutMs: number) {
    const run = new AbortController();
    const stop = () => run.abort(outer?.reason);
    const timer = setTimeout(() => run.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    this.#running.add(run);
    if (this.#isClosed) run.abort(new Error("the client is closed"));
    else if (outer?.aborted) stop();
    else outer?.addEventListener("abort", stop);
    const end = () => {
      clearTimeout(timer);
      outer?.removeEventListener("abort", stop);
      this.#running.delete(run);
    };
    return { signal: run.signal, stopTimer: () => clearTimeout(timer), end };
  }

  /** Asks once more with what is read anew where the server does not know us: a token may have been renewed since. */
  async #ask(request: ApiRequest, signal: AbortSignal, apart: boolean): Promise<IncomingMessage> {
    const access = await this.#credentials.access();
    const response = await this.#send(request, access, signal, apart);
    if (response.statusCode !== 401) return response;
    const renewed = await this.#credentials.access(access);
    if (renewed === access) return response;
    response.resume();
    return await this.#send(request, renewed, signal, apart);
  }

  #send(request: ApiRequest, access: Access, signal: AbortSignal, apart: boolean): Promise<IncomingMessage> {
    const body = request.body === undefined || typeof request.body === "string" ? request.body : JSON.stringify(request.body);
    const { protocol, pathname } = serverUrl(access.server);
    const options: RequestOptions = {
      ...this.#connections.optionsFor(access, apart),
      method: request.method,
      path: `${pathname.replace(/\/$/, "")}${request.path}${queryText(request.query)}`,
      headers: { ...access.headers, ...bodyHeaders(request, body), accept: "application/json", "user-agent": this.#userAgent },
    };
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const sent = (protocol === "https:" ? requestSecure : requestPlain)(options, resolve);
      const stop = () => {
        this.#connections.reset(sent.socket);
        sent.destroy(signal.reason);
      };
      signal.addEventListener("abort", stop);
      sent.once("close", () => signal.removeEventListener("abort", stop));
      sent.on("error", reject);
      sent.end(body);
    });
  }
}

function queryText(query: ApiRequest["query"]): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined) given.append(name, String(value));
  return given.size === 0 ? "" : `?${given}`;
}

function bodyHeaders({ method, patch = "merge" }: ApiRequest, body: string | undefined): Record<string, string | number> {
  if (body === undefined) return {};
  return { "content-type": method === "PATCH" ? PATCH_TYPES[patch] : "application/json", "content-length": Buffer.byteLength(body) };
}

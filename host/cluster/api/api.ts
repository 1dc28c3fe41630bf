/** The API server, as everything in this folder and `../kubernetes` asks it. `client.ts` is the one that is real. */

/** One request. The path is whole: `/apis/metallb.io/v1beta1/namespaces/herald/ipaddresspools`. */
export interface ApiRequest {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  /** Undefined values are left out. */
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>>;
  /** A string is JSON already, as it must be where it has numbers that JavaScript cannot hold. */
  readonly body?: unknown;
  /** What the body of a PATCH is: a JSON merge patch (default), a server-side apply, or a JSON patch. */
  readonly patch?: "merge" | "apply" | "json";
  /** The answer must be there after this long, default 10 s; a write is given up by the server after as long. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Api {
  /** The JSON that it answers. Throws `ApiError` where that is no success, and where there is no answer. One try: who asks knows when to ask again. */
  request<Answer = unknown>(request: ApiRequest): Promise<Answer>;
  /** The bytes of an answer that goes on, as of a watch; ends or throws as the connection does. Throws `ApiError` as `request` before the first byte. */
  stream(request: Pick<ApiRequest, "path" | "query" | "signal">): Promise<AsyncIterable<Uint8Array>>;
  /** Ends every connection at once; what is not sent by then never will be. Requests after it open new ones. */
  cutOff(): void;
  /** For good. */
  close(): void;
}

/** A request without success. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** Of HTTP; 0: no answer came. */
  readonly status: number;
  /** The API's word for it: `Conflict`, `NotFound`, `Expired`; empty where there is none. */
  readonly reason: string;
  /** When the server wants to be asked again; at most a minute. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, more: { status: number; reason?: string; retryAfterMs?: number | undefined; cause?: unknown }) {
    super(message, { cause: more.cause });
    this.status = more.status;
    this.reason = more.reason ?? "";
    this.retryAfterMs = more.retryAfterMs;
  }
}

/** What comes back: JSON, or an `ApiError` that says what was asked and what the server said. */

import type { IncomingMessage } from "node:http";
import { ApiError, type ApiRequest } from "./api.ts";

/** Of one answer. A page of a list is 500 objects, of which the largest kind, Nodes, has some 10 KB each. */
const MAX_ANSWER_BYTES = 64 << 20;
const MAX_MESSAGE_CHARACTERS = 1_000;
/** What a server asks for is kept, within reason: a timer cannot even hold what some proxy may say. */
const MAX_RETRY_AFTER_MS = 60_000;
/** As of a Status; every field is what a server says, so none is trusted to be there. */
interface Status {
  readonly message?: unknown;
  readonly reason?: unknown;
  readonly code?: unknown;
  readonly details?: { readonly retryAfterSeconds?: unknown };
}

type Asked = Pick<ApiRequest, "path"> & { readonly method?: string };

/** The body of an answer, parsed. Throws `ApiError` where that is no success or no JSON. */
export async function readAnswer(asked: Asked, response: IncomingMessage): Promise<unknown> {
  const text = await readText(asked, response);
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) throw refusal(asked, status, parsed(text) ?? { message: text }, retryAfterMs(response));
  const answer = text === "" ? {} : parsed(text);
  if (answer === undefined) throw new ApiError(`${cannot(asked)}: found ${quote(text)} as the answer, expected JSON`, { status });
  return answer;
}

/** A Status that says no: an answer's body, or the object of a watch's ERROR event. */
export function refusal(asked: Asked, status: number, body: unknown, retryAfterMs?: number): ApiError {
  const { message, reason, code, details }: Status = typeof body === "object" && body !== null ? body : {};
  const seconds = details?.retryAfterSeconds;
  const said = typeof message === "string" && message !== "" ? `: ${message.trim().slice(0, MAX_MESSAGE_CHARACTERS)}` : "";
  const number = status || (typeof code === "number" ? code : 0);
  return new ApiError(`${cannot(asked)}: ${number}${typeof reason === "string" && reason !== "" ? ` ${reason}` : ""}${said}`, {
    status: number,
    reason: typeof reason === "string" ? reason : "",
    retryAfterMs: retryAfterMs ?? (typeof seconds === "number" && seconds > 0 ? Math.min(seconds * 1_000, MAX_RETRY_AFTER_MS) : undefined),
  });
}

/** No answer came. */
export function noAnswer(asked: Asked, cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  const { message, code } = cause as { message?: string; code?: string };
  return new ApiError(`${cannot(asked)}: ${message || code || String(cause)}`, { status: 0, cause });
}

function cannot({ method = "GET", path }: Asked): string {
  return `Cannot ${method} ${path}`;
}

async function readText(asked: Asked, response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) {
      throw new ApiError(`${cannot(asked)}: found an answer of more than ${MAX_ANSWER_BYTES} bytes`, { status: response.statusCode ?? 0 });
    }
  }
  return Buffer.concat(chunks, length).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** RFC 9110 §10.2.3: seconds, or a date. */
function retryAfterMs({ headers }: IncomingMessage): number | undefined {
  const value = headers["retry-after"];
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(0, ms), MAX_RETRY_AFTER_MS);
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

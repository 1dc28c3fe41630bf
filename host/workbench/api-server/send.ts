/** One HTTPS request and its whole answer. */

import type { IncomingMessage } from "node:http";
import { type Agent, request } from "node:https";

export interface Body {
  /** Of `Content-Type`. */
  readonly type: string;
  readonly text: string;
}

export interface Sent {
  readonly method: string;
  readonly url: string;
  readonly token: string;
  readonly agent: Agent;
  readonly content: Body | undefined;
}

/** An answer that is no success. */
export class ApiFailure extends Error {
  override readonly name = "ApiFailure";
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

const LIMIT_MS = 30_000;

/** JSON as what it says, else text. Throws `ApiFailure` where the answer is no success, and the socket's error where there is none. */
export function send(sent: Sent): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const { method, url, token, agent, content } = sent;
    const headers = {
      authorization: `Bearer ${token}`,
      ...(content && { "content-type": content.type, "content-length": Buffer.byteLength(content.text) }),
    };
    const asked = request(url, { method, agent, headers, timeout: LIMIT_MS }, (answer) => {
      wholeOf(answer, `${method} ${new URL(url).pathname}`).then(resolve, reject);
    });
    asked.on("timeout", () => asked.destroy(new Error(`${method} ${url}: no answer for ${LIMIT_MS / 1000} s`)));
    // A kept connection may have been closed while nobody looked: Node says so, and the request was not read.
    asked.on("error", (error: NodeJS.ErrnoException) => {
      if (asked.reusedSocket && error.code === "ECONNRESET") send(sent).then(resolve, reject);
      else reject(error);
    });
    asked.end(content?.text);
  });
}

/** An answer that goes on. */
export function open(url: string, token: string, agent: Agent, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, signal, headers: { authorization: `Bearer ${token}` } }, (answer) => {
      if (answer.statusCode === 200) resolve(answer);
      else wholeOf(answer, `GET ${new URL(url).pathname}`).then(() => reject(new Error("No answer that goes on")), reject);
    });
    asked.on("error", reject).end();
  });
}

async function wholeOf(answer: IncomingMessage, what: string): Promise<unknown> {
  let text = "";
  for await (const part of answer.setEncoding("utf8")) text += part;
  const said = answer.headers["content-type"]?.startsWith("application/json") === true ? JSON.parse(text) : text;
  const status = answer.statusCode ?? 0;
  if (status < 200 || status >= 300) throw new ApiFailure(`${what}: ${status} ${said.message ?? said}`, status);
  return said;
}

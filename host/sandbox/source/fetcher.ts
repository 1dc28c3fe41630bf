/**
 * Fetches what a plugin is made of, over HTTPS, and over HTTP from this machine. Redirects are refused, as what is pinned is what was named;
 * nothing is sent but the question. Every answer has a greatest length, and all together a time.
 */

import { type IncomingMessage, type RequestOptions, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { rootCertificates } from "node:tls";
import { visible } from "../../observe/log.ts";
import { LIMITS, SourceError } from "./plugin-files.ts";

export interface FetcherOptions {
  /** PEM of an authority that is trusted beside those that Node knows. */
  readonly authority?: string;
  /** For all fetches together. Default: `LIMITS.fetchMs`. */
  readonly limitMs?: number;
}

/** Undefined where the server says that there is nothing. Rejects with SourceError, naming the URL. */
export type Fetcher = (url: URL, mostBytes: number, accept?: string) => Promise<Uint8Array | undefined>;

const ABSENT = [404, 410];

export function createFetcher({ authority, limitMs = LIMITS.fetchMs }: FetcherOptions = {}): Fetcher {
  const signal = AbortSignal.timeout(limitMs);
  const trust = authority === undefined ? {} : { ca: [...rootCertificates, authority] };
  return async (url, mostBytes, accept = "*/*") => {
    const headers = { accept, "user-agent": "herald", connection: "close" };
    try {
      return await readAnswer(await ask(url, { headers, signal, ...trust }), mostBytes);
    } catch (error) {
      const why = signal.aborted ? `it took longer than ${limitMs / 1000} s` : visible((error as Error).message);
      throw new SourceError(`Cannot fetch ${url.href}: ${why}`);
    }
  };
}

function ask(url: URL, options: RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === "https:" ? requestHttps : requestHttp)(url, options, resolve);
    request.on("error", reject).end();
  });
}

async function readAnswer(answer: IncomingMessage, mostBytes: number): Promise<Uint8Array | undefined> {
  const { statusCode = 0, headers } = answer;
  try {
    if (ABSENT.includes(statusCode)) return undefined;
    if (statusCode >= 300 && statusCode < 400)
      throw new Error(`it redirects to ${headers.location ?? "nowhere"}: name that address instead`);
    if (statusCode !== 200) throw new Error(`the server answered with status ${statusCode}`);
    if (headers["content-encoding"] !== undefined)
      throw new Error(`it is encoded as ${headers["content-encoding"]}, which was not asked for`);
    return await readBytes(answer, mostBytes);
  } finally {
    answer.destroy();
  }
}

async function readBytes(answer: IncomingMessage, mostBytes: number): Promise<Uint8Array> {
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length > mostBytes) throw new Error(`it has more than ${mostBytes} bytes`);
    pieces.push(piece);
  }
  return new Uint8Array(Buffer.concat(pieces));
}

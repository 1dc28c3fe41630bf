/** A plugin's HTTP request, checked before anything of it leaves: what is wrong is named, what it would have sent is not repeated. */

import type { FetchOptions, SecretText } from "../../announcer.ts";
import { type OriginScope, originOf, originText, parseUrl } from "../permissions/origin-scope.ts";

export const MOST_BODY_BYTES = 1024 * 1024;
const MOST_URL_CHARACTERS = 8192;
const MOST_HEADERS = 64;
const MOST_VALUE_CHARACTERS = 8192;
const TIMEOUT_MS = 10_000;
const LONGEST_TIMEOUT_MS = 60_000;

/** RFC 9110 §5.6.2 "Tokens". */
const TOKEN = /^[!#$%&'*+.^_`|~\w-]{1,256}$/;
/** RFC 9110 §5.5 "Field Values", without obs-text: no control character, so that none can end the line. */
const VALUE = /^[\t\x20-\x7e]*$/;
/** They make a connection something else, or send back what was sent. */
const REFUSED_METHODS = new Set(["CONNECT", "TRACE"]);
/** The host's to say: RFC 9110 §7.6.1 "Connection", and how long and where the message is. */
const REFUSED_HEADERS = new Set([
  ...["connection", "content-length", "expect", "host", "http2-settings", "keep-alive", "proxy-authenticate"],
  ...["proxy-authorization", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "via"],
]);

export interface HttpRequest {
  readonly url: URL;
  readonly origin: OriginScope;
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string | SecretText])[];
  readonly body: Uint8Array | undefined;
  readonly timeoutMs: number;
}

type Fail = (what: string, found: unknown, expected: string) => never;

/** Throws where it cannot be sent. */
export function readRequest(text: string, options: FetchOptions): HttpRequest {
  const { url, origin } = readUrl(text);
  const fail: Fail = (what, found, expected) => {
    throw new TypeError(`Cannot fetch ${originText(origin)}: ${what} is ${found}, expected ${expected}`);
  };
  const { method = "GET", headers = {}, body, timeoutMs = TIMEOUT_MS } = options;
  if (typeof method !== "string" || !TOKEN.test(method) || REFUSED_METHODS.has(method.toUpperCase())) {
    fail("the method", shown(method), "one of HTTP, not CONNECT or TRACE");
  }
  if (typeof timeoutMs !== "number" || !(timeoutMs > 0 && timeoutMs <= LONGEST_TIMEOUT_MS)) {
    fail("timeoutMs", shown(timeoutMs), `a number up to ${LONGEST_TIMEOUT_MS}`);
  }
  return { url, origin, method: method.toUpperCase(), headers: readHeaders(headers, fail), body: readBody(body, fail), timeoutMs };
}

function readHeaders(headers: FetchOptions["headers"], fail: Fail): HttpRequest["headers"] {
  if (typeof headers !== "object" || headers === null) return fail("headers", shown(headers), "an object");
  const entries = Object.entries(headers);
  if (entries.length > MOST_HEADERS) fail("headers", `${entries.length} of them`, `at most ${MOST_HEADERS}`);
  for (const [name, value] of entries) {
    if (!TOKEN.test(name)) fail("a header's name", shown(name), "a token of RFC 9110");
    if (REFUSED_HEADERS.has(name.toLowerCase())) fail("a header", shown(name), "none that the host says");
    if (!isValue(value)) fail(`header ${name}`, typeof value, `visible ASCII of at most ${MOST_VALUE_CHARACTERS}, or { secret, before }`);
  }
  return entries;
}

function readBody(body: FetchOptions["body"], fail: Fail): HttpRequest["body"] {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  if (bytes === undefined) return undefined;
  if (!(bytes instanceof Uint8Array)) return fail("the body", typeof body, "a text or bytes");
  if (bytes.length > MOST_BODY_BYTES) fail("the body", `${bytes.length} bytes long`, `at most ${MOST_BODY_BYTES}`);
  return bytes;
}

/** What was checked is what is used: the host is the canonical one, and nothing stands before or behind what is sent. */
function readUrl(text: string): Pick<HttpRequest, "url" | "origin"> {
  const url = typeof text === "string" && text.length <= MOST_URL_CHARACTERS ? parseUrl(text) : undefined;
  const origin = url && originOf(url);
  if (url === undefined || origin === undefined || url.username !== "" || url.password !== "") {
    throw new TypeError("Cannot fetch: expected an http or https URL of one host, without a name and password in it");
  }
  url.hostname = origin.host;
  url.hash = "";
  return { url, origin };
}

/** Whether a header may have this value: no line can end in it. */
export function isHeaderText(value: string): boolean {
  return value.length <= MOST_VALUE_CHARACTERS && VALUE.test(value);
}

function isValue(value: unknown): boolean {
  if (typeof value === "string") return isHeaderText(value);
  if (typeof value !== "object" || value === null) return false;
  const { secret, before = "" } = value as Partial<SecretText>;
  return typeof secret === "string" && typeof before === "string" && isHeaderText(before);
}

function shown(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? JSON.stringify(value).slice(0, 80) : typeof value;
}

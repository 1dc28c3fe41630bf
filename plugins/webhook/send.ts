/** One attempt: the headers, the signature, and what an answer means. */

import type { Context, FetchAnswer, SecretText } from "herald";
import type { Goal, Outcome } from "./calls.ts";
import type { WebhookConfig } from "./config.ts";

/** They ask for patience: RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4. */
const TRANSIENT = new Set([408, 425, 429]);
/** Withdrawn already. */
const GONE = new Set([404, 410]);
const LONGEST_RETRY_AFTER_SECONDS = 3600;

export async function send(context: Context, config: WebhookConfig, goal: Goal, timeoutMs: number): Promise<Outcome> {
  const { url, method, body } = goal;
  try {
    const headers = await headersOf(context, config, goal);
    return outcomeOf(goal, await context.fetch(url, { method, headers, timeoutMs, ...(body === undefined ? {} : { body }) }));
  } catch (error) {
    return { kind: "failed", reason: (error as Error).message };
  }
}

async function headersOf(context: Context, config: WebhookConfig, goal: Goal): Promise<Record<string, string | SecretText>> {
  const { sign, headers = {} } = config;
  return {
    ...(goal.isJson ? { "content-type": "application/json" } : {}),
    "idempotency-key": goal.key,
    ...(sign === undefined ? {} : await signatureOf(context, sign.secret, goal.body ?? "")),
    ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
  };
}

/** Over the seconds since 1970, a dot, and the body, so that what was heard cannot be said again later. */
async function signatureOf({ clock, secrets }: Context, secret: string, body: string): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(clock.wallMs() / 1000));
  const digest = await secrets.hmac(secret, new TextEncoder().encode(`${timestamp}.${body}`));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { "x-herald-timestamp": timestamp, "x-herald-signature": `sha256=${hex}` };
}

function outcomeOf({ action }: Goal, { status, headers }: FetchAnswer): Outcome {
  if ((status >= 200 && status < 300) || (action === "withdraw" && GONE.has(status))) return { kind: "done" };
  const reason = `the answer was ${status}`;
  if (status < 500 && !TRANSIENT.has(status)) return { kind: "refused", reason };
  const seconds = Math.min(Number(headers["retry-after"] ?? 0), LONGEST_RETRY_AFTER_SECONDS);
  return { kind: "failed", reason, ...(seconds > 0 ? { afterMs: seconds * 1000 } : {}) };
}

/** What an operator may set for webhooks: which calls, with what. */

import type { JsonSchema, SecretText } from "herald";

export interface CallConfig {
  readonly url: string;
  readonly method?: string;
  /** JSON with placeholders in its texts; a text is sent as it is. */
  readonly body?: unknown;
}

export interface WebhookConfig {
  readonly announce: CallConfig;
  readonly withdraw?: CallConfig;
  readonly headers?: Readonly<Record<string, string | SecretText>>;
  readonly sign?: { readonly secret: string };
  readonly concurrency?: number;
  readonly timeoutSeconds?: number;
  readonly longestPauseSeconds?: number;
}

export interface WebhookAttributes {
  readonly values?: Readonly<Record<string, string>>;
}

export const DEFAULTS = { concurrency: 4, timeoutSeconds: 10, longestPauseSeconds: 300 } as const;

const secret = { type: "string", minLength: 1 } as const;

/** The origin holds no placeholder: it is what the permission is for. */
const call = (method: string, description: string) => ({
  ...{ type: "object", additionalProperties: false, required: ["url"], description },
  properties: {
    url: { type: "string", pattern: "^https?://[^/?#@{}\\s]+(/\\S*)?$" },
    method: { type: "string", pattern: "^[A-Z]{1,16}$", default: method },
    body: {},
  },
});

export const CONFIG_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: false,
  required: ["announce"],
  properties: {
    announce: call("POST", "called when this node is to have an address, and when what is said of it changes"),
    withdraw: call("DELETE", "called when nobody is to have the address any more; default: nothing is"),
    headers: {
      ...{ type: "object", description: "sent with every call; a Secret's password stands behind `before`" },
      propertyNames: { pattern: "^[A-Za-z0-9-]{1,64}$" },
      additionalProperties: {
        oneOf: [
          { type: "string" },
          {
            ...{ type: "object", additionalProperties: false, required: ["secret"] },
            properties: { secret, before: { type: "string" } },
          },
        ],
      },
    },
    sign: {
      ...{ type: "object", additionalProperties: false, required: ["secret"], properties: { secret } },
      description: "signs every call by HMAC-SHA-256 with a Secret's password",
    },
    concurrency: { type: "integer", minimum: 1, maximum: 16, default: DEFAULTS.concurrency, description: "so many calls at once" },
    timeoutSeconds: { type: "integer", minimum: 1, maximum: 60, default: DEFAULTS.timeoutSeconds, description: "of one call" },
    longestPauseSeconds: {
      ...{ type: "integer", minimum: 1, maximum: 3600, default: DEFAULTS.longestPauseSeconds },
      description: "between two attempts, of which the first is after a second",
    },
  },
};

export const ATTRIBUTES_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    values: { type: "object", propertyNames: { pattern: "^[A-Za-z][A-Za-z0-9]{0,63}$" }, additionalProperties: { type: "string" } },
  },
};

/** `https://api.example.com` of a URL that fits the schema. */
export function originOf(url: string): string {
  return /^https?:\/\/[^/?#]+/.exec(url)?.[0] ?? "";
}

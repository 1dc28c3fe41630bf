/** What an operator may set for RIP: the config of the plugin, and the attributes of an Advertisement. */

import { DEFAULT_EXCLUDE, type JsonSchema } from "herald";
import type { AuthenticationConfig } from "./authentication.ts";

export interface RipConfig {
  readonly interfaces?: readonly string[];
  readonly exclude?: readonly string[];
  readonly updateSeconds?: number;
  readonly garbageSeconds?: number;
  readonly authentication?: AuthenticationConfig;
}

export interface RipAttributes {
  readonly metric?: number;
  readonly tag?: number;
  readonly nextHop?: string;
  readonly nextHopV6?: string;
  readonly aggregationLength?: number;
  readonly aggregationLengthV6?: number;
}

/** RFC 2453 §3.8, both timers. */
export const UPDATE_SECONDS = 30;
export const GARBAGE_SECONDS = 120;

const keyId = { type: "integer", minimum: 0, maximum: 255 } as const;
/** As many bytes as a message has for it: what is not ASCII would need more. */
const text = { type: "string", pattern: "^[ -~]{1,16}$" } as const;

export const CONFIG_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    interfaces: { type: "array", items: { type: "string" }, description: "speak only on these; default: all that are fit" },
    exclude: {
      ...{ type: "array", items: { type: "string" }, default: DEFAULT_EXCLUDE },
      description: "never speak on these; * is a wildcard",
    },
    updateSeconds: {
      ...{ type: "integer", minimum: 1, maximum: 3600, default: UPDATE_SECONDS },
      description: "tell of all routes this often, give or take a sixth",
    },
    garbageSeconds: {
      ...{ type: "integer", minimum: 1, maximum: 3600, default: GARBAGE_SECONDS },
      description: "tell for so long that a route has gone",
    },
    authentication: {
      description: "RIPv2 only: a password in the clear, keyed MD5, or HMAC-SHA-256 by a Secret",
      oneOf: [
        {
          ...{ type: "object", additionalProperties: false, required: ["type", "text"] },
          properties: { type: { const: "password" }, text },
        },
        {
          ...{ type: "object", additionalProperties: false, required: ["type", "keyId", "text"] },
          properties: { type: { const: "md5" }, keyId, text },
        },
        {
          ...{ type: "object", additionalProperties: false, required: ["type", "keyId", "secret"] },
          properties: { type: { const: "hmac-sha-256" }, keyId, secret: { type: "string", minLength: 1 } },
        },
      ],
    },
  },
};

export const ATTRIBUTES_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    metric: { type: "integer", minimum: 1, maximum: 15, default: 1 },
    tag: { type: "integer", minimum: 0, maximum: 65_535, default: 0 },
    nextHop: { type: "string" },
    nextHopV6: { type: "string" },
    aggregationLength: { type: "integer", minimum: 1, maximum: 32, default: 32 },
    aggregationLengthV6: { type: "integer", minimum: 1, maximum: 128, default: 128 },
  },
};

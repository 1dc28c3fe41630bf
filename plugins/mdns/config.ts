/** What an operator may set for mDNS: the config of the plugin, and the attributes of an Advertisement. */

import { DEFAULT_EXCLUDE, type JsonSchema } from "herald";

export interface MdnsConfig {
  readonly interfaces?: readonly string[];
  readonly exclude?: readonly string[];
  readonly legacyUnicast?: boolean;
}

export interface MdnsAttributes {
  readonly hostname?: string;
}

export const CONFIG_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    interfaces: { type: "array", items: { type: "string" }, description: "answer only on these; default: all that are fit" },
    exclude: {
      ...{ type: "array", items: { type: "string" }, default: DEFAULT_EXCLUDE },
      description: "never answer on these; * is a wildcard",
    },
    legacyUnicast: {
      ...{ type: "boolean", default: true },
      description: "answer programs that ask from any port, as dig does; without, the permission for UDP is for port 5353 alone",
    },
  },
};

export const ATTRIBUTES_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: { hostname: { type: "string", minLength: 1 } },
};

/** Placeholders in URLs and bodies: `{vip}`. */

import type { Announcement } from "herald";
import type { CallConfig, WebhookAttributes } from "./config.ts";

/** What stands for a placeholder, by name. */
export type Values = ReadonlyMap<string, string | readonly string[]>;

/** A call with everything filled in. */
export interface Rendered {
  readonly method: string;
  readonly url: string;
  readonly body: string | undefined;
  readonly isJson: boolean;
}

const PLACEHOLDER = /\{([A-Za-z][A-Za-z0-9]*)\}/g;

/** Values of attributes do not hide those of the address. */
export function valuesOf({ vip, family, services, attributes }: Announcement, node: string): Values {
  const { values = {} } = attributes as WebhookAttributes;
  return new Map<string, string | readonly string[]>([
    ...Object.entries(values),
    ["vip", vip],
    ["family", String(family)],
    ["node", node],
    ["services", services],
  ]);
}

/** Throws where a placeholder has no value. */
export function render({ url, method, body }: CallConfig, values: Values, defaultMethod: string): Rendered {
  const isJson = body !== undefined && typeof body !== "string";
  const filled = body === undefined ? undefined : fill(body, values);
  return {
    method: method ?? defaultMethod,
    url: fillText(url, values, encodeURIComponent),
    body: isJson ? JSON.stringify(filled) : (filled as string | undefined),
    isJson,
  };
}

/** JSON with the placeholders of its texts filled in; a text that is `{services}` alone becomes the list. */
function fill(part: unknown, values: Values): unknown {
  if (typeof part === "string") {
    const [name] = /^\{([A-Za-z][A-Za-z0-9]*)\}$/.exec(part)?.slice(1) ?? [];
    const value = name === undefined ? undefined : values.get(name);
    return value !== undefined && typeof value !== "string" ? [...value] : fillText(part, values, (text) => text);
  }
  if (Array.isArray(part)) return part.map((item) => fill(item, values));
  if (typeof part !== "object" || part === null) return part;
  return Object.fromEntries(Object.entries(part).map(([name, item]) => [name, fill(item, values)]));
}

function fillText(text: string, values: Values, encode: (value: string) => string): string {
  return text.replace(PLACEHOLDER, (placeholder, name: string) => {
    const value = values.get(name);
    if (value === undefined)
      throw new Error(`found ${placeholder}, expected one of ${Array.from(values.keys(), (known) => `{${known}}`).join(", ")}`);
    return encode(typeof value === "string" ? value : value.join(","));
  });
}

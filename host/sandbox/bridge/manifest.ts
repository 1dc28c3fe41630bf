/** What a plugin says of itself, read before anything of it is started: every problem at once. */

import type { JsonSchema } from "../../announcer.ts";
import type { Plain } from "../cell/channel.ts";
import type { Manifest } from "../hosted.ts";
import { PLUGIN_NAME } from "../plugin-name.ts";
import { finite, list, messageOf, object, oneOf, optional, plain, type Reader, record, refuse, text } from "./read.ts";
import { tameSchema } from "./tame-schema.ts";

const anySchema = record(plain, 1024, 256);
const schema: Reader<JsonSchema> = (value, path) => tameSchema(anySchema(value, path));
const name: Reader<string> = (value, path) =>
  PLUGIN_NAME.test(text(63)(value, path))
    ? (value as string)
    : refuse(value, path, "lower-case letters, digits and dashes, a letter first");

const fields: { readonly [Field in keyof Manifest]-?: Reader<Manifest[Field]> } = {
  name,
  api: finite,
  from: oneOf("owner", "every-node", "cluster"),
  serves: object({ kind: text(63), families: list(oneOf(4, 6), 2) }),
  config: schema,
  example: plain,
  attributes: optional(schema),
  program: optional(text(255)),
};

/** Throws a TypeError that names every problem. */
export function readManifest(value: Plain): Manifest {
  const raw = record(plain, 64, 64)(value, "The definition");
  const problems: string[] = [];
  const read = Object.entries(fields).flatMap(([field, reader]) => {
    try {
      const item = reader(Object.hasOwn(raw, field) ? raw[field] : undefined, field);
      return item === undefined ? [] : [[field, item] as const];
    } catch (error) {
      problems.push(messageOf(error));
      return [];
    }
  });
  if (problems.length > 0) throw new TypeError(`The plugin's definition is none: ${problems.join("; ")}`);
  return Object.fromEntries(read) as unknown as Manifest;
}

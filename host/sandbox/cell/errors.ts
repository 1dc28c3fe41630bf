/** Errors over a Channel: name, message, the permission of a NotCapable, and a stack. What is thrown may be anything, and may answer with more code. */

import type { Plain } from "./channel.ts";
import { pack } from "./plain.ts";

const MAX_TEXT = 4096;

/** What crosses of something thrown, which may be anything. */
export function packError(error: unknown, stack: string | undefined): Plain {
  const read = (name: string): unknown => {
    try {
      return (error as Readonly<Record<string, unknown>>)[name];
    } catch {
      return undefined;
    }
  };
  const text = (value: unknown, fallback: string): string => (typeof value === "string" ? value.slice(0, MAX_TEXT) : fallback);
  const known = {
    name: text(read("name"), "Error"),
    message: text(read("message"), typeof error === "string" ? text(error, "") : "unknown error"),
  };
  try {
    const withPermission = { ...known, permission: read("permission") as Plain, stack };
    pack(withPermission);
    return withPermission;
  } catch {
    return { ...known, stack };
  }
}

export function unpackError(value: Plain, readStack: (stack: string) => string = (stack) => stack): Error {
  const { name, message, permission, stack } = (typeof value === "object" && value !== null ? value : {}) as Readonly<
    Record<string, Plain>
  >;
  const error = new Error(typeof message === "string" ? message : "unknown error");
  const set = (key: string, part: unknown): unknown =>
    Object.defineProperty(error, key, { value: part, configurable: true, writable: true });
  if (typeof name === "string") set("name", name);
  if (permission !== undefined) set("permission", permission);
  set("stack", stackText(error, typeof stack === "string" ? readStack(stack) : "")); // ours would lead nowhere
  return error;
}

/** As V8 writes it. */
function stackText(error: Error, frames: string): string {
  const lines = frames.split("\n").filter((frame) => frame !== "");
  return [`${error.name}: ${error.message}`, ...lines.map((frame) => `    ${frame}`)].join("\n");
}

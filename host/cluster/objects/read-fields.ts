/**
 * Reading Kubernetes JSON that nobody has checked. Adds to the readers of `rules/config.ts` what objects of Kubernetes
 * itself need; the field names are checked against the official types, the values are not trusted.
 */

import { complain, ownText, type Reading, readObject } from "../../rules/config.ts";

/** Where problems go: they name `object`. */
export type Reader = Pick<Reading, "object" | "problems">;

/** The fields of a Kubernetes type, before anything is known of their values. */
export type Untrusted<T> = { readonly [K in keyof T]?: unknown };

/** Lower-case DNS names, as Kubernetes demands of the objects read here (RFC 1123 §2.1 "Host Names and Numbers"). */
const DNS_NAME = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** The fields of an object; none where it is absent or wrong. */
export function readFields<T>(reader: Reader, path: string, value: unknown): Untrusted<T> {
  return (readObject(reader, path, value) ?? {}) as Untrusted<T>;
}

/** A string; undefined where it is absent, empty or wrong, since Kubernetes takes an empty one for absent. */
export function readText(reader: Reader, path: string, value: unknown): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return ownText(value);
  complain(reader, path, value, "a string");
  return undefined;
}

/** One of a few words; the first of them where absent. */
export function readChoice<T extends string>(reader: Reader, path: string, value: unknown, choices: readonly [T, ...T[]]): T {
  if (value === undefined || value === null || value === "") return choices[0];
  const chosen = choices.find((choice) => choice === value);
  if (chosen === undefined) complain(reader, path, value, `one of ${choices.join(", ")}`);
  return chosen ?? choices[0];
}

/** A required name; empty where it is wrong. */
export function readName(reader: Reader, path: string, value: unknown): string {
  if (typeof value === "string" && DNS_NAME.test(value)) return ownText(value);
  complain(reader, path, value, "a lower-case DNS name");
  return "";
}

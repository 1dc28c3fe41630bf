/**
 * A Secret → its type and password. Only the kind that MetalLB takes passwords from is looked into, and what is wrong with it is said
 * without a word of its content.
 */

import type { V1Secret } from "@kubernetes/client-node";
import { ownText } from "../../rules/config.ts";
import type { Metadata } from "./metadata.ts";
import type { Reader, Untrusted } from "./read-fields.ts";

export interface SecretContent {
  readonly name: string;
  /** `Opaque` where it says none, as in Kubernetes. */
  readonly type: string;
  /** Absent: it has none, or an empty one. */
  readonly password?: string;
}

/** The type of Secrets whose passwords are read; Kubernetes' `SecretTypeBasicAuth`. */
const BASIC_AUTH = "kubernetes.io/basic-auth";
const KEY = "password";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `stringData` prevails over `data`, as Kubernetes lays it over that. */
export function projectSecret(reader: Reader, raw: Untrusted<V1Secret>, { name }: Metadata): SecretContent {
  const type = typeof raw.type === "string" && raw.type !== "" ? ownText(raw.type) : "Opaque";
  if (type !== BASIC_AUTH) return { name, type };
  const plain = readKey(reader, "stringData", raw.stringData);
  const encoded = readKey(reader, "data", raw.data);
  const password = plain ?? (encoded === undefined ? undefined : decode(reader, encoded));
  return { name, type, ...(password === undefined || password === "" ? {} : { password: ownText(password) }) };
}

function readKey(reader: Reader, field: string, map: unknown): string | undefined {
  if (map === undefined || map === null) return undefined;
  if (typeof map !== "object" || Array.isArray(map)) return objectTo(reader, field, "something else", "an object");
  const value = Object.hasOwn(map, KEY) ? (map as Readonly<Record<string, unknown>>)[KEY] : undefined;
  if (value === undefined || value === null || typeof value === "string") return value ?? undefined;
  return objectTo(reader, `${field}.${KEY}`, `a ${typeof value}`, "a string (quote numbers and booleans)");
}

/** Kubernetes' base64 may have line breaks in it. */
function decode(reader: Reader, encoded: string): string | undefined {
  const text = encoded.replace(/[\r\n]/g, "");
  if (!BASE64.test(text)) return objectTo(reader, `data.${KEY}`, "something else", "base64");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(text, "base64"));
  } catch {
    return objectTo(reader, `data.${KEY}`, "other bytes", "text in UTF-8");
  }
}

function objectTo({ object, problems }: Reader, path: string, found: string, expected: string): undefined {
  problems.push({ object, path, found, expected });
  return undefined;
}

/** The grants of a Plugin: permissions as `host/announcer.ts` has them. A field too many is refused, as it could be one that narrows, misspelled. */

import type { Permission } from "../../announcer.ts";
import { complain, type Raw, type Reading, readInteger, readList, readObject } from "../../rules/config.ts";
import { parseHostScope } from "../../sandbox/permissions/host-scope.ts";
import { parseOriginScope } from "../../sandbox/permissions/origin-scope.ts";
import { parseScope, scopeForm } from "../../sandbox/permissions/parse-scope.ts";
import { scopeText } from "../../sandbox/permissions/scope-text.ts";

type Kind = Permission["kind"];
type Field = (reading: Reading, path: string, value: unknown) => void;

const HOST: Field = (reading, path, value) => {
  if (typeof value !== "string" || parseHostScope(value) === undefined) {
    complain(reading, path, value, "an address, a CIDR or *, and a port or *, such as 192.0.2.1:179");
  }
};
const ORIGIN: Field = (reading, path, value) => {
  if (typeof value !== "string" || parseOriginScope(value) === undefined) {
    complain(reading, path, value, "an origin, such as https://api.example.com or https://*.example.com");
  }
};
const MAC: Field = (reading, path, value) => {
  if (typeof value !== "string" || !/^[0-9a-f:*]{1,17}$/.test(value)) {
    complain(reading, path, value, "a MAC address in lower case; * is a wildcard");
  }
};
const TEXT = text(253);
/** A prefix of 253 characters, a slash, and a name of 63. */
const ANNOTATION = text(317);

function text(longest: number): Field {
  return (reading, path, value) => {
    const isText = typeof value === "string" && value !== "" && value.length <= longest;
    if (!isText) complain(reading, path, value, `a text of 1 to ${longest} characters`);
  };
}

function whole(maximum: number): Field {
  return (reading, path, value) => void readInteger(reading, path, value, { minimum: 0, maximum });
}

const FIELDS: { readonly [K in Kind]: Readonly<Record<string, Field>> } = {
  frame: { link: TEXT, etherType: whole(0xffff), ipProtocol: whole(255), sourceMac: MAC },
  net: { host: HOST },
  listen: { host: HOST },
  udp: { host: HOST },
  liveness: { host: HOST },
  fetch: { origin: ORIGIN },
  service: { annotation: ANNOTATION },
  secret: { name: TEXT },
  sys: { fact: TEXT },
};
const OPTIONAL = new Set(["ipProtocol", "sourceMac"]);
const KINDS = Object.keys(FIELDS);

/** `[]` where absent; what is wrong is complained about, field by field. */
export function readGrants(reading: Reading, path: string, value: unknown): readonly Permission[] {
  return readList(reading, path, value).flatMap((item, at) => {
    const raw = readObject(reading, `${path}[${at}]`, item);
    if (raw === undefined && (item === null || item === undefined)) complain(reading, `${path}[${at}]`, item, "a permission");
    return raw === undefined ? [] : (readGrant(reading, `${path}[${at}]`, raw) ?? []);
  });
}

function readGrant(reading: Reading, path: string, raw: Raw): Permission | undefined {
  const { kind, ...rest } = raw;
  if (typeof kind !== "string" || !Object.hasOwn(FIELDS, kind)) {
    complain(reading, `${path}.kind`, kind, `one of ${KINDS.join(", ")}`);
    return undefined;
  }
  const before = reading.problems.length;
  const fields = FIELDS[kind as Kind];
  for (const [name, read] of Object.entries(fields)) {
    if (!(OPTIONAL.has(name) && (rest[name] === undefined || rest[name] === null))) read(reading, `${path}.${name}`, rest[name]);
  }
  for (const name of Object.keys(rest)) {
    if (!Object.hasOwn(fields, name)) complain(reading, `${path}.${name}`, rest[name], `nothing of this name for ${kind}`);
  }
  return reading.problems.length === before ? readScope(reading, path, present(raw) as Permission) : undefined;
}

/** `null` is an absent field. */
function present(raw: Raw): Raw {
  return Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== null));
}

/** What cannot be written as a scope would grant nothing: an IP protocol of ARP, a port of BFD, half a MAC address. */
function readScope(reading: Reading, path: string, permission: Permission): Permission | undefined {
  const scope = scopeText(permission);
  try {
    return parseScope(permission.kind, scope);
  } catch {
    complain(reading, path, scope, scopeForm(permission.kind));
    return undefined;
  }
}

/**
 * Which permission covers which. Scopes are matched here, in `host-scope.ts` and in `origin-scope.ts`, and nowhere else.
 */

import type { Permission } from "../../announcer.ts";
import { type HostScope, hostCovers, hostTouches, isUnspecified, parseHostScope } from "./host-scope.ts";
import { type OriginScope, originCovers, originTouches, parseOriginScope } from "./origin-scope.ts";

type FramePermission = Permission & { kind: "frame" };
type Matcher = (wanted: Wanted) => boolean;

/** A permission that is wanted, read once for all that it is compared with. */
export interface Wanted {
  readonly permission: Permission;
  readonly host?: HostScope;
  readonly origin?: OriginScope;
}

/** Throws where the scope cannot be read. */
export function readWanted(permission: Permission): Wanted {
  if ("host" in permission) return { permission, host: readHost(permission) };
  return permission.kind === "fetch" ? { permission, origin: readOrigin(permission) } : { permission };
}

/** Says of what is wanted whether this grant covers all of it. Throws where the scope cannot be read. */
export function covering(granted: Permission): Matcher {
  return matcher(granted, { frame: frameCovers, host: hostCovers, origin: originCovers });
}

/** Says of what is wanted whether this denial touches some of it. Throws where the scope cannot be read. */
export function touching(denied: Permission): Matcher {
  return matcher(denied, { frame: frameTouches, host: hostTouches, origin: originTouches });
}

/** Says of what is wanted whether this denial leaves nothing of it. Throws where the scope cannot be read. */
export function depriving(denied: Permission): Matcher {
  return matcher(denied, { frame: frameDeprives, host: hostDeprives, origin: originCovers });
}

interface Match {
  frame(given: FramePermission, wanted: FramePermission): boolean;
  host(given: HostScope, wanted: HostScope): boolean;
  origin(given: OriginScope, wanted: OriginScope): boolean;
}

/** Reads the scope that was given once, for all that will be wanted. */
function matcher(given: Permission, match: Match): Matcher {
  switch (given.kind) {
    case "frame":
      return ({ permission }) => permission.kind === "frame" && match.frame(given, permission);
    case "sys":
      return ({ permission }) => permission.kind === "sys" && matchesPattern(given.fact, permission.fact);
    case "secret":
      return ({ permission }) => permission.kind === "secret" && matchesPattern(given.name, permission.name);
    case "service":
      return ({ permission }) => permission.kind === "service" && matchesPattern(given.annotation, permission.annotation);
    case "fetch": {
      const scope = readOrigin(given);
      return ({ origin }) => origin !== undefined && match.origin(scope, origin);
    }
    case "net":
    case "listen":
    case "udp":
    case "liveness": {
      const scope = readHost(given);
      return ({ permission, host }) => permission.kind === given.kind && host !== undefined && match.host(scope, host);
    }
    default:
      return given satisfies never;
  }
}

function readHost(permission: Permission & { host: string }): HostScope {
  const scope = parseHostScope(permission.host);
  if (scope !== undefined) return scope;
  const expected = "an address, a CIDR or *, and a port: 192.0.2.1:179, 10.0.0.0/8:*, [2001:db8::1]:179";
  throw new Error(`Cannot read the ${permission.kind} scope ${JSON.stringify(permission.host)}: expected ${expected}`);
}

function readOrigin({ origin }: Permission & { kind: "fetch" }): OriginScope {
  const scope = parseOriginScope(origin);
  if (scope !== undefined) return scope;
  const expected = "an origin: https://api.example.com, http://192.0.2.1:8080, https://*.example.com";
  throw new Error(`Cannot read the fetch scope ${JSON.stringify(origin)}: expected ${expected}`);
}

function frameCovers(granted: FramePermission, wanted: FramePermission): boolean {
  const isProtocol = granted.ipProtocol === undefined || granted.ipProtocol === wanted.ipProtocol;
  const isSource = wanted.sourceMac === undefined || matchesMac(granted.sourceMac, wanted.sourceMac);
  return isProtocol && isSource && granted.etherType === wanted.etherType && matchesPattern(granted.link, wanted.link);
}

/** A denial without a protocol or a source MAC denies all of them; one with a source MAC leaves the link's own. */
function frameTouches(denied: FramePermission, wanted: FramePermission): boolean {
  const isProtocol = denied.ipProtocol === undefined || wanted.ipProtocol === undefined || denied.ipProtocol === wanted.ipProtocol;
  const isSource = denied.sourceMac === undefined || (wanted.sourceMac !== undefined && matchesMac(denied.sourceMac, wanted.sourceMac));
  return isProtocol && isSource && denied.etherType === wanted.etherType && matchesPattern(denied.link, wanted.link);
}

/** As `frameTouches`; a denial of one protocol or source of many leaves the others. */
function frameDeprives(denied: FramePermission, wanted: FramePermission): boolean {
  const isProtocol = denied.ipProtocol === undefined || denied.ipProtocol === wanted.ipProtocol;
  return isProtocol && frameTouches(denied, wanted);
}

/** To bind the unspecified address is to bind every one, so one that is denied is enough. */
function hostDeprives(denied: HostScope, wanted: HostScope): boolean {
  return hostCovers(denied, wanted) || (isUnspecified(wanted) && hostTouches(denied, wanted));
}

function matchesMac(pattern: string | undefined, mac: string): boolean {
  return pattern !== undefined && matchesPattern(pattern.toLowerCase(), mac.toLowerCase());
}

/** `*` stands for any run of characters. */
function matchesPattern(pattern: string, text: string): boolean {
  const parts = pattern.split("*");
  if (parts.length === 1) return pattern === text;
  const [first = "", ...rest] = parts;
  const last = rest.pop() ?? "";
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length) return false;
  let at = first.length;
  for (const part of rest) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return at <= text.length - last.length;
}

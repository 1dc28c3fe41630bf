/**
 * Which permission covers which. Scopes are matched here, in `host-scope.ts` and in `origin-scope.ts`, and nowhere else.
 */

import type { Permission } from "../../announcer.ts";
import { type HostScope, hostCovers, hostTouches, isUnspecified, parseHostScope } from "./host-scope.ts";
import { type OriginScope, originCovers, originTouches, parseOriginScope } from "./origin-scope.ts";

type FramePermission = Permission & { kind: "frame" };
type Matcher = (wanted: Permission) => boolean;

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
      return (wanted) => wanted.kind === "frame" && match.frame(given, wanted);
    case "sys":
      return (wanted) => wanted.kind === "sys" && matchesPattern(given.fact, wanted.fact);
    case "secret":
      return (wanted) => wanted.kind === "secret" && matchesPattern(given.name, wanted.name);
    case "service":
      return (wanted) => wanted.kind === "service" && matchesPattern(given.annotation, wanted.annotation);
    case "fetch": {
      const scope = readOrigin(given);
      return (wanted) => wanted.kind === "fetch" && match.origin(scope, readOrigin(wanted));
    }
    case "net":
    case "listen":
    case "udp":
    case "liveness": {
      const scope = readHost(given);
      return (wanted) => wanted.kind === given.kind && match.host(scope, readHost(wanted));
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

/**
 * What a plugin may do. A grant is a permission that the operator gave; using one that is not there throws NotCapable with
 * the flag and the YAML that would give it. A denial wins over every grant.
 *
 * Scopes are matched here, in `host-scope.ts` and in `origin-scope.ts`, and nowhere else.
 */

import { NotCapable, type Permission } from "../../announcer.ts";
import { type HostScope, hostCovers, hostTouches, parseHostScope } from "./host-scope.ts";
import { type OriginScope, originCovers, originTouches, parseOriginScope } from "./origin-scope.ts";
import { grantHint, quotedScope } from "./scope-text.ts";

type FramePermission = Permission & { kind: "frame" };
type Matcher = (wanted: Permission) => boolean;
/** Hears every use of a permission, granted or not. */
export type Audit = (permission: Permission, isAllowed: boolean) => void;

export class Grants {
  readonly #plugin: string;
  #allow: readonly Matcher[];
  readonly #deny: readonly Matcher[];
  readonly #audit: Audit;

  /** Throws where a scope cannot be read, before anything is decided by it. */
  constructor(plugin: string, allow: readonly Permission[], deny: readonly Permission[] = [], audit: Audit = () => {}) {
    this.#plugin = plugin;
    this.#allow = readAllowed(allow);
    this.#audit = audit;
    this.#deny = deny.map((denied) => matcher(denied, { frame: frameTouches, host: hostTouches, origin: originTouches }));
  }

  /** Allows this from now on, and nothing else; gives what takes that back. Throws where a scope cannot be read: nothing has changed then. */
  replace(allow: readonly Permission[]): () => void {
    const before = this.#allow;
    this.#allow = readAllowed(allow);
    return () => {
      this.#allow = before;
    };
  }

  allows(wanted: Permission): boolean {
    return !this.#denies(wanted) && this.#allow.some((matches) => matches(wanted));
  }

  /** Throws NotCapable where the permission was not granted. */
  demand(wanted: Permission): void {
    const isAllowed = this.allows(wanted);
    this.#audit(wanted, isAllowed);
    if (isAllowed) return;
    const what = `Plugin ${this.#plugin} may not use ${wanted.kind} ${quotedScope(wanted)}`;
    const why = this.#denies(wanted) ? "it was denied" : grantHint(this.#plugin, wanted);
    throw new NotCapable(this.#plugin, wanted, `${what}; ${why}`);
  }

  #denies(wanted: Permission): boolean {
    return this.#deny.some((matches) => matches(wanted));
  }
}

interface Match {
  frame(given: FramePermission, wanted: FramePermission): boolean;
  host(given: HostScope, wanted: HostScope): boolean;
  origin(given: OriginScope, wanted: OriginScope): boolean;
}

function readAllowed(allow: readonly Permission[]): readonly Matcher[] {
  return allow.map((granted) => matcher(granted, { frame: frameCovers, host: hostCovers, origin: originCovers }));
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

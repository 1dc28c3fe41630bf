/**
 * The scope of `fetch`: `https://api.example.com`, `http://192.0.2.1:8080`, `https://*.example.com`. A missing port is the scheme's own;
 * `*.` stands for one label or more, never for none.
 *
 * Origins are compared as the URL standard reads them, and addresses as numbers, so no grant and no denial can be got around by
 * spelling: case, a default port, a dot at the end, `0x7f.1` for 127.0.0.1, an IPv4-mapped IPv6 address.
 */

import { formatAddress, parseAddress } from "../../rules/addresses.ts";

export interface OriginScope {
  readonly scheme: "http" | "https";
  /** Canonical: a name in lower case (punycode), an IPv4 address, or an IPv6 address in brackets. */
  readonly host: string;
  readonly port: number;
  /** Any name below `host`, and not `host` itself. */
  readonly isBelow: boolean;
}

const FORM = /^(https?):\/\/(\*\.)?([^\s/\\?#@*]+)$/i;
const DEFAULT_PORTS = { http: 80, https: 443 } as const;

/** Undefined where the text is no such scope. */
export function parseOriginScope(text: string): OriginScope | undefined {
  const [, scheme = "", wildcard, host] = FORM.exec(text) ?? [];
  if (host === undefined) return undefined;
  const url = parseUrl(`${scheme}://${host}`);
  const origin = url && originOf(url);
  if (origin === undefined || wildcard === undefined) return origin;
  return isAddress(origin.host) ? undefined : { ...origin, isBelow: true };
}

/** The origin of a URL; undefined where it is not one of HTTP. */
export function originOf(url: URL): OriginScope | undefined {
  const scheme = url.protocol.slice(0, -1);
  const host = canonicalHost(url.hostname);
  if ((scheme !== "http" && scheme !== "https") || host === "" || host.includes("*")) return undefined;
  return { scheme, host, port: url.port === "" ? DEFAULT_PORTS[scheme] : Number(url.port), isBelow: false };
}

/** As a grant writes it: without a default port. */
export function originText({ scheme, host, port, isBelow }: OriginScope): string {
  return `${scheme}://${isBelow ? "*." : ""}${host}${port === DEFAULT_PORTS[scheme] ? "" : `:${port}`}`;
}

/** Every origin of `wanted` is granted. */
export function originCovers(granted: OriginScope, wanted: OriginScope): boolean {
  if (granted.scheme !== wanted.scheme || granted.port !== wanted.port) return false;
  if (granted.host === wanted.host) return granted.isBelow === wanted.isBelow;
  return granted.isBelow && wanted.host.endsWith(`.${granted.host}`);
}

/** Some origin of `wanted` is denied. */
export function originTouches(denied: OriginScope, wanted: OriginScope): boolean {
  return originCovers(denied, wanted) || originCovers(wanted, denied);
}

/** Whether a canonical host is an address, not a name. */
export function isAddress(host: string): boolean {
  return host.startsWith("[") || parseAddress(host) !== undefined;
}

export function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function canonicalHost(hostname: string): string {
  if (!hostname.startsWith("[")) return hostname.replace(/\.$/, "");
  const address = parseAddress(hostname.slice(1, -1));
  if (address === undefined) return "";
  return address.family === 6 ? `[${formatAddress(address)}]` : formatAddress(address);
}

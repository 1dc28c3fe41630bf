/**
 * What a plugin may do. A grant is a permission that the operator gave; using one that is not there throws NotCapable with
 * the flag and the YAML that would give it.
 *
 * Scopes are matched here and nowhere else: names with `*`, hosts as `host:port` where host is an address, a CIDR or a name.
 */

import { NotCapable, type Permission } from "../announcer.ts";
import { parseBlocks } from "../rules/blocks.ts";
import { parseAddress } from "../rules/addresses.ts";

export class Grants {
  readonly #plugin: string;
  readonly #granted: readonly Permission[];

  constructor(plugin: string, granted: readonly Permission[]) {
    this.#plugin = plugin;
    this.#granted = granted;
  }

  allows(wanted: Permission): boolean {
    return this.#granted.some((granted) => covers(granted, wanted));
  }

  /** Throws NotCapable where the permission was not granted. */
  demand(wanted: Permission): void {
    if (this.allows(wanted)) return;
    const flag = `--allow-${wanted.kind}=${scopeText(wanted)}`;
    const yaml = `{ plugin: ${this.#plugin}, allow: { ${wanted.kind}: ["${scopeText(wanted)}"] } }`;
    throw new NotCapable(this.#plugin, wanted, `Plugin ${this.#plugin} may not use ${wanted.kind} "${scopeText(wanted)}"; run again with ${flag}, or grant ${yaml}`);
  }
}

/** `eth0/0x0806`, `192.0.2.1:179`, `hostname`: a permission's scope as flags and YAML write it. */
export function scopeText(permission: Permission): string {
  switch (permission.kind) {
    case "frame": {
      const type = `${permission.link}/0x${permission.etherType.toString(16).padStart(4, "0")}`;
      return permission.ipProtocol === undefined ? type : `${type}/${permission.ipProtocol}`;
    }
    case "net":
    case "listen":
    case "udp":
      return permission.host;
    case "sys":
      return permission.fact;
    default:
      return permission satisfies never;
  }
}

function covers(granted: Permission, wanted: Permission): boolean {
  if (granted.kind === "frame" && wanted.kind === "frame") {
    const isProtocol = granted.ipProtocol === undefined || granted.ipProtocol === wanted.ipProtocol;
    const isSource = wanted.sourceMac === undefined || matches(granted.sourceMac ?? "", wanted.sourceMac);
    return isProtocol && isSource && granted.etherType === wanted.etherType && matches(granted.link, wanted.link);
  }
  if (granted.kind === "sys" && wanted.kind === "sys") return matches(granted.fact, wanted.fact);
  if (granted.kind === "frame" || granted.kind === "sys" || wanted.kind === "frame" || wanted.kind === "sys") return false;
  return granted.kind === wanted.kind && hostCovers(granted.host, wanted.host);
}

/** `*` stands for any run of characters. */
export function matches(pattern: string, text: string): boolean {
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

function hostCovers(granted: string, wanted: string): boolean {
  const [grantedHost, grantedPort] = splitPort(granted);
  const [wantedHost, wantedPort] = splitPort(wanted);
  if (grantedPort !== "*" && grantedPort !== wantedPort) return false;
  if (grantedHost === "*" || grantedHost === wantedHost) return true;
  const address = parseAddress(wantedHost);
  if (address === undefined || !grantedHost.includes("/")) return false;
  const parsed = parseBlocks(grantedHost);
  return parsed.ok && parsed.value.some(({ family, first, last }) => family === address.family && first <= address.value && address.value <= last);
}

/** `[2001:db8::1]:179` → `2001:db8::1`, `179`; no port is any port. */
function splitPort(host: string): [host: string, port: string] {
  const bracketed = /^\[(.+)\](?::(.+))?$/.exec(host);
  if (bracketed !== null) return [bracketed[1] as string, bracketed[2] ?? "*"];
  const colon = host.lastIndexOf(":");
  if (colon < 0 || host.indexOf(":") !== colon) return [host, "*"];
  return [host.slice(0, colon), host.slice(colon + 1)];
}

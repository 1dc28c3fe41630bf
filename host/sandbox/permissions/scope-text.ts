/** A permission's scope as flags, YAML and messages write it; `parse-scope.ts` reads it. */

import type { Permission } from "../../announcer.ts";
import { visible } from "../../observe/log.ts";

/** `eth0/0x0806`, `eth0/0x0800/112@00:00:5e:00:01:*`, `192.0.2.1:179`, `https://api.example.com`, `hostname`. */
export function scopeText(permission: Permission): string {
  switch (permission.kind) {
    case "frame": {
      const { link, etherType, ipProtocol, sourceMac } = permission;
      const protocol = ipProtocol === undefined ? "" : `/${ipProtocol}`;
      return `${link}/0x${etherType.toString(16).padStart(4, "0")}${protocol}${sourceMac === undefined ? "" : `@${sourceMac}`}`;
    }
    case "net":
    case "listen":
    case "udp":
    case "liveness":
      return permission.host;
    case "secret":
      return permission.name;
    case "fetch":
      return permission.origin;
    case "service":
      return permission.annotation;
    case "sys":
      return permission.fact;
    default:
      return permission satisfies never;
  }
}

/** Safe to print: a scope may come from a plugin that wants the reader to see something else. */
export function quotedScope(permission: Permission): string {
  return JSON.stringify(visible(scopeText(permission)));
}

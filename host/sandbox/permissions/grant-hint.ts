/** What to type and what to write so that a plugin gets a permission: quoted for the shell and for YAML, whatever a plugin asked for. */

import type { Permission } from "../../announcer.ts";
import { visible } from "../../observe/log.ts";
import { quotedScope, scopeText } from "./scope-text.ts";

/** Who is to be granted something, and where Herald runs. */
export interface Grantee {
  readonly plugin: string;
  /** What a grant holds for: this content, or in development whatever is at this path. Absent in a cluster, where the resource has it. */
  readonly binding?: Binding;
  readonly isInCluster?: boolean;
}

export type Binding = { readonly pin: string } | { readonly path: string };

/** `run again with --allow-net=192.0.2.1:179, or grant { plugin: vrrp, pin: sha256-…, allow: { net: ["192.0.2.1:179"] } }`. */
export function grantHint({ plugin, binding, isInCluster }: Grantee, permissions: readonly Permission[]): string {
  if (isInCluster) return `add to spec.grants of Plugin ${plugin}: ${permissions.map(resourceItem).join(", ")}`;
  const line = `grant ${grantsLine(plugin, binding, "allow", permissions)}`;
  const flags = permissions.map((permission) => flagWord("allow", permission));
  return flags.includes(undefined) ? line : `run again with ${flags.join(" ")}, or ${line}`;
}

/** A flag, ready for the shell. Undefined where the scope has a comma, which would end it. */
export function flagWord(verb: "allow" | "deny", permission: Permission): string | undefined {
  const flag = `--${verb}-${permission.kind}=${visible(scopeText(permission))}`;
  if (flag.includes(",")) return undefined;
  return /^[\w./:@=-]+$/.test(flag) ? flag : `'${flag.replaceAll("'", `'\\''`)}'`;
}

/** An entry of a grants file, in one line. */
export function grantsLine(
  plugin: string,
  binding: Binding | undefined,
  verb: "allow" | "deny",
  permissions: readonly Permission[],
): string {
  const bound = Object.entries(binding ?? {}).map(([key, value]) => `, ${key}: ${key === "pin" ? value : JSON.stringify(visible(value))}`);
  const kinds = [...new Set(permissions.map(({ kind }) => kind))].map((kind) => {
    const scopes = permissions.filter((permission) => permission.kind === kind).map(quotedScope);
    return `${kind}: [${scopes.join(", ")}]`;
  });
  return `{ plugin: ${plugin}${bound.join("")}, ${verb}: { ${kinds.join(", ")} } }`;
}

/** An entry of `spec.grants` of a `Plugin` resource, as JSON has its numbers. */
export function resourceItem(permission: Permission): string {
  const fields = Object.entries(permission).map(([key, value]) => {
    const isPlain = typeof value === "number" || key === "kind";
    return `${key}: ${isPlain ? value : JSON.stringify(visible(String(value)))}`;
  });
  return `{ ${fields.join(", ")} }`;
}

/** Flags of the commands that run plugins: which ones, what they may do, and how they are kept apart. */

import { resolve } from "node:path";
import type { Log, PluginDefinition } from "../announcer.ts";
import type { MorePlugins } from "../roles/speaker-plugins.ts";
import { UsageError } from "./command.ts";
import { type PermissionChoice, permissionFlags, permissionHelp, readPermissionFlags } from "./permission-flags.ts";
import { oneOf } from "./role.ts";

export const pluginFlags = {
  plugin: { type: "string", multiple: true },
  lock: { type: "string" },
  frozen: { type: "boolean" },
  cache: { type: "string" },
  isolation: { type: "string" },
  ...permissionFlags,
} as const;

/** Of a command's help, lines for `pluginFlags`. */
export const pluginHelp = `  --plugin PLUGIN      have this plugin too; repeat the flag for several. One that
                       comes with Herald by its name, any other by its place:
                       ./vrrp.ts, a folder, ./vrrp-1.2.0.tgz, @acme/vrrp@1.2.0
                       or a URL, of which herald plugin install has fetched them
${permissionHelp}  --lock FILE          pins of the plugins (default: ./herald.lock)
  --frozen             load only what is pinned there, or by a Plugin resource
  --cache DIR          what herald plugin install has fetched (default: as there)
  --isolation MODE     process (default): each plugin in a process of its own; or
                       cell: all in one, for small boards
`;

export interface PluginFlags {
  readonly plugin?: readonly string[];
  readonly lock?: string;
  readonly frozen?: boolean;
  readonly cache?: string;
  readonly isolation?: string;
}

/** As flags say, and as is right for where the command runs. */
export interface PluginFlagChoice extends PermissionChoice {
  readonly named: readonly string[];
  readonly lock: string;
  readonly isFrozen: boolean;
  readonly cache: string | undefined;
  readonly mode: "process" | "cell";
  /** Nobody sits there, nothing is taken over unseen, and no plugin runs as Herald's own user. */
  readonly isInCluster: boolean;
}

/** Throws UsageError. */
export function readPluginFlags(values: PluginFlags & Parameters<typeof readPermissionFlags>[0], isInCluster: boolean): PluginFlagChoice {
  const { plugin = [], lock = "herald.lock", frozen = false, cache, isolation = "process" } = values;
  if (plugin.includes("")) throw new UsageError("Flag --plugin names nothing: expected a name, a path, a package or a URL");
  const permissions = readPermissionFlags(values);
  return {
    ...permissions,
    ...{ named: plugin, lock: resolve(lock), isFrozen: frozen || isInCluster, cache, isInCluster },
    mayPrompt: permissions.mayPrompt && !isInCluster,
    mode: oneOf("isolation", isolation, ["process", "cell"] as const),
  };
}

/** What a speaker needs to have plugins. `close` ends what they ran in; after the speaker. */
export async function openPlugins(
  choice: PluginFlagChoice,
  optional: readonly PluginDefinition[],
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<MorePlugins & { close(): Promise<void> }> {
  const { Cells } = await import("../sandbox/cell/cells.ts");
  const { openForeignPlugin } = await import("../sandbox/foreign-plugin.ts");
  const { Operator } = await import("../sandbox/permissions/operator.ts");
  const { openPrompt } = await import("../sandbox/permissions/terminal-prompt.ts");
  const { openAuditLog } = await import("../observe/audit-log.ts");
  const { machineClock } = await import("../sandbox/powers/clock.ts");
  const { pluginLoader } = await import("../roles/load-plugins.ts");
  const { readGrantsFile } = await import("../sandbox/permissions/grants-file.ts");
  const { named, allow, deny, grants, mayPrompt, audit, lock, isFrozen, cache, mode, isInCluster } = choice;
  // A mistake in it is told before anything runs; later ones leave what was granted.
  if (grants !== undefined) readGrantsFile(grants);
  const cells = new Cells({ log, mode, demandOwnUid: isInCluster });
  const auditLog = audit === undefined ? undefined : openAuditLog(audit, log, machineClock);
  const from = { lock, frozen: isFrozen, warn: (line: string) => log.warn(line), ...(cache === undefined ? {} : { cache }) };
  return {
    optional,
    named,
    load: pluginLoader({ from, open: (bundle) => openForeignPlugin(bundle, cells) }),
    permissions: (resource) => ({
      operator: new Operator({
        ...{ flags: { allow, deny, plugins: new Set(named) }, grantsFile: grants, resource, isInCluster, log },
        prompt: mayPrompt ? openPrompt({ signal }) : undefined,
      }),
      ...(auditLog === undefined ? {} : { audit: auditLog.note }),
    }),
    async close() {
      await cells.close();
      await auditLog?.close();
    },
  };
}

/** From what a plugin asks for, with its config of the moment, to the grants that it runs with. */

import type { Log, Permission } from "../../announcer.ts";
import { createCheck } from "../check-config.ts";
import type { HostedPlugin } from "../hosted.ts";
import { NeedsChange } from "../needs-change.ts";
import { withinTime } from "../within-time.ts";
import type { GrantDecision } from "./decide-grants.ts";
import { Grants } from "./grants.ts";
import { type Asking, Operator } from "./operator.ts";
import { quotedScope } from "./scope-text.ts";

const PERMISSIONS_TIMEOUT_MS = 10_000;

export interface GrantsHost {
  /** Default: Herald's own have what they ask for, others nothing. */
  readonly operator?: Pick<Operator, "decide" | "hint"> | undefined;
  /** Hears every use of a permission, granted or not. */
  readonly audit?: ((plugin: string, permission: Permission, isAllowed: boolean, origin: UseOrigin) => void) | undefined;
}

export interface UseOrigin {
  /** Of a plugin that is not Herald's own. */
  readonly pin?: string;
  /** Where the grant or the denial comes from: `--allow-net`, `built-in`; empty: nobody granted it. */
  readonly via: string;
}

export interface PluginGrants {
  /** What it asked for at its start. */
  readonly asked: readonly Permission[];
  readonly grants: Grants;
  /** Grants what another config asks for, and gives what takes that back. Rejects where that config is wrong, or something is not granted. */
  renew(config: unknown): Promise<() => void>;
}

/** Rejects where the config does not fit its schema, or something that is asked for is not granted: all of it at once. */
export async function openGrants<Config>(plugin: HostedPlugin<Config>, config: Config, host: GrantsHost, log: Log): Promise<PluginGrants> {
  const { name, foreign } = plugin;
  const { operator = new Operator() } = host;
  const asking: Asking = { name, foreign };
  const decide = async (asked: readonly Permission[]): Promise<GrantDecision> => {
    const decision = await operator.decide(asking, asked);
    const denied = decision.denied.map((permission) => `${permission.kind} ${quotedScope(permission)}`);
    if (denied.length > 0) log.warn("Plugin runs without what was denied", { denied });
    return decision;
  };
  const asked = await askPermissions(plugin, config);
  const { granted, deny, via } = await decide(asked);
  const origin = foreign === undefined ? {} : { pin: foreign.pin };
  const grants = new Grants(name, granted, deny, {
    via,
    audit: (permission, isAllowed, from) => host.audit?.(name, permission, isAllowed, { ...origin, via: from }),
    hint: (permission) => operator.hint(asking, permission),
  });
  const renew = async (next: unknown): Promise<() => void> => {
    const decision = await decide(await askPermissions(plugin, next as Config));
    return grants.replace(decision.granted, decision);
  };
  return { asked, grants, renew };
}

/** Only a config that fits its schema is shown to the plugin's code. */
async function askPermissions<Config>(plugin: HostedPlugin<Config>, config: Config): Promise<readonly Permission[]> {
  const problems = createCheck(`plugin ${plugin.name}`, plugin.config)(config);
  const lines = problems.map(({ path, found, expected }) => `config${path === "" ? "" : ` ${path}`}: found ${found}, expected ${expected}`);
  if (lines.length > 0) throw new NeedsChange(lines.join("; "));
  return withinTime("permissions", PERMISSIONS_TIMEOUT_MS, async () => plugin.permissions(config));
}

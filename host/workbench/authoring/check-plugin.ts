/**
 * `herald plugin check`: what a plugin is and asks for, and all that is wrong with it, at once. Its code is loaded where a speaker would load it, in
 * a process of its own with nothing lent, so a stranger's may be looked at, too.
 */

import { resolve } from "node:path";
import type { Log, Permission } from "../../announcer.ts";
import { type ProgramFacts, readProgramFacts } from "../../packets/program-facts.ts";
import type { HostedPlugin, Manifest, PluginBundle } from "../../sandbox/hosted.ts";
import { flagWord, grantsLine, resourceItem } from "../../sandbox/permissions/grant-hint.ts";
import { loadBundle } from "../../sandbox/source/load-bundle.ts";
import { checkTypes, type TypeCheck } from "./check-types.ts";
import { apart } from "./open-apart.ts";

export interface CheckedPlugin {
  readonly pin?: string;
  readonly plugin?: Pick<Manifest, "name" | "api" | "from" | "serves" | "program" | "example">;
  /** What it asks for with its example. */
  readonly permissions: readonly Permission[];
  /** How that is granted: for a command line, for the grants file, and for `spec.grants` of a `Plugin`. */
  readonly flags: readonly string[];
  readonly grants?: string;
  readonly resource: readonly string[];
  readonly program?: ProgramFacts;
  readonly types: TypeCheck;
  /** Empty: all is well. */
  readonly problems: readonly string[];
}

/** `folder`: where its `node_modules` and `tsconfig.json` are. */
export async function checkPlugin(path: string, folder: string, log: Log): Promise<CheckedPlugin> {
  const problems: string[] = [];
  const note = (error: Error): undefined => void problems.push(error.message);
  const types = checkTypes(folder);
  problems.push(...types.problems);
  const bundle = await loadBundle(resolve(path)).catch(note);
  const plugin = bundle && (await apart(bundle, log)().catch(note));
  try {
    const permissions = (await plugin?.permissions(plugin.example)) ?? [];
    const program = bundle && plugin && attempt(() => factsOf(plugin, bundle), note);
    const flags = permissions.flatMap((permission) => flagWord("allow", permission) ?? []);
    return {
      ...(bundle && { pin: bundle.pin }),
      ...(plugin && { plugin: publicPart(plugin) }),
      ...(plugin && permissions.length > 0 && { grants: grantsLine(plugin.name, { path: resolve(path) }, "allow", permissions) }),
      ...(program && { program }),
      ...{ permissions, flags, resource: permissions.map(resourceItem), types, problems },
    };
  } finally {
    await plugin?.foreign?.close();
  }
}

function publicPart({ name, api, from, serves, program, example }: HostedPlugin): NonNullable<CheckedPlugin["plugin"]> {
  return { name, api, from, serves, example, ...(program === undefined ? {} : { program }) };
}

function factsOf({ program }: Manifest, { programs }: PluginBundle): ProgramFacts | undefined {
  const bytes = program === undefined ? undefined : programs.get(program);
  return bytes && readProgramFacts(bytes);
}

function attempt<Result>(call: () => Result, note: (error: Error) => undefined): Result | undefined {
  try {
    return call();
  } catch (error) {
    return note(error as Error);
  }
}

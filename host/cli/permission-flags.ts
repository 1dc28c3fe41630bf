/**
 * Flags by which an operator says what the plugins that `--plugin` names may do: `--allow-KIND=SCOPE,…` and `--deny-KIND=SCOPE,…` for each kind,
 * as often as needed. What Deno has beyond that is answered with the reason why Herald has none.
 */

import type { Permission } from "../announcer.ts";
import { isKind, KINDS, type Kind, parseScope, scopeForm } from "../sandbox/permissions/parse-scope.ts";
import { suggest, UsageError } from "./command.ts";

type Verb = "allow" | "deny";
type ScopeFlag = `${Verb}-${Kind}`;

const VERBS: readonly Verb[] = ["allow", "deny"];
const scopeFlags = Object.fromEntries(
  VERBS.flatMap((verb) => KINDS.map((kind) => [`${verb}-${kind}`, { type: "string", multiple: true }])),
) as { readonly [Flag in ScopeFlag]: { readonly type: "string"; readonly multiple: true } };

export const permissionFlags = {
  ...scopeFlags,
  grants: { type: "string" },
  "no-prompt": { type: "boolean" },
  audit: { type: "string" },
} as const;

/** Of a command's help, lines for `permissionFlags`. */
export const permissionHelp = `  --allow-KIND=SCOPE   grant this to the plugins that --plugin names, several
                       with commas; KIND is ${KINDS.slice(0, 5).join(", ")},
                       ${KINDS.slice(5).join(", ")}
  --deny-KIND=SCOPE    deny them this, whatever grants it
  --grants FILE        grants that last, bound to the hash of what was granted
  --no-prompt          ask nobody: what is not granted stops a plugin (always so
                       where stdin and stderr are no terminal)
  --audit FILE         write uses of permissions there, as JSON lines
`;

export interface PermissionChoice {
  readonly allow: readonly Permission[];
  readonly deny: readonly Permission[];
  readonly grants: string | undefined;
  readonly mayPrompt: boolean;
  readonly audit: string | undefined;
}

/** Why there is none of what others have. */
const NEVER: Readonly<Record<string, string>> = {
  run: "a program that a plugin starts is bound by none of its permissions",
  ffi: "native code is bound by no permission",
  read: "a plugin has no files; what it needs to know comes in its config",
  write: "a plugin has no files; what it has to tell goes to its log and metrics",
  env: "what a plugin needs to know comes in its config, and passwords stay in Secrets",
  import: "whatever a plugin imports is in the bundle that was pinned; nothing is loaded later",
  all: "each permission is granted by itself",
};

const SCOPED = /^--(allow|deny)-([^=]*)(?:=([\s\S]*))?$/;

/** Before the flags are parsed: throws UsageError for a kind that there is not, for a flag without a scope, and where no plugin is named. */
export function demandScopedFlags(args: readonly string[]): void {
  const end = args.indexOf("--");
  const flags = end < 0 ? args : args.slice(0, end);
  const isNamed = flags.some((arg) => /^--plugin(?:=|$)/.test(arg));
  for (const arg of flags) {
    if (arg === "-A") throw new UsageError(`Herald has no -A: ${NEVER["all"]}`);
    const [, verb, kind = "", scope = ""] = SCOPED.exec(arg) ?? [];
    if (verb === undefined) continue;
    demandScoped(`--${verb}-`, kind, scope);
    if (!isNamed) throw new UsageError(`Flag --${verb}-${kind} counts for the plugins that --plugin names: found none`);
  }
}

function demandScoped(verb: string, kind: string, scope: string): void {
  const flag = `${verb}${kind}`;
  if (Object.hasOwn(NEVER, kind)) throw new UsageError(`Herald has no ${flag}: ${NEVER[kind]}`);
  if (!isKind(kind)) throw new UsageError(`Unknown flag ${flag}${suggest(kind, KINDS, verb)}`);
  const what = verb === "--allow-" ? "gets" : "is denied";
  if (scope === "") throw new UsageError(`Flag ${flag} needs a scope: a plugin ${what} what is named, as in ${flag}=${example(kind)}`);
}

/** Throws UsageError with every scope that cannot be read. */
export function readPermissionFlags(
  values: {
    readonly [Flag in ScopeFlag]?: readonly string[];
  } & { readonly grants?: string; readonly "no-prompt"?: boolean; readonly audit?: string },
): PermissionChoice {
  const problems: string[] = [];
  const read = (verb: Verb): Permission[] =>
    KINDS.flatMap((kind) =>
      (values[`${verb}-${kind}`] ?? []).flatMap((texts) =>
        texts.split(",").flatMap((text) => {
          try {
            return [parseScope(kind, text)];
          } catch (error) {
            problems.push((error as Error).message);
            return [];
          }
        }),
      ),
    );
  const lists = { allow: read("allow"), deny: read("deny") };
  if (problems.length > 0) throw new UsageError(problems.join("; "));
  return { ...lists, grants: values.grants, mayPrompt: !(values["no-prompt"] ?? false), audit: values.audit };
}

/** The first of the examples. */
function example(kind: Kind): string {
  return scopeForm(kind).split(": ").at(-1)?.split(",")[0] ?? "";
}

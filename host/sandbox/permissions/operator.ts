/**
 * The operator, as plugins meet one: what was said about permissions on the command line, in the grants file, by `Plugin` resources and, where
 * somebody sits at a terminal, by answers. Every start of a plugin asks anew, and the file is read anew, so that an edit counts from then on.
 *
 *   what a plugin asks for ─┐
 *   flags                   │
 *   grants file             ├─► `decide-grants.ts` ─► `grants.ts` ─► demanded at each use ─► audit log
 *   `Plugin` resource       │          │ missing
 *   answers                 ┘          └─► `terminal-prompt.ts`, or NotGranted with all of it
 *
 * Text is read and written at the edge alone (`parse-scope.ts`, `scope-text.ts`, `grant-hint.ts`); inside there are `Permission` objects, which
 * `match-permission.ts` compares.
 */

import { type Log, NotCapable, type Permission } from "../../announcer.ts";
import { appendGrant } from "./append-grant.ts";
import {
  type Applicant,
  allDenied,
  decideGrants,
  type GrantDecision,
  type GrantSources,
  type Lists,
  localPath,
  type Missing,
} from "./decide-grants.ts";
import { type Binding, type Grantee, grantHint, resourceItem } from "./grant-hint.ts";
import { type FileGrant, readGrantsFile } from "./grants-file.ts";
import { quotedScope } from "./scope-text.ts";

export interface OperatorOptions {
  /** Of one command line, for the plugins that it names: a built-in by its name, another by its specifier. */
  readonly flags?: Lists & { readonly plugins: ReadonlySet<string> };
  readonly grantsFile?: string | undefined;
  /** What grants are for that are still to be written: this content, or in development whatever is at the path. Default: `pin`. */
  readonly bindTo?: "pin" | "path";
  /** The `Plugin` resource of that name. */
  readonly resource?: (name: string) => GrantSources["resource"];
  /** Somebody who can be asked; absent: nobody is there. */
  readonly prompt?: Prompt | undefined;
  readonly isInCluster?: boolean;
  readonly log?: Pick<Log, "warn">;
}

export interface Prompt {
  /** Resolves to what was answered, in the order of `permissions`. */
  ask(question: Question): Promise<readonly Answer[]>;
  /** Says a line to whoever answered. */
  tell(line: string): void;
}

export interface Question {
  readonly applicant: Applicant;
  readonly permissions: readonly Permission[];
  /** Where lasting answers are written; undefined: there can be none. */
  readonly grantsFile: string | undefined;
}

/** This time, from now on, not this time, never. */
export type Answer = "once" | "always" | "no" | "never";

/** What is known of a plugin by who starts it; `foreign` is absent for what is Herald's own. */
export interface Asking {
  readonly name: string;
  readonly foreign?: { readonly specifier: string; readonly pin: string } | undefined;
}

/** Thrown where a plugin asks for what nobody granted. */
export class NotGranted extends NotCapable {
  readonly missing: readonly Missing[];

  constructor(grantee: Grantee, missing: readonly Missing[]) {
    const permissions = missing.map(({ permission }) => permission);
    const what = permissions.map((permission) => `${permission.kind} ${quotedScope(permission)}`).join(", ");
    const reasons = missing.flatMap(({ why }) => (why === undefined ? [] : [`; ${why}`]));
    super(grantee.plugin, permissions[0] as Permission, `not granted: ${what}; ${grantHint(grantee, permissions)}${reasons.join("")}`);
    this.missing = missing;
  }
}

export class Operator {
  readonly #options: OperatorOptions;
  /** By name and pin, until Herald ends. */
  readonly #answers = new Map<string, { readonly allow: Permission[]; readonly deny: Permission[] }>();
  /** As it was when it could be read last. */
  #file: readonly FileGrant[] | undefined;
  /** One question at a time. */
  #asking: Promise<unknown> = Promise.resolve();

  constructor(options: OperatorOptions = {}) {
    this.#options = options;
  }

  /** Herald's own have what they ask for, minus what is denied. Rejects with NotGranted where others miss something; with what is wrong in the grants file. */
  async decide({ name, foreign }: Asking, asked: readonly Permission[]): Promise<GrantDecision> {
    if (foreign === undefined) return this.#decideOwn(name, asked);
    const applicant = { name, ...foreign };
    let decision = decideGrants(applicant, asked, this.#sources(applicant));
    if (decision.missing.length > 0 && this.#options.prompt !== undefined) {
      const turn = this.#asking.then(() => this.#ask(applicant, asked));
      this.#asking = turn.catch(() => {});
      decision = await turn;
    }
    if (decision.missing.length > 0) throw new NotGranted(this.#grantee({ name, foreign }), decision.missing);
    return decision;
  }

  /** Of a permission that a plugin uses and has not. It would have to ask for it first. */
  hint(asking: Asking, permission: Permission): string {
    const first = `it did not ask for that: add ${resourceItem(permission)} to its permissions`;
    return asking.foreign === undefined ? first : `${first}, and ${grantHint(this.#grantee(asking), [permission])}`;
  }

  #decideOwn(name: string, asked: readonly Permission[]): GrantDecision {
    const denials = allDenied({ name }, this.#sources({ name, specifier: name, pin: "" }));
    const via = new Map(asked.map((permission) => [permission, "built-in"]));
    for (const denial of denials) via.set(denial.permission, denial.via);
    return { granted: asked, deny: denials.map(({ permission }) => permission), denied: [], missing: [], via };
  }

  async #ask(applicant: Applicant, asked: readonly Permission[]): Promise<GrantDecision> {
    const { prompt, grantsFile } = this.#options;
    const { missing } = decideGrants(applicant, asked, this.#sources(applicant)); // somebody may have answered meanwhile
    const permissions = missing.map(({ permission }) => permission);
    const answers = permissions.length === 0 ? [] : ((await prompt?.ask({ applicant, permissions, grantsFile })) ?? []);
    const those = (...wanted: Answer[]) => permissions.filter((_, at) => wanted.includes(answers[at] ?? "no"));
    const known = this.#answersOf(applicant);
    known.allow.push(...those("once", "always"));
    known.deny.push(...those("no", "never"));
    if (grantsFile !== undefined) {
      const binding = this.#binding(applicant);
      const lasting = { plugin: applicant.name, binding, allow: those("always"), deny: those("never") };
      await appendGrant(grantsFile, lasting).catch((error: Error) => prompt?.tell(error.message));
    }
    return decideGrants(applicant, asked, this.#sources(applicant));
  }

  #sources(applicant: Applicant): GrantSources {
    const { flags, grantsFile, resource } = this.#options;
    const isNamed = flags?.plugins.has(applicant.specifier) ?? false;
    const sources = {
      flags: isNamed ? flags : undefined,
      file: grantsFile === undefined ? undefined : this.#readFile(grantsFile),
      resource: resource?.(applicant.name),
      answers: this.#answers.get(keyOf(applicant)),
    };
    return Object.fromEntries(Object.entries(sources).filter(([, source]) => source !== undefined)) as GrantSources;
  }

  /** A mistake in an edit takes nothing back and gives nothing. */
  #readFile(path: string): readonly FileGrant[] {
    try {
      this.#file = readGrantsFile(path);
    } catch (error) {
      if (this.#file === undefined) throw error;
      this.#options.log?.warn("Keeping the grants from before", { error: (error as Error).message });
    }
    return this.#file;
  }

  #answersOf(applicant: Applicant): { readonly allow: Permission[]; readonly deny: Permission[] } {
    const key = keyOf(applicant);
    const known = this.#answers.get(key) ?? { allow: [], deny: [] };
    this.#answers.set(key, known);
    return known;
  }

  #grantee(asking: Asking): Grantee {
    const { isInCluster = false } = this.#options;
    if (asking.foreign === undefined) return { plugin: asking.name, isInCluster };
    return { plugin: asking.name, isInCluster, binding: this.#binding({ name: asking.name, ...asking.foreign }) };
  }

  #binding({ specifier, pin }: Applicant): Binding {
    const path = this.#options.bindTo === "path" ? localPath(specifier) : undefined;
    return path === undefined ? { pin } : { path };
  }
}

function keyOf({ name, pin }: Applicant): string {
  return `${name} ${pin}`;
}

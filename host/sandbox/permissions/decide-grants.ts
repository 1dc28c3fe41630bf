/**
 * What a plugin that is not built in may do: what it asks for, all of which somebody must have granted, minus what was denied.
 *
 * What nobody granted is missing, and all of it is told at once. What was denied is not missing: the plugin runs without it, and is refused at
 * use. A grant is for the content that somebody looked at, so one for another pin is none.
 */

import type { Permission } from "../../announcer.ts";
import { readSpecifier } from "../source/specifier.ts";
import type { Binding } from "./grant-hint.ts";
import type { FileGrant } from "./grants-file.ts";
import { covering, depriving, readWanted } from "./match-permission.ts";
import { parseScope } from "./parse-scope.ts";
import { quotedScope, scopeText } from "./scope-text.ts";

export interface Lists {
  readonly allow: readonly Permission[];
  readonly deny: readonly Permission[];
}

/** All that was said about one plugin. */
export interface GrantSources {
  /** By flags of the command line that names it. */
  readonly flags?: Lists;
  /** By the grants file, of every name. */
  readonly file?: readonly FileGrant[];
  /** By its `Plugin` resource. */
  readonly resource?: { readonly pin: string; readonly allow: readonly Permission[] };
  /** By answers on the terminal, for this content. */
  readonly answers?: Lists;
}

export interface Applicant {
  readonly name: string;
  /** As the operator named it: `./vrrp.ts`, `@acme/vrrp@1.2.0`. */
  readonly specifier: string;
  readonly pin: string;
}

export interface Missing {
  readonly permission: Permission;
  /** Why a grant that looks like it does not count; undefined: there is none. */
  readonly why?: string;
}

export interface GrantDecision {
  /** Of what it asks for. */
  readonly granted: readonly Permission[];
  /** All that it may not do, whatever was granted. */
  readonly deny: readonly Permission[];
  /** Of what it asks for, what a denial leaves nothing of. */
  readonly denied: readonly Permission[];
  readonly missing: readonly Missing[];
  /** Where each of `granted` and `deny` comes from: `--allow-net`, `/etc/herald/grants.yaml:3`, `Plugin resource`, `prompt`. */
  readonly via: ReadonlyMap<Permission, string>;
}

interface Said {
  readonly permission: Permission;
  readonly via: string;
  readonly binding?: Binding;
}

/** More than a person would read. */
const MOST_ASKED = 64;

/** Throws where a permission that is asked for could not be written down by anybody, or there are too many. */
export function decideGrants(applicant: Applicant, asked: readonly Permission[], sources: GrantSources): GrantDecision {
  if (asked.length > MOST_ASKED) throw new Error(`it asks for ${asked.length} permissions, expected at most ${MOST_ASKED}`);
  // What the operator sees is what is granted, so what is granted is what was read of that.
  const wanted = asked.map((permission) => parseScope(permission.kind, scopeText(permission)));
  const allowed = allAllowed(applicant, sources);
  const denials = allDenied(applicant, sources);
  const via = new Map(denials.map((denial) => [denial.permission, denial.via]));
  const granted: Permission[] = [];
  const denied: Permission[] = [];
  const missing: Missing[] = [];
  for (const permission of wanted) {
    const read = readWanted(permission);
    if (denials.some((denial) => depriving(denial.permission)(read))) denied.push(permission);
    else {
      const offers = allowed.filter((offer) => covering(offer.permission)(read));
      const offer = offers.find(({ binding }) => counts(applicant, binding));
      if (offer === undefined) missing.push({ permission, ...whyNot(permission, applicant, offers) });
      else {
        granted.push(permission);
        via.set(permission, offer.via);
      }
    }
  }
  return { granted, deny: denials.map(({ permission }) => permission), denied, missing, via };
}

function allAllowed({ name, pin }: Applicant, { flags, file = [], resource, answers }: GrantSources): readonly Said[] {
  return [
    ...(answers?.allow ?? []).map((permission) => ({ permission, via: "prompt", binding: { pin } })),
    ...(flags?.allow ?? []).map((permission) => ({ permission, via: `--allow-${permission.kind}` })),
    ...file
      .filter(({ plugin }) => plugin === name)
      .flatMap(({ allow, place, path = "", pin: given }) =>
        allow.map((permission) => ({ permission, via: place, binding: given === undefined ? { path } : { pin: given } })),
      ),
    ...(resource?.allow ?? []).map((permission) => ({ permission, via: "Plugin resource", binding: { pin: resource?.pin ?? "" } })),
  ];
}

/** A denial holds for the name, whatever has it. */
export function allDenied({ name }: Pick<Applicant, "name">, { flags, file = [], answers }: GrantSources): readonly Said[] {
  return [
    ...(flags?.deny ?? []).map((permission) => ({ permission, via: `--deny-${permission.kind}` })),
    ...file.filter(({ plugin }) => plugin === name).flatMap(({ deny, place }) => deny.map((permission) => ({ permission, via: place }))),
    ...(answers?.deny ?? []).map((permission) => ({ permission, via: "prompt" })),
  ];
}

/** A flag is for whatever was named beside it. */
function counts({ pin, specifier }: Applicant, binding: Binding | undefined): boolean {
  if (binding === undefined) return true;
  return "pin" in binding ? binding.pin === pin : localPath(specifier) === binding.path;
}

function whyNot(permission: Permission, { specifier, pin }: Applicant, offers: readonly Said[]): { readonly why?: string } {
  const { binding, via } = offers[0] ?? {};
  if (binding === undefined) return {};
  const [to, now] = "pin" in binding ? [binding.pin, pin] : [binding.path, specifier];
  return { why: `${permission.kind} ${quotedScope(permission)} was granted by ${via} to ${to}, and this is ${now}` };
}

/** The absolute path of what lies on this machine; undefined: it is fetched, or comes with Herald. */
export function localPath(specifier: string): string | undefined {
  try {
    const place = readSpecifier(specifier, process.cwd());
    return place.kind === "path" ? place.path : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What a plugin may do. A grant is a permission that the operator gave; using one that is not there throws NotCapable, which says what is to
 * be done about it. A denial wins over every grant.
 */

import { NotCapable, type Permission, type PermissionState } from "../../announcer.ts";
import { covering, readWanted, touching, type Wanted } from "./match-permission.ts";
import { quotedScope } from "./scope-text.ts";

/** Hears every use of a permission, granted or not, and where the grant or the denial comes from. */
export type Audit = (permission: Permission, isAllowed: boolean, via: string) => void;

export interface GrantsOptions {
  readonly audit?: Audit;
  /** Where a grant or a denial comes from, in words: `--allow-net`. Default: nothing is known. */
  readonly via?: ReadonlyMap<Permission, string>;
  /** What to do about a permission that is missing. */
  readonly hint?: (permission: Permission) => string;
}

interface Given {
  readonly permission: Permission;
  readonly via: string;
  matches(wanted: Wanted): boolean;
}

const MOST_REVOKED = 100;

export class Grants {
  readonly #plugin: string;
  #allow: readonly Given[];
  #deny: readonly Given[];
  /** What the plugin gave up. */
  readonly #revoked: Given[] = [];
  readonly #options: GrantsOptions;
  readonly #listeners: (() => void)[] = [];

  /** Throws where a scope cannot be read, before anything is decided by it. */
  constructor(plugin: string, allow: readonly Permission[], deny: readonly Permission[] = [], options: GrantsOptions = {}) {
    this.#plugin = plugin;
    this.#options = options;
    this.#allow = readGiven(allow, covering, options.via);
    this.#deny = readGiven(deny, touching, options.via);
  }

  /**
   * Allows this from now on, and nothing else; gives what takes that back. Without `deny`, what was denied stays so. Throws where a scope cannot
   * be read: nothing has changed then.
   */
  replace(
    allow: readonly Permission[],
    { deny, via }: { readonly deny?: readonly Permission[] } & Pick<GrantsOptions, "via"> = {},
  ): () => void {
    const before = { allow: this.#allow, deny: this.#deny };
    const next = { allow: readGiven(allow, covering, via), deny: deny === undefined ? this.#deny : readGiven(deny, touching, via) };
    this.#use(next);
    return () => this.#use(before);
  }

  #use({ allow, deny }: { readonly allow: readonly Given[]; readonly deny: readonly Given[] }): void {
    this.#allow = allow;
    this.#deny = deny;
    for (const call of this.#listeners) call();
  }

  /** What was granted, and what was taken away, now. */
  get given(): { readonly allow: readonly Permission[]; readonly deny: readonly Permission[] } {
    const permissions = (all: readonly Given[]) => all.map(({ permission }) => permission);
    return { allow: permissions(this.#allow), deny: permissions([...this.#deny, ...this.#revoked]) };
  }

  /** Calls back when they have changed. */
  watch(call: () => void): void {
    this.#listeners.push(call);
  }

  allows(wanted: Permission): boolean {
    return this.state(wanted) === "granted";
  }

  /** Throws where the scope cannot be read. */
  state(wanted: Permission): PermissionState {
    const read = readWanted(wanted);
    if (find(this.#deny, read) !== undefined) return "denied";
    return find(this.#revoked, read) === undefined && find(this.#allow, read) !== undefined ? "granted" : "prompt";
  }

  /** Throws NotCapable where the permission was not granted. */
  demand(wanted: Permission): void {
    const read = readWanted(wanted);
    const against = this.#findAgainst(read);
    const grant = against === undefined ? find(this.#allow, read) : undefined;
    this.#options.audit?.(wanted, grant !== undefined, (against ?? grant)?.via ?? "");
    if (grant === undefined) throw this.#refusal(wanted, against);
  }

  /** Throws NotCapable where the permission was denied. For what somebody else chose under another grant: a port that was free. */
  demandNotDenied(wanted: Permission): void {
    const against = this.#findAgainst(readWanted(wanted));
    if (against === undefined) return;
    this.#options.audit?.(wanted, false, against.via);
    throw this.#refusal(wanted, against);
  }

  /** Allows nothing any more that this touches. Throws where the scope cannot be read, or there were too many. */
  revoke(given: Permission): void {
    if (this.#revoked.length >= MOST_REVOKED) throw new Error(`Cannot revoke more than ${MOST_REVOKED} permissions`);
    this.#revoked.push({ permission: given, via: "revoke", matches: touching(given) });
    for (const call of this.#listeners) call();
  }

  #findAgainst(wanted: Wanted): Given | undefined {
    return find(this.#deny, wanted) ?? find(this.#revoked, wanted);
  }

  #refusal(wanted: Permission, against: Given | undefined): NotCapable {
    const what = `Plugin ${this.#plugin} may not use ${wanted.kind} ${quotedScope(wanted)}`;
    return new NotCapable(this.#plugin, wanted, `${what}; ${this.#whyNot(wanted, against)}`);
  }

  #whyNot(wanted: Permission, against: Given | undefined): string {
    if (against?.via === "revoke") return "the plugin has revoked it";
    if (against !== undefined) return against.via === "" ? "it was denied" : `it was denied by ${against.via}`;
    return this.#options.hint?.(wanted) ?? "it did not ask for that";
  }
}

function readGiven(
  permissions: readonly Permission[],
  read: (permission: Permission) => Given["matches"],
  via: ReadonlyMap<Permission, string> | undefined,
): readonly Given[] {
  return permissions.map((permission) => ({ permission, via: via?.get(permission) ?? "", matches: read(permission) }));
}

function find(all: readonly Given[], wanted: Wanted): Given | undefined {
  return all.find(({ matches }) => matches(wanted));
}

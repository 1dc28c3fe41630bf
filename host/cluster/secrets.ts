/**
 * The Secrets of a source. Passwords leave here by `get` only, for whoever opens a socket; rules see facts without them.
 *
 * Peers name a Secret by name alone, as MetalLB reads them from its own namespace. Which that is, no manifest says: of several namespaces
 * with a Secret of the name, `metallb-system` is meant, or else the first.
 */

import type { Close, SecretFact } from "../announcer.ts";
import type { SecretContent } from "./objects/project-secret.ts";

const USUAL_NAMESPACE = "metallb-system/";

interface Kept {
  readonly content: SecretContent;
  readonly revision: string;
}

export class ClusterSecrets {
  /** By `namespace/name`. */
  readonly #secrets = new Map<string, Kept>();
  /** By name. */
  #chosen: ReadonlyMap<string, Kept> = new Map();
  readonly #watchers = new Set<{ readonly name: string; readonly call: () => void }>();
  #changed = new Set<string>();
  #lastRevision = 0;

  /** Sets a Secret, or removes it; counts from `commit` on. */
  set(key: string, content: SecretContent | undefined): void {
    const before = this.#secrets.get(key)?.content;
    if (before?.type === content?.type && before?.password === content?.password) return;
    if (content === undefined) this.#secrets.delete(key);
    else this.#secrets.set(key, { content, revision: String(++this.#lastRevision) });
    this.#changed.add(key.slice(key.indexOf("/") + 1));
  }

  /** Ends a batch of changes, and calls the watchers of what changed. False: nothing did. */
  commit(): boolean {
    const changed = this.#changed;
    if (changed.size === 0) return false;
    this.#changed = new Set();
    const chosen = new Map<string, Kept>();
    for (const [key, kept] of [...this.#secrets].sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (key.startsWith(USUAL_NAMESPACE) || !chosen.has(kept.content.name)) chosen.set(kept.content.name, kept);
    }
    this.#chosen = chosen;
    for (const { name, call } of [...this.#watchers]) if (changed.has(name)) call();
    return true;
  }

  /** By name. */
  facts(): ReadonlyMap<string, SecretFact> {
    return new Map(
      Array.from(this.#chosen, ([name, { content }]) => [name, { name, type: content.type, hasPassword: content.password !== undefined }]),
    );
  }

  /** Undefined: there is no such Secret, or none with a password. A revision is a number that tells nothing of the password. */
  get(name: string): { readonly password: string; readonly revision: string } | undefined {
    const kept = this.#chosen.get(name);
    const password = kept?.content.password;
    return kept === undefined || password === undefined ? undefined : { password, revision: kept.revision };
  }

  /** Calls back after every change of what `get` gives for the name; not at once. */
  watch(name: string, call: () => void): Close {
    const watcher = { name, call };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }
}

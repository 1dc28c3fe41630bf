/** Secrets for tests. */

import type { SecretSource } from "../../sandbox/powers/secrets.ts";

export interface MemorySecrets extends SecretSource {
  /** The password from now on; undefined: there is none. */
  set(name: string, password: string | undefined): void;
  readonly watchers: number;
}

export function memorySecrets(passwords: Readonly<Record<string, string>> = {}): MemorySecrets {
  const found = new Map<string, { password: string; revision: string }>();
  const watchers = new Set<{ name: string; call: () => void }>();
  let revision = 0;
  const set = (name: string, password: string | undefined): void => {
    if (password === found.get(name)?.password) return;
    if (password === undefined) found.delete(name);
    else found.set(name, { password, revision: String(++revision) });
    for (const watcher of [...watchers]) if (watcher.name === name) watcher.call();
  };
  for (const [name, password] of Object.entries(passwords)) set(name, password);
  return {
    get: (name) => found.get(name),
    watch(name, call) {
      const watcher = { name, call };
      watchers.add(watcher);
      return () => void watchers.delete(watcher);
    },
    set,
    get watchers() {
      return watchers.size;
    },
  };
}

/** Secrets for plugins: a plugin names one, the host reads its password where a socket needs it, and the plugin learns when it changes. */

import { createHmac } from "node:crypto";
import type { Close, Secret, Secrets } from "../../announcer.ts";
import type { Opened } from "../opened.ts";
import type { Grants } from "../permissions/grants.ts";

/** Where the host's Secrets come from. Only those of type `kubernetes.io/basic-auth` with a key `password` are there. */
export interface SecretSource {
  /** Undefined: there is no such Secret, or none that can be used. */
  get(name: string): FoundSecret | undefined;
  /** Calls back after every change of what `get` gives for the name; not at once. */
  watch(name: string, call: () => void): Close;
}

export interface FoundSecret {
  readonly password: string;
  /** Differs whenever the password does, and tells nothing of it: plugins see it. */
  readonly revision: string;
}

/** A host without Secrets. */
export const noSecrets: SecretSource = { get: () => undefined, watch: () => () => {} };

export function createSecrets(grants: Grants, source: SecretSource, opened: Opened): Secrets {
  return {
    watch(name, call) {
      grants.demand({ kind: "secret", name });
      if (opened.hasEnded) return () => {};
      const revision = (): string | undefined => source.get(name)?.revision;
      let told = revision();
      const close = opened.add(
        source.watch(name, () => {
          const now = revision();
          if (opened.hasEnded || now === told) return;
          told = now;
          call(now);
        }),
      );
      call(told);
      return close;
    },
    async hmac(name, bytes) {
      const password = readPassword({ secret: name }, grants, source);
      return Uint8Array.from(createHmac("sha256", password).update(bytes).digest());
    },
  };
}

/** The password behind a handle; never in an error. A text that somebody wrote into a config needs no grant. */
export function readPassword(secret: Secret, grants: Grants, source: SecretSource): string {
  if ("text" in secret) return secret.text;
  const name = secret.secret;
  grants.demand({ kind: "secret", name });
  const found = source.get(name);
  if (found === undefined) throw new Error(`Secret ${name}: found nothing, expected type kubernetes.io/basic-auth with key password`);
  return found.password;
}

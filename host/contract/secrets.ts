/** Passwords as handles: a plugin names a Secret, the host puts its content where it is needed, and the plugin never sees it. */

import type { Close } from "../announcer.ts";

/** A password: its text, where somebody wrote it into a config, or the name of a Secret (type `kubernetes.io/basic-auth`, key `password`). */
export type Secret = { readonly text: string } | { readonly secret: string };

export interface Secrets {
  /**
   * Calls back at once and at every change with a revision that differs whenever the content does; undefined: there is no such
   * Secret, or none that can be used.
   */
  watch(name: string, call: (revision: string | undefined) => void): Close;
  /** HMAC-SHA-256 of the bytes (RFC 2104), 32 octets, keyed by the password. Rejects where the Secret was not granted or is not there. */
  hmac(name: string, bytes: Uint8Array): Promise<Uint8Array>;
}

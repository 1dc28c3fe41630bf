/** What a plugin can ask of its permissions, and give up. */

import type { Permission } from "../announcer.ts";

/** As in Deno: `prompt` is what nobody has granted, and nobody denied. Where nobody can be asked, it is refused like `denied`. */
export type PermissionState = "granted" | "prompt" | "denied";

/** Each of them rejects where the scope cannot be read. */
export interface Permissions {
  /** Of a scope that covers many, `denied` already where some of them is. */
  query(permission: Permission): Promise<PermissionState>;
  /** `granted` or `denied`, as it would be used now: a running plugin's operator is not asked. */
  request(permission: Permission): Promise<PermissionState>;
  /** Gives up whatever this touches until the plugin is started again, and resolves to the state then. What is open stays open. At most 100. */
  revoke(permission: Permission): Promise<PermissionState>;
}

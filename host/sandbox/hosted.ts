/** What the host starts: a plugin's definition, whether its code runs here or in a process of its own. */

import type { Announcer, Context, Permission, PluginDefinition } from "../announcer.ts";

/** The part of a definition that is plain data. */
export type Manifest = Omit<PluginDefinition, "permissions" | "start" | "translation" | "partners">;

/** A plugin's code as it is run, and what it was made of. */
export interface PluginBundle {
  /** What the operator named: `./vrrp.ts`, `@acme/vrrp@1.2.0`, `https://example.com/vrrp.ts`. */
  readonly specifier: string;
  /** `sha256-…` of every file that it was made of, packet programs included: equal wherever these files lie. */
  readonly pin: string;
  /** One classic script; its completion value is the entry module's namespace, with the definition as `default`. No import is left in it. */
  readonly code: string;
  /** Source map of `code` (version 3, JSON), whose sources are paths in the plugin's folder. */
  readonly map: string;
  /** Packet programs as the author wrote them, by their path beside the entry: `./vrrp.wasm`. */
  readonly programs: ReadonlyMap<string, Uint8Array>;
}

/** A definition that can be started. */
export interface HostedPlugin<Config = unknown> extends Manifest {
  permissions(config: Config): readonly Permission[] | Promise<readonly Permission[]>;
  start(context: Context, config: Config): Promise<Announcer>;
  /** Of a plugin that is not trusted; absent: built in. */
  readonly foreign?: ForeignPart;
}

/** What is known of a plugin that is not built in. */
export interface ForeignPart {
  readonly specifier: string;
  readonly pin: string;
  /** Its packet program, as the author wrote it. */
  readonly program?: Uint8Array;
  /** The process that it runs in, and how that is kept apart from Herald's: `own uid, no network`, `same uid`. */
  readonly process?: { readonly pid: number; readonly isolation: string };
  /** Calls back once for each process of it that ended without being told to, with the reason in words. */
  onLost(call: (reason: Error) => void): () => void;
  /** Ends its process; harmless twice. */
  close(): Promise<void>;
}

/**
 * For built-in plugins with resources of their own: how objects of a cluster become the plugin's config, and advertisements to plan with.
 * Of an object with problems, the last good version stays; it never blocks others.
 */

import type { Parsed } from "../rules/config.ts";
import type { Advertisement, NodeFact, Pool, Problem } from "../rules/vocabulary.ts";

export interface Translation<Config = unknown> {
  /** Reads one object, by what it says that it is: `metallb.io/v1beta2/BGPPeer`. Versions of one kind share their names. */
  readonly read: Readonly<Record<string, (object: unknown) => Parsed<unknown>>>;
  /** Everything together; pure, and asked again at every change. */
  translate(world: TranslationWorld): Translated<Config>;
}

/** Maps are in the order of their keys. */
export interface TranslationWorld {
  /** The node that the config is for; undefined in a dry run for all, and where it is none of the nodes. */
  readonly node: NodeFact | undefined;
  /** What `read` gave of a kind (`BGPPeer`), by name: of each object the last good version. */
  objects(kind: string): ReadonlyMap<string, unknown>;
  readonly pools: ReadonlyMap<string, Pool>;
  readonly nodes: ReadonlyMap<string, NodeFact>;
  readonly secrets: ReadonlyMap<string, SecretFact>;
  /** The advertisements that the last call gave. */
  readonly before: readonly Advertisement[];
}

/** A Secret without its content. */
export interface SecretFact {
  readonly name: string;
  readonly type: string;
  readonly hasPassword: boolean;
}

export interface Translated<Config = unknown> {
  readonly config: Config;
  readonly advertisements: readonly Advertisement[];
  readonly problems: readonly Problem[];
}

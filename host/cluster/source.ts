/** Where facts come from: a directory of manifests, or an API server. Either puts them into the store that it was made with. */

import type { Close } from "../announcer.ts";
import type { Problem } from "../rules/vocabulary.ts";
import type { ReflectorState } from "./api/reflector-options.ts";
import type { Translated, Translator } from "./translated.ts";

/** A problem of an object, with its place where it has one. */
export interface ObjectProblem extends Problem {
  /** Of a manifest: the path as the user named it. */
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
}

/** What is known of the watch of one kind. */
export interface WatchState extends ReflectorState {
  /** `v1/Service`. */
  readonly type: string;
}

export interface Source {
  /** What plugins make of their resources. */
  readonly translated: Translated;
  /** Has the same objects translated by these from now on; they read the same kinds. */
  setTranslators(translators: readonly Translator[]): void;
  /** Everything could be made out; else there may be objects that the store does not have. */
  isComplete(): boolean;
  /** What is wrong now. */
  problems(): readonly ObjectProblem[];
  /** Calls after each change of `problems` or `isComplete`. */
  onProblems(call: () => void): Close;
  /** Of an API server: how each kind is followed. */
  watches?(): readonly WatchState[];
  close(): void;
}

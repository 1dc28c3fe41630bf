/** What a reflector is made with, and what it tells of itself. */

import type { Log } from "../../announcer.ts";
import type { Api } from "./api.ts";
import type { ObjectSink } from "./mirror.ts";

/** What is kept in step. */
export interface Reflected {
  /** `collectionPath` of the resource, or of one namespace's part of it. */
  readonly path: string;
  readonly labelSelector?: string;
  /** Saves the other objects where the server can select by it. A server that cannot sends all: so the sink judges for itself. */
  readonly fieldSelector?: string;
  /** Its definition may not be installed: then it has no objects. */
  readonly isOptional?: boolean;
  /** It may not be ours to read: then it has no objects either. */
  readonly mayBeForbidden?: boolean;
}

export interface ReflectorState {
  /** All objects that there were have been put, once. */
  readonly isSynced: boolean;
  /** A watch is open, and nothing is missing. */
  readonly isFollowing: boolean;
  /** There is no such resource on the server, or it is not ours to read. */
  readonly isAbsent: boolean;
  readonly objects: number;
  /** When the last bytes came, as `now` counts; then, the last event and bookmark among them. */
  readonly lastByteMs: number | undefined;
  readonly lastEventMs: number | undefined;
  readonly lastBookmarkMs: number | undefined;
  /** Lists after the first. */
  readonly relists: number;
  /** Versions that the server no longer had. */
  readonly expired: number;
  /** Tries after the first. */
  readonly reconnects: number;
  /** Events and lists that made no sense. */
  readonly parseErrors: number;
  readonly sinkErrors: number;
  /** Tries in a row that went wrong; 0 while following. */
  readonly failures: number;
  /** Why the last of them did. */
  readonly lastError: string | undefined;
}

/** Milliseconds. */
export interface ReflectorTiming {
  /** The start waits a random part of this, default 0: the speakers of a whole cluster may start at once. */
  readonly stagger: number;
  /** Without a byte for so long a watch is dead; bookmarks come about once a minute. Default 90 s. */
  readonly idle: number;
  /** The same while a watch-list has not told all. Default 10 s. */
  readonly idleInList: number;
  /** For each page of a list, default 30 s. */
  readonly page: number;
  /** Between looks for a resource that is not there, default 30 s. */
  readonly absent: number;
}

export interface ReflectorOptions {
  readonly api: Api;
  readonly resource: Reflected;
  readonly sink: ObjectSink;
  readonly log: Log;
  readonly timing?: Partial<ReflectorTiming>;
  readonly random?: () => number;
  /** Default `Date.now`. */
  readonly now?: () => number;
}

export const DEFAULT_TIMING: ReflectorTiming = { stagger: 0, idle: 90_000, idleInList: 10_000, page: 30_000, absent: 30_000 };

/**
 * What the Leases of the speakers say of their nodes, and which speakers have fallen silent.
 *
 * Time is our own, and monotonic: what counts is when a renewal was seen here, never what it says about the time. A speaker is silent when
 * none was seen for half as long again as its Lease is good for (15 s of 10), and renewals of others were seen all that time, with no gap as
 * long as most of that duration. So nobody falls silent while the API server, the way to it or this process is what has failed, and everybody
 * has the full time again after that. Ours count too: they show that writes come through to us. Whoever renews again is not silent.
 *
 * Every speaker sees every renewal, hundreds a second in a large cluster: one that says nothing new costs two comparisons and makes nothing.
 */

import type { Log } from "../../../announcer.ts";
import type { SpeakerFact } from "../../../rules/vocabulary.ts";
import type { ObjectName, RawObject } from "../../api/known-objects.ts";
import { readWords, SPEAKER_KEY, type SpeakerWords } from "./speaker-words.ts";

export interface HeardSpeakersOptions {
  /** Takes what is new about a node; undefined: nothing is heard of its speaker. */
  readonly tell: (node: string, fact: SpeakerFact | undefined) => void;
  readonly log: Pick<Log, "warn">;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

/** One Lease. */
interface Heard {
  /** The annotation that `words` are read from; undefined where the last one made no sense. */
  text: string | undefined;
  words: SpeakerWords | undefined;
  renewTime: unknown;
  holder: unknown;
  durationMs: number;
  /** When that changed last, or it was first seen. */
  seenAtMs: number;
  isSilent: boolean;
}

/** What a Lease asks for is taken within these. */
const DURATION_SECONDS = { default: 10, least: 1, most: 3600 };
/** Parts of the duration: without a renewal a speaker is silent, and without any from anybody we hear nobody. */
const SILENT_AFTER = 1.5;
const DEAF_AFTER = 0.8;

export class HeardSpeakers {
  readonly #options: HeardSpeakersOptions;
  /** By the name of the Lease. */
  readonly #heard = new Map<string, Heard>();
  /** Renewals have been seen from then until then, without a gap. */
  #hearingSinceMs = Number.POSITIVE_INFINITY;
  #hearingUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: HeardSpeakersOptions) {
    this.#options = options;
  }

  /** Speakers that have a Lease and are not silent. */
  count(): number {
    let count = 0;
    for (const { isSilent } of this.#heard.values()) if (!isSilent) count++;
    return count;
  }

  put({ metadata, spec }: RawObject): void {
    const nowMs = this.#options.now();
    const { renewTime, holderIdentity, leaseDurationSeconds } = (spec ?? {}) as Readonly<Record<string, unknown>>;
    const text = (metadata["annotations"] as Readonly<Record<string, unknown>> | undefined)?.[SPEAKER_KEY];
    const known = this.#heard.get(metadata.name);
    const heard = known ?? newlyHeard(nowMs);
    const wasSilent = heard.isSilent;
    if (known === undefined) this.#heard.set(metadata.name, heard);
    else if (known.renewTime !== renewTime || known.holder !== holderIdentity) this.#renewed(known, nowMs);
    heard.renewTime = renewTime;
    heard.holder = holderIdentity;
    heard.durationMs = durationMs(leaseDurationSeconds);
    const isNews = heard.text !== text && this.#read(metadata.name, heard, text);
    if (isNews || wasSilent !== heard.isSilent) this.#tell(heard);
  }

  remove({ name }: ObjectName): void {
    const words = this.#heard.get(name)?.words;
    this.#heard.delete(name);
    if (words !== undefined) this.#options.tell(words.node, undefined);
  }

  /** Finds who has fallen silent; to be called about once a second. */
  judge(): void {
    const nowMs = this.#options.now();
    if (nowMs > this.#hearingUntilMs) return;
    for (const heard of this.#heard.values()) {
      const sinceMs = Math.max(heard.seenAtMs, this.#hearingSinceMs);
      if (heard.isSilent || nowMs - sinceMs <= SILENT_AFTER * heard.durationMs) continue;
      heard.isSilent = true;
      this.#tell(heard);
    }
  }

  #renewed(heard: Heard, nowMs: number): void {
    if (nowMs > this.#hearingUntilMs) this.#hearingSinceMs = nowMs;
    this.#hearingUntilMs = nowMs + DEAF_AFTER * heard.durationMs;
    heard.seenAtMs = nowMs;
    heard.isSilent = false;
  }

  /** What makes no sense changes nothing: the last good words stay. */
  #read(name: string, heard: Heard, text: unknown): boolean {
    const words = readWords(text, name);
    const wasReadable = heard.text !== undefined;
    heard.text = words === undefined ? undefined : (text as string);
    if (words === undefined && wasReadable) this.#options.log.warn("Cannot read what a speaker says of itself", { lease: name });
    heard.words = words ?? heard.words;
    return words !== undefined;
  }

  #tell({ words, isSilent }: Heard): void {
    if (words === undefined) return;
    const { node, links, macs, isLeaving } = words;
    this.#options.tell(node, { links, macs, isLeaving, isSilent });
  }
}

function newlyHeard(seenAtMs: number): Heard {
  return { text: "", words: undefined, renewTime: undefined, holder: undefined, durationMs: 0, seenAtMs, isSilent: false };
}

function durationMs(seconds: unknown): number {
  const { default: usual, least, most } = DURATION_SECONDS;
  return 1000 * (typeof seconds === "number" && Number.isFinite(seconds) ? Math.min(most, Math.max(least, seconds)) : usual);
}

/**
 * The Lease of this node's speaker: it says every few seconds that the speaker lives, and at once what is new about it.
 *
 * It belongs to the node, not to the process: a successor takes it over as soon as it runs, whoever has it, and says so where another
 * takes it from us. It goes with its Node. A speaker that ends stops renewing, and nothing else: without a Lease the others would know
 * nothing of this node, and take it for one that may announce.
 *
 * Nothing here ends the process, or holds anything up. While the API server is away it is tried on at the same pace.
 */

import { randomUUID } from "node:crypto";
import type { Clock, Log } from "../../../announcer.ts";
import { type Api, ApiError } from "../../api/api.ts";
import { Lease, type LeaseMetadata } from "../leader/lease.ts";
import type { OwnerReference } from "../reports/owned-object.ts";
import { findOwner } from "../reports/pod-owner.ts";
import { metadataOf, type SpeakerWords, speakerLeaseName } from "./speaker-words.ts";

export interface SpeakerLeaseOptions {
  /** For the Lease alone, so that nothing else can keep a renewal waiting. Closed with it. */
  readonly api: Api;
  /** Herald's own. */
  readonly namespace: string;
  readonly node: string;
  /** For people. */
  readonly podName?: string;
  /** How many speakers there are, as far as is known. */
  readonly speakers: () => number;
  readonly log: Pick<Log, "warn">;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly random?: () => number;
}

const DURATION_MS = 10_000;
const RENEW_MS = 3000;
/** Part of that by which it is earlier or later, so that the speakers of a cluster do not renew together. */
const JITTER = 0.1;
/** News wait so long after a write. */
const LEAST_GAP_MS = 1000;
const REQUEST_MS = 5000;
const LAST_REQUEST_MS = 2000;
/**
 * Every speaker hears every renewal, so their number grows with the square of the speakers: beyond so many, each renews less often, and
 * its Lease is good for longer. 1,000 speakers: each 30 s, for 100 s; 33 events a second to each.
 */
const SPEAKERS_AT_FULL_PACE = 100;

export class SpeakerLease {
  readonly #options: SpeakerLeaseOptions;
  readonly #lease: Lease;
  readonly #closing = new AbortController();
  #words: SpeakerWords;
  #owner: OwnerReference | undefined;
  #isOurs = false;
  /** Something was said, or is to be tried again, since the last write began. */
  #isNews = false;
  #wake: () => void = () => {};
  #trouble = "";
  /** Who had it last instead of us. */
  #rival = "";
  #running: Promise<void> = Promise.resolve();

  constructor(options: SpeakerLeaseOptions) {
    const { api, namespace, node, podName, clock } = options;
    this.#options = options;
    this.#words = { node, links: [], macs: [], isLeaving: false };
    const identity = [node, ...(podName === undefined ? [] : [podName]), randomUUID()].join("_");
    const stretch = () => this.#stretch;
    this.#lease = new Lease({
      ...{ api, namespace, name: speakerLeaseName(node), identity, clock },
      get durationMs() {
        return DURATION_MS * stretch();
      },
      metadata: () => this.#metadata(),
    });
  }

  /** Says these from now on: with the next write, which is soon where that is news. */
  say(words: Partial<Omit<SpeakerWords, "node">>): void {
    const before = JSON.stringify(metadataOf(this.#words));
    this.#words = { ...this.#words, ...words };
    if (JSON.stringify(metadataOf(this.#words)) === before) return;
    this.#isNews = true;
    this.#wake();
  }

  start(): void {
    this.#running = this.#run();
  }

  /** `isLeaving`: says so with a last write, if that goes through soon. */
  async close(isLeaving = false): Promise<void> {
    this.#closing.abort(new Error("Closed"));
    this.#wake();
    await this.#running;
    if (isLeaving) await this.#leave();
    this.#options.api.close();
  }

  get #stretch(): number {
    return Math.max(1, this.#options.speakers() / SPEAKERS_AT_FULL_PACE);
  }

  #metadata(): LeaseMetadata {
    return { ...metadataOf(this.#words), ...(this.#owner === undefined ? {} : { ownerReferences: [this.#owner] }) };
  }

  async #run(): Promise<void> {
    const { clock, random = Math.random } = this.#options;
    const isOver = () => this.#closing.signal.aborted;
    while (!isOver()) {
      const renewMs = RENEW_MS * this.#stretch * (1 - JITTER + 2 * JITTER * random());
      const renewAtMs = clock.now() + renewMs;
      this.#isNews = false;
      await this.#write();
      await this.#pause(LEAST_GAP_MS, isOver);
      await this.#pause(renewAtMs - clock.now(), () => isOver() || this.#isNews);
    }
  }

  async #write(): Promise<void> {
    const limits = { timeoutMs: REQUEST_MS, signal: this.#closing.signal };
    try {
      if (!this.#isOurs) await this.#take(limits);
      else if (!(await this.#lease.renew(limits))) this.#lost();
      this.#trouble = "";
    } catch (error) {
      this.#tell("Cannot renew the Lease", error as Error);
    }
  }

  async #take(limits: { timeoutMs: number; signal: AbortSignal }): Promise<void> {
    const { api, node } = this.#options;
    await this.#lease.look(limits);
    // Each time: one of this name may have come in place of the one that was.
    this.#owner = await findOwner(api, { apiVersion: "v1", kind: "Node", name: node });
    this.#isOurs = await this.#lease.take(limits);
    this.#isNews ||= !this.#isOurs;
  }

  /** Somebody took it, or took it away. */
  #lost(): void {
    const { holder } = this.#lease;
    if (holder !== "" && holder !== this.#rival) this.#options.log.warn("Another speaker of this node writes its Lease", { holder });
    if (holder !== "") this.#rival = holder;
    this.#isOurs = false;
    this.#isNews = true;
  }

  async #leave(): Promise<void> {
    this.say({ isLeaving: true });
    try {
      if (this.#isOurs) await this.#lease.renew({ timeoutMs: LAST_REQUEST_MS, signal: AbortSignal.timeout(LAST_REQUEST_MS) });
    } catch (error) {
      this.#options.log.warn("Cannot say by the Lease that this node leaves", { reason: (error as Error).message });
    }
  }

  /** Once, as long as it is the same. A connection that brought no answer is not asked again. */
  #tell(message: string, error: Error): void {
    const { api, log } = this.#options;
    if (this.#closing.signal.aborted) return;
    if (!(error instanceof ApiError) || error.status === 0) api.cutOff();
    if (this.#trouble !== error.message) log.warn(message, { reason: error.message });
    this.#trouble = error.message;
  }

  /** Until the time is over, or there is a reason to go on. */
  async #pause(delayMs: number, isEnough: () => boolean): Promise<void> {
    if (delayMs <= 0 || isEnough()) return;
    await new Promise<void>((resolve) => {
      const closeTimer = this.#options.clock.after(delayMs, resolve);
      this.#wake = () => {
        if (!isEnough()) return;
        closeTimer();
        resolve();
      };
    });
    this.#wake = () => {};
  }
}

/**
 * The gate that looks for other load balancers: before Herald does anything, and from then on.
 *
 * Closed at first: a speaker that begins beside MetalLB must not announce even once. It stays closed until every question has an answer. That
 * costs nothing where the API server does not answer at all, because then no Service is known either; where it answers some questions and not
 * others, it waits 20 s for those and goes on. Afterwards an error changes nothing: what is not known is as it was last, so an API server that
 * is away neither stops announcements nor starts any. A refusal (403, 404) is an answer: there is nothing to be seen.
 *
 * Every minute while open, every few seconds while closed, so that it goes on soon after the other has gone. With `takeover` it still looks
 * and tells, and closes nothing.
 *
 * Permissions it can use: list `daemonsets` (speaker) or `deployments` and `daemonsets` (controller) of `apps` in all namespaces; list
 * `ciliuml2announcementpolicies` (speaker) or `ciliumloadbalancerippools` (controller) of `cilium.io`. What it may not ask it does not find.
 */

import type { Clock, Close, Log } from "../../../announcer.ts";
import { type Api, ApiError } from "../../api/api.ts";
import type { EventSink } from "../events/events.ts";
import type { ObjectReference } from "../object-reference.ts";
import type { Finding, Gate, GatePart } from "./gate.ts";
import { findIpvs } from "./ipvs.ts";
import { type Sign, signsFor } from "./signs.ts";

export interface CoexistenceOptions {
  readonly api: Api;
  /** Whose gate it is. */
  readonly part: "controller" | "speaker";
  /** Of a speaker: whose kernel to look at. */
  readonly node?: string;
  /** That we serve; undefined: Services of none. */
  readonly lbClass?: string | undefined;
  /** `--takeover`. */
  readonly takeover?: boolean;
  /** Where findings are told, and of whom: our own pod or node. */
  readonly events?: { readonly sink: EventSink; readonly subject: ObjectReference };
  readonly log: Pick<Log, "info" | "warn">;
  readonly clock: Pick<Clock, "now" | "after">;
  /** In [0, 1), so that the speakers of a cluster do not ask together. */
  readonly random?: () => number;
  /** For tests: see `ipvs.ts`. */
  readonly settings?: string;
}

const OPEN_MS = 60_000;
const CLOSED_MS = 4_000;
const UNANSWERED_MS = 1_000;
const PATIENCE_MS = 20_000;
const REQUEST_MS = 5_000;
const EVENT_REASON = "AnotherLoadBalancer";

export class Coexistence implements Gate {
  readonly #options: CoexistenceOptions;
  readonly #signs: readonly Sign[];
  /** What each sign said last. */
  readonly #found = new Map<string, readonly Finding[]>();
  readonly #calls = new Set<() => void>();
  readonly #closing = new AbortController();
  #firstAnswerMs: number | undefined;
  #isSure = false;
  #told: readonly Finding[] = [];
  #timer: Close = () => {};

  constructor(options: CoexistenceOptions) {
    this.#options = options;
    this.#signs = signsFor(options.part, options.lbClass);
  }

  isOpen(part: GatePart): boolean {
    if (!this.#isSure) return false;
    const closing = part === "layer2" ? ["layer2", "speaker"] : [part];
    return this.#options.takeover === true || !this.#told.some(({ closes }) => closes !== undefined && closing.includes(closes));
  }

  findings(): readonly Finding[] {
    return this.#told;
  }

  onChange(call: () => void): Close {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }

  /** Begins to look; resolves after the first look, whatever came of it. */
  start(): Promise<void> {
    return this.#look();
  }

  close(): void {
    this.#closing.abort();
    this.#timer();
    this.#calls.clear();
  }

  async #look(): Promise<void> {
    const { node, clock, random = Math.random, settings } = this.#options;
    await Promise.all(this.#signs.map((sign) => this.#ask(sign)));
    if (node !== undefined) this.#found.set("IPVS", await findIpvs(node, settings));
    if (this.#closing.signal.aborted) return;
    this.#settle();
    const delayMs = !this.#isSure ? UNANSWERED_MS : this.#isAllOpen() ? OPEN_MS : CLOSED_MS;
    this.#timer = clock.after(delayMs * (0.75 + random() / 2), () => void this.#look());
  }

  async #ask({ name, request, read }: Sign): Promise<void> {
    const { api, clock } = this.#options;
    try {
      const body = await api.request({ ...request, method: "GET", timeoutMs: REQUEST_MS, signal: this.#closing.signal });
      this.#found.set(name, read(body));
    } catch (error) {
      const isRefused = error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429;
      if (!isRefused) return;
      this.#found.set(name, []);
    }
    this.#firstAnswerMs ??= clock.now();
  }

  #settle(): void {
    const wasSure = this.#isSure;
    const isAnswered = this.#signs.every(({ name }) => this.#found.has(name));
    const hasWaited = this.#firstAnswerMs !== undefined && this.#options.clock.now() - this.#firstAnswerMs >= PATIENCE_MS;
    this.#isSure ||= isAnswered || hasWaited;
    const findings = [...this.#found.values()].flat().sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    // The same object may have both of MetalLB's labels.
    const now = findings.filter((finding, at) => at === 0 || keyOf(finding) !== keyOf(findings[at - 1] as Finding));
    const before = new Set(this.#told.map(keyOf));
    const after = new Set(now.map(keyOf));
    const gone = this.#told.filter((finding) => !after.has(keyOf(finding)));
    this.#told = now;
    for (const finding of now) if (!before.has(keyOf(finding))) this.#tell(finding);
    for (const { object } of gone) this.#options.log.info("Another load balancer has gone", { object });
    if (wasSure === this.#isSure && gone.length === 0 && now.length === before.size) return;
    for (const call of [...this.#calls]) call();
  }

  #tell({ object, message, remedy, closes }: Finding): void {
    const { log, events, takeover, part } = this.#options;
    const stopped = { controller: "no address is given out", speaker: "nothing is announced", layer2: "nothing is announced by layer 2" };
    const consequence = closes === undefined ? "Herald goes on" : takeover ? "Herald goes on, since it takes over" : stopped[closes];
    log.warn(`${message}; ${consequence}`, { object, remedy, part });
    const note = `${message} (${object}); ${consequence}. Remedy: ${remedy}`;
    events?.sink.record({ object: events.subject, type: "Warning", reason: EVENT_REASON, message: note });
  }

  #isAllOpen(): boolean {
    return this.isOpen(this.#options.part) && this.isOpen("layer2");
  }
}

function keyOf({ reason, object, closes }: Finding): string {
  return `${reason} ${object} ${closes}`;
}

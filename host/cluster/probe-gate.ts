/**
 * What is known of addresses that are about to be given out: whether the network was asked, and what it said. Who has one that is not on record
 * with any Service is a stranger, and it is not given out until he has been gone for a while.
 */

import type { Log } from "../announcer.ts";
import type { ProbeAnswer } from "./address-probe.ts";

export interface ProbeGateOptions {
  readonly ask: (address: string) => Promise<ProbeAnswer>;
  /** Something is known that was not before. */
  readonly changed: () => void;
  readonly log: Pick<Log, "warn">;
}

/** A stranger that did not answer again when asked after this time is gone. */
const STRANGER_KEPT_MS = 600_000;
/** Long enough to write the address down, too short for somebody else to take it. */
const CLEAR_KEPT_MS = 60_000;
/** Until then some node may still answer for it, or a kernel remember one that did: up to 45 s, and 8 s to find out (RFC 4861 §10). */
const OURS_KEPT_MS = 120_000;

export class ProbeGate {
  readonly #options: ProbeGateOptions;
  readonly #asked = new Set<string>();
  readonly #clear = new Map<string, NodeJS.Timeout>();
  readonly #found = new Map<string, NodeJS.Timeout>();
  #strangers: ReadonlySet<string> = new Set();
  #isClosed = false;

  constructor(options: ProbeGateOptions) {
    this.#options = options;
  }

  /** Addresses that somebody has. The same object as long as nothing changes. */
  strangers(): ReadonlySet<string> {
    return this.#strangers;
  }

  /** Whether nobody has any of these. False too while that is not known; then it is being asked. */
  isClear(vips: readonly string[]): boolean {
    for (const vip of vips) {
      if (!this.#clear.has(vip) && !this.#found.has(vip) && !this.#asked.has(vip) && !this.#isClosed) void this.#ask(vip);
    }
    return vips.every((vip) => this.#clear.has(vip));
  }

  /** Addresses that a Service just gave up. They need not be asked for, and for a while nobody could tell us from strangers. */
  wereOurs(vips: readonly string[]): void {
    for (const vip of vips) this.#setClear(vip, OURS_KEPT_MS);
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of [...this.#clear.values(), ...this.#found.values()]) clearTimeout(timer);
  }

  async #ask(vip: string): Promise<void> {
    this.#asked.add(vip);
    const answer = await this.#options.ask(vip);
    this.#asked.delete(vip);
    if (this.#isClosed) return;
    if (answer === "unknown") this.#options.log.warn("Cannot ask whether an address is in use, so it is given out unasked", { vip });
    if (answer === "somebody") {
      this.#options.log.warn("Address answers on the network, though no Service has it", { vip, askedAgainInMs: STRANGER_KEPT_MS });
      this.#found.set(vip, this.#forgetIn(STRANGER_KEPT_MS, this.#found, vip));
    } else this.#setClear(vip, CLEAR_KEPT_MS);
    this.#change();
  }

  #setClear(vip: string, keptMs: number): void {
    clearTimeout(this.#clear.get(vip));
    this.#clear.set(vip, this.#forgetIn(keptMs, this.#clear, vip));
  }

  #forgetIn(delayMs: number, from: Map<string, NodeJS.Timeout>, vip: string): NodeJS.Timeout {
    const timer = setTimeout(() => {
      from.delete(vip);
      if (from === this.#found) this.#change();
    }, delayMs);
    return timer.unref();
  }

  #change(): void {
    if (this.#found.size > 0 || this.#strangers.size > 0) this.#strangers = new Set(this.#found.keys());
    this.#options.changed();
  }
}

/**
 * Takes this node out of service, and back: because somebody asked on the control socket, until it is taken back or Herald ends, or because
 * its Node says so, as long as it does.
 *
 *   VIP groups that it owns → the ownership machine hands them over, and takes none
 *   announcers              → ask for other paths (`Announcer.drain`)
 *   when both are over      → the plan leaves this node out (`NodeOptions.isDrained`), and what is left is taken down
 *
 * The other nodes learn of it by its sessions at once, and by its Lease.
 */

import type { Announcer, Clock, Close, Log } from "../announcer.ts";
import type { Standings } from "../liveness/standing.ts";
import type { DrainOutcome } from "../observe/drain.ts";
import type { NodeFact } from "../rules/vocabulary.ts";

export interface NodeDrainOptions {
  readonly node: string;
  /** The ownership machine's; resolves when it has been told. Undefined: the plan alone says who owns what. */
  readonly handOver?: ((isLeaving: boolean) => Promise<void>) | undefined;
  readonly standings?: Standings | undefined;
  /** Those that run at the moment. */
  readonly announcers: () => Iterable<Announcer>;
  readonly replan: () => void;
  readonly clock: Pick<Clock, "after">;
  readonly log: Pick<Log, "info" | "warn">;
}

/** For nobody who might take over is there more to wait for. */
const PATIENCE_MS = 10_000;

export class NodeDrain {
  readonly #options: NodeDrainOptions;
  #isAsked = false;
  #isNoted = false;
  #isOver = false;
  /** One change at a time. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #calls = new Set<() => void>();

  constructor(options: NodeDrainOptions) {
    this.#options = options;
  }

  get isOn(): boolean {
    return this.#isAsked || this.#isNoted;
  }

  /** For the plan. This node counts as drained when what can be handed over has been. */
  readonly isDrained = ({ name, isDraining }: NodeFact): boolean => (name === this.#options.node ? this.#isOver : (isDraining ?? false));

  /** Before the first plan: of what is not announced yet there is nothing to hand over. */
  start(isDraining: boolean): void {
    this.#isNoted = isDraining;
    this.#isOver = isDraining;
    if (isDraining) this.#turn = this.#tellMachine(true);
  }

  /** What its Node says now. */
  note(isDraining: boolean): void {
    if (this.#isNoted !== isDraining) void this.#change(() => (this.#isNoted = isDraining), "its Node says so");
  }

  /** Resolves when it is done, or after 10 s. */
  drain(isOn: boolean): Promise<DrainOutcome> {
    return this.#change(() => (this.#isAsked = isOn), "asked to");
  }

  /** After each change of `isOn`. */
  onChange(call: () => void): Close {
    this.#calls.add(call);
    return () => void this.#calls.delete(call);
  }

  #change(set: () => unknown, why: string): Promise<DrainOutcome> {
    const before = this.isOn;
    set();
    if (this.isOn !== before) {
      this.#options.log.info(this.isOn ? "Draining" : "Draining no more", { why });
      for (const call of this.#calls) call();
    }
    const outcome = this.#turn.then(() => (this.isOn ? this.#leave() : this.#return()));
    this.#turn = outcome;
    return outcome;
  }

  async #leave(): Promise<DrainOutcome> {
    const { announcers, replan } = this.#options;
    const owned = this.#owned();
    const heard = this.#hear();
    await this.#tellMachine(true);
    const drains = Array.from(announcers(), (announcer) => this.#attempt("drain", async () => await announcer.drain?.()));
    await Promise.all([this.#handedOver(), ...drains]);
    heard.close();
    const kept = this.#owned();
    if (this.isOn && !this.#isOver) {
      this.#isOver = true;
      replan();
    }
    const gone = owned.filter((group) => !kept.includes(group));
    return {
      ...this.#state(),
      handedOver: gone.map((group) => ({ group, ...heard.of(group) })),
      kept,
    };
  }

  async #return(): Promise<DrainOutcome> {
    const { announcers, replan } = this.#options;
    await this.#tellMachine(false);
    await Promise.all(Array.from(announcers(), (announcer) => this.#attempt("undrain", async () => await announcer.undrain?.())));
    if (this.#isOver) {
      this.#isOver = false;
      replan();
    }
    return { ...this.#state(), handedOver: [], kept: [] };
  }

  #state(): Pick<DrainOutcome, "node" | "isDraining" | "isByNode"> {
    return { node: this.#options.node, isDraining: this.isOn, isByNode: this.#isNoted };
  }

  async #tellMachine(isLeaving: boolean): Promise<void> {
    await this.#attempt("hand over", async () => await this.#options.handOver?.(isLeaving));
  }

  /** What fails does not keep the rest from being done. */
  async #attempt(what: string, call: () => Promise<unknown>): Promise<void> {
    await call().catch((error: Error) => this.#options.log.warn(`Cannot ${what}`, { error: error.message }));
  }

  #owned(): string[] {
    const groups = [...(this.#options.standings?.all() ?? [])];
    return groups.filter(({ standing }) => standing === "owner" || standing === "leaving").map(({ group }) => group);
  }

  /** Who is heard to use the VIPs of groups from now on. */
  #hear(): { of(group: string): { readonly to?: string }; close: Close } {
    const sinceMs = performance.now();
    const heard = new Map<string, string>();
    const close = this.#options.standings?.onChange((changed) => {
      for (const { group, heard: station } of changed)
        if (station !== undefined && station.atMs >= sinceMs) heard.set(group, station.node ?? station.mac);
    });
    return {
      of(group) {
        const to = heard.get(group);
        return to === undefined ? {} : { to };
      },
      close: close ?? (() => {}),
    };
  }

  /** Resolves when nothing is owned any more, the drain was taken back, or the time is over. */
  async #handedOver(): Promise<void> {
    const isDone = () => !this.isOn || this.#owned().length === 0;
    if (isDone()) return;
    const closes: Close[] = [];
    await new Promise<void>((resolve) => {
      const look = () => void (isDone() && resolve());
      closes.push(
        this.#options.clock.after(PATIENCE_MS, resolve),
        this.#options.standings?.onChange(look) ?? (() => {}),
        this.onChange(look),
      );
    });
    for (const close of closes) close();
  }
}

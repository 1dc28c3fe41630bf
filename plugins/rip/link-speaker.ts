/**
 * One version of RIP on one link: tells of the routes again and again, of changes at once, and to who asks.
 *
 * Changes that follow each other within 1 to 5 s are told together (RFC 2453 §3.10.1). We learn nothing, so every route is our own, and what
 * split horizon is about (§3.4.3) cannot happen.
 */

import type { Close, Context, MulticastLink } from "herald";
import type { Authentication } from "./authentication.ts";
import type { Route } from "./route.ts";
import { Table } from "./table.ts";
import type { Wire } from "./wire.ts";

export interface SpeakerOptions {
  readonly wire: Wire;
  readonly authentication: Authentication;
  readonly updateMs: number;
  readonly garbageMs: number;
}

/** RFC 2453 §3.8: 30 s, give or take 5. */
const JITTER = 1 / 6;
const LEAST_PAUSE_MS = 1000;
const MOST_PAUSE_MS = 5000;
/** Who asks more often, or makes it look as if others did, is not answered. */
const MOST_ANSWERS_PER_SECOND = 10;

type Address = { readonly address: string; readonly port: number };

export class LinkSpeaker {
  readonly #context: Pick<Context, "clock" | "random" | "log">;
  readonly #on: MulticastLink;
  readonly #options: SpeakerOptions;
  readonly #table: Table;
  #closeUpdate: Close = () => {};
  /** Set while changes wait. */
  #closePause: Close | undefined;
  #answers = { second: 0, count: 0 };
  #sending: Promise<void> = Promise.resolve();

  constructor(context: Pick<Context, "clock" | "random" | "log">, on: MulticastLink, options: SpeakerOptions) {
    this.#context = context;
    this.#on = on;
    this.#options = options;
    this.#table = new Table(options.garbageMs);
  }

  /** Tells of all routes now, and from now on. */
  start(routes: ReadonlyMap<string, Route>): void {
    this.#table.want(routes, this.#context.clock.now());
    this.#update();
  }

  /** These are the routes from now on. */
  want(routes: ReadonlyMap<string, Route>): void {
    this.#table.want(routes, this.#context.clock.now());
    if (this.#closePause === undefined) this.#tellChanges();
  }

  async hear(message: Uint8Array, from: Address): Promise<void> {
    const { wire, authentication } = this.#options;
    if (!isNeighbor(wire, from)) return;
    // What cannot be checked, as where a Secret is missing, is not to be believed.
    const opened = wire.family === 4 ? await authentication.open(message).catch(() => undefined) : message;
    const request = opened && wire.readRequest(opened);
    if (request === undefined || !this.#mayAnswer()) return;
    this.#send(request === "all" ? this.#table.all(this.#context.clock.now()) : this.#table.answer(request), from);
  }

  /** Tells what has not been told, and resolves when all is on its way. */
  async flush(): Promise<void> {
    this.#send(this.#table.takeChanges());
    await this.#sending;
  }

  close(): void {
    this.#closeUpdate();
    this.#closePause?.();
  }

  #update(): void {
    const { clock, random } = this.#context;
    this.#send(this.#table.takeAll(clock.now()));
    const spread = 1 + JITTER * (2 * random() - 1);
    this.#closeUpdate = clock.after(this.#options.updateMs * spread, () => this.#update());
  }

  #tellChanges(): void {
    this.#closePause = undefined;
    if (!this.#table.hasChanged) return;
    this.#send(this.#table.takeChanges());
    const pauseMs = LEAST_PAUSE_MS + (MOST_PAUSE_MS - LEAST_PAUSE_MS) * this.#context.random();
    this.#closePause = this.#context.clock.after(pauseMs, () => this.#tellChanges());
  }

  #mayAnswer(): boolean {
    const second = Math.floor(this.#context.clock.now() / 1000);
    if (second !== this.#answers.second) this.#answers = { second, count: 0 };
    this.#answers.count += 1;
    return this.#answers.count <= MOST_ANSWERS_PER_SECOND;
  }

  /** In the order of the calls, though it takes time to seal a message. */
  #send(routes: readonly Route[], to?: Address): void {
    const { wire, authentication } = this.#options;
    const isSealed = wire.family === 4;
    const most = wire.mostEntries(this.#on.link.mtu) - (isSealed ? authentication.entries : 0);
    const messages = wire.writeResponses(routes, most);
    this.#sending = this.#sending.then(async () => {
      try {
        for (const message of messages) this.#on.send(isSealed ? await authentication.seal(message) : message, to);
      } catch (error) {
        this.#context.log.warn("Cannot tell of routes", { link: this.#on.link.name, protocol: wire.name, error: (error as Error).message });
      }
    });
  }
}

/** A router on the link: what RIPv2 sends does not leave it, and routers of RIPng ask from link-local addresses (RFC 2080 §2.4.1). */
function isNeighbor({ family, port }: Wire, from: Address): boolean {
  return from.port === port && (family === 4 || /^fe[89ab]/.test(from.address));
}

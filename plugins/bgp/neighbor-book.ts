/** The routers that were heard on one link, each for as long as it may be silent, and which of them is the neighbor. */

import { type Close, type Context, parseAddress } from "../../host/announcer.ts";

/** Three intervals of FRR's; a router of another pace says so by its lifetime, which is three of its own (RFC 4861 §6.2.1). */
const LEAST_SILENCE_MS = 30_000;
/** Whoever invents addresses does not fill our memory: the lowest count. */
const MOST_NEIGHBORS = 16;

interface Router {
  readonly address: string;
  readonly value: bigint;
  readonly untilMs: number;
}

export class NeighborBook {
  readonly #context: Pick<Context, "clock" | "log">;
  readonly #link: string;
  readonly #call: (address: string | undefined) => void;
  /** The neighbor first, then the lowest address. */
  #routers: readonly Router[] = [];
  #told: string | undefined;
  #hasWarned = false;
  #cancel: Close = () => {};

  /** `call` hears the neighbor's address with its zone whenever it is another, and undefined when there is none any more. */
  constructor(context: Pick<Context, "clock" | "log">, link: string, call: (address: string | undefined) => void) {
    this.#context = context;
    this.#link = link;
    this.#call = call;
  }

  heard(address: string, lifetimeSeconds: number): void {
    const untilMs = this.#context.clock.now() + Math.max(LEAST_SILENCE_MS, lifetimeSeconds * 1000);
    const router = { address, value: parseAddress(address)?.value ?? 0n, untilMs };
    const others = this.#routers.filter((known) => known.address !== address);
    this.#settle([...others, router]);
  }

  clear(): void {
    this.#settle([]);
  }

  #settle(routers: readonly Router[]): void {
    const { clock, log } = this.#context;
    const nowMs = clock.now();
    const living = routers.filter(({ untilMs }) => untilMs > nowMs);
    this.#routers = living.sort((one, other) => (this.#comesFirst(one, other) ? -1 : 1)).slice(0, MOST_NEIGHBORS);
    this.#cancel();
    if (this.#routers.length > 0) {
      const nextMs = Math.min(...this.#routers.map(({ untilMs }) => untilMs));
      this.#cancel = clock.after(nextMs - nowMs, () => this.#settle(this.#routers));
    }
    const addresses = this.#routers.map(({ address }) => address);
    if (addresses.length > 1 && !this.#hasWarned)
      log.warn("There is more than one router on the link of an unnumbered peer", { link: this.#link, taken: addresses[0], addresses });
    this.#hasWarned = addresses.length > 1;
    const [first] = addresses;
    if (first === this.#told) return;
    this.#told = first;
    this.#call(first === undefined ? undefined : `${first}%${this.#link}`);
  }

  /** Whoever is the neighbor stays it, so that a session is not lost to a router that comes later. */
  #comesFirst(one: Router, other: Router): boolean {
    if (one.address === this.#told || other.address === this.#told) return one.address === this.#told;
    return one.value < other.value;
  }
}

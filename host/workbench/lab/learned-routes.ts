/** What one router of the lab knows: routes and sessions, by the events that it tells one a line. */

import { parseAddress } from "../../rules/addresses.ts";

/** The events of `herald bgp listen --json`; there are others, which change nothing here. */
export interface RouterEvent {
  readonly event: string;
  readonly peer?: string;
  readonly prefix?: string;
  readonly nextHop?: string;
  readonly reason?: string;
  readonly notificationSent?: string;
  readonly notificationReceived?: string;
}

/** A session that is up, or how the last attempt ended. */
export type SessionState = { readonly isUp: true } | { readonly isUp: false; readonly reason: string };

export interface Learned {
  /** `198.51.100.1/32` → the addresses that it may send packets to, sorted. */
  readonly routes: ReadonlyMap<string, readonly string[]>;
  /** By the address of the peer. */
  readonly sessions: ReadonlyMap<string, SessionState>;
}

export class LearnedRoutes implements Learned {
  readonly sessions = new Map<string, SessionState>();
  /** Prefix → peer → next hop. */
  readonly #nextHops = new Map<string, Map<string, string>>();

  get routes(): ReadonlyMap<string, readonly string[]> {
    return new Map(Array.from(this.#nextHops, ([prefix, hops]) => [prefix, [...new Set(hops.values())].sort()]));
  }

  /** False: it changed nothing. */
  take({ event, peer = "", prefix = "", nextHop, ...rest }: RouterEvent): boolean {
    switch (event) {
      case "learned": {
        if (nextHop === undefined) return this.#drop(prefix, peer);
        const hops = this.#nextHops.get(prefix) ?? new Map<string, string>();
        this.#nextHops.set(prefix, hops.set(peer, nextHop));
        return true;
      }
      case "withdrawn":
      case "treatedAsWithdrawn":
        return this.#drop(prefix, peer);
      case "sessionUp":
        this.sessions.set(peer, { isUp: true });
        return true;
      case "sessionDown":
      case "sessionFailed":
        this.sessions.set(peer, { isUp: false, reason: reasonOf(rest) });
        return true;
      default:
        return false;
    }
  }

  #drop(prefix: string, peer: string): boolean {
    const hops = this.#nextHops.get(prefix);
    const wasThere = hops?.delete(peer) ?? false;
    if (hops?.size === 0) this.#nextHops.delete(prefix);
    return wasThere;
  }
}

/** The most specific route to a VIP, as a router would choose it. */
export function routeTo(vip: string, { routes }: Pick<Learned, "routes">): { prefix: string; nextHops: readonly string[] } | undefined {
  const address = parseAddress(vip);
  if (address === undefined) return undefined;
  const width = address.family === 4 ? 32 : 128;
  let best: { prefix: string; length: number; nextHops: readonly string[] } | undefined;
  for (const [prefix, nextHops] of routes) {
    const slash = prefix.indexOf("/");
    const network = parseAddress(prefix.slice(0, slash));
    const length = Number(prefix.slice(slash + 1));
    if (network?.family !== address.family || network.value >> BigInt(width - length) !== address.value >> BigInt(width - length)) continue;
    if (best === undefined || length > best.length) best = { prefix, length, nextHops };
  }
  return best && { prefix: best.prefix, nextHops: best.nextHops };
}

function reasonOf({ reason = "it ended", notificationSent, notificationReceived }: Omit<RouterEvent, "event">): string {
  const more = [
    ...(notificationSent === undefined ? [] : [`sent ${notificationSent}`]),
    ...(notificationReceived === undefined || reason.includes(notificationReceived) ? [] : [`received ${notificationReceived}`]),
  ];
  return [reason, ...more].join("; ");
}

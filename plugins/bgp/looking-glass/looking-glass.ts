/**
 * A router that only listens: it takes sessions from anybody, keeps what they tell, and says what happens.
 *
 * The lab's router, and an operator's eye: what a real router would learn from our speakers, with the reason where it would not. It is
 * built of the speaker's own parts, a session for each peer that connects, but learns instead of telling.
 */

import type { Clock, Close, Connection, Listener, Net, Secret } from "../../../host/announcer.ts";
import type { Codec, Message, MessageError } from "../messages.ts";
import { splitZone } from "../peering/local-end.ts";
import { SessionRunner } from "../peering/session-runner.ts";
import type { SessionConfig } from "../session/config.ts";
import { endOfRibOf } from "../session/end-of-rib.ts";
import type { Ended, Established } from "../session/hooks.ts";
import { IPV4_UNICAST, IPV6_UNICAST } from "../session/negotiate.ts";
import { describeNotification } from "../session/notification-words.ts";
import { AdjRibIn, type ReceivedRoute } from "./adj-rib-in.ts";
import type { GlassEvent } from "./events.ts";

export interface GlassOptions {
  readonly asNumber: number;
  /** BGP identifier. */
  readonly identifier: string;
  readonly holdTimeSeconds: number;
}

export interface GlassParts {
  readonly net: Pick<Net, "listen">;
  readonly clock: Clock;
  readonly codec: Codec;
  /** Hears everything, in order. */
  readonly tell: (event: GlassEvent) => void;
}

/** The key that a peer signs with (TCP MD5). */
export interface PeerKey {
  readonly address: string;
  readonly md5: Secret;
}

interface Guest {
  readonly runner: SessionRunner;
  readonly rib: AdjRibIn;
  forgetting: Close | undefined;
}

const MOST_PEERS = 1_000;
const MOST_ROUTES = 4_000_000;
const RESTART_TIME_SECONDS = 120;

export class LookingGlass {
  readonly #options: GlassOptions;
  readonly #parts: GlassParts;
  readonly #guests = new Map<string, Guest>();
  readonly #listeners: Listener[] = [];

  constructor(options: GlassOptions, parts: GlassParts) {
    this.#options = options;
    this.#parts = parts;
  }

  /** Gives the port, which is chosen where 0 is asked for. */
  async listen(address: string, port: number, keys: readonly PeerKey[] = []): Promise<number> {
    const listener = await this.#parts.net.listen({ address, port, hopLimit: 255 }, (connection) => this.#take(connection));
    this.#listeners.push(listener);
    for (const { address: peer, md5 } of keys) listener.setMd5(peer, md5);
    return listener.port;
  }

  /** Addresses of peers that are known now. */
  peers(): string[] {
    return [...this.#guests.keys()];
  }

  /** Asks a peer for all of a family again (RFC 2918). */
  refresh(peer: string, afi: 1 | 2): void {
    this.#guests.get(peer)?.runner.send({ type: "routeRefresh", afi, safi: 1, messageSubtype: 0 });
  }

  /** What the peers have told, in the order of prefixes. */
  routes(): (ReceivedRoute & { readonly peer: string; readonly isStale: boolean })[] {
    const all = [...this.#guests].flatMap(([peer, { rib }]) => Array.from(rib.routes(), (route) => ({ peer, ...route })));
    return all.sort((a, b) => (a.prefix === b.prefix ? compare(a.peer, b.peer) : compare(a.prefix, b.prefix)));
  }

  async close(): Promise<void> {
    for (const listener of this.#listeners.splice(0)) listener.close();
    const guests = [...this.#guests.values()];
    await Promise.all(
      guests.map(async ({ runner, forgetting }) => {
        forgetting?.();
        runner.stop("shutdown");
        await runner.idle();
      }),
    );
  }

  #take(connection: Connection): void {
    const [peer] = splitZone(connection.remoteAddress);
    const guest = this.#guests.get(peer) ?? (this.#guests.size < MOST_PEERS ? this.#welcome(peer) : undefined);
    if (guest === undefined) connection.close();
    else guest.runner.accept(connection);
  }

  #welcome(peer: string): Guest {
    const { clock, codec } = this.#parts;
    const runner = new SessionRunner(sessionConfigOf(this.#options), this.#guests.size + 1, {
      clock,
      codec,
      connect: () => Promise.reject(new Error("A looking glass does not connect")),
      hooks: {
        established: (established) => this.#begin(peer, established),
        ended: (ended) => this.#end(peer, ended),
        received: (message, errors) => this.#hear(peer, message, errors),
      },
    });
    const guest: Guest = { runner, rib: new AdjRibIn(MOST_ROUTES), forgetting: undefined };
    this.#guests.set(peer, guest);
    runner.start(false);
    return guest;
  }

  #begin(peer: string, { negotiated }: Established): void {
    const { peerAs, peerIdentifier, holdTimeMs, families, gracefulRestart } = negotiated;
    this.#tell({
      event: "sessionUp",
      peer,
      as: peerAs,
      identifier: peerIdentifier,
      holdTimeSeconds: holdTimeMs / 1000,
      families: families.map(({ afi }) => (afi === 1 ? "ipv4" : "ipv6")),
      gracefulRestart: gracefulRestart !== undefined,
    });
  }

  #end(peer: string, { ending, wasEstablished, keepsRoutes }: Ended): void {
    const guest = this.#guests.get(peer);
    const { reason, sent, received } = ending;
    this.#tell({
      event: wasEstablished ? "sessionDown" : "sessionFailed",
      peer,
      reason,
      ...(sent === undefined ? {} : { notificationSent: describeNotification(sent) }),
      ...(received === undefined ? {} : { notificationReceived: describeNotification(received) }),
      ...(wasEstablished ? { keepsRoutes } : {}),
    });
    if (guest === undefined || !wasEstablished) return;
    if (!keepsRoutes) this.#tellRoutes(peer, guest.rib.clear());
    else {
      guest.rib.markStale();
      guest.forgetting?.();
      guest.forgetting = this.#parts.clock.after(RESTART_TIME_SECONDS * 1000, () => this.#tellRoutes(peer, guest.rib.dropStale()));
    }
  }

  #hear(peer: string, message: Message, errors: readonly MessageError[]): void {
    const guest = this.#guests.get(peer);
    if (guest === undefined || message.type !== "update") return;
    try {
      this.#tellRoutes(peer, guest.rib.take(message, errors));
    } catch (error) {
      // Whoever tells more than we can keep is not listened to any more.
      guest.runner.stop("shutdown", (error as Error).message);
      return;
    }
    const family = endOfRibOf(message);
    if (family === undefined) return;
    this.#tell({ event: "endOfRib", peer, family: family === "1/1" ? "ipv4" : "ipv6" });
    this.#tellRoutes(
      peer,
      guest.rib.dropStale((prefix) => prefix.includes(":") === (family !== "1/1")),
    );
  }

  #tellRoutes(peer: string, news: ReturnType<AdjRibIn["take"]>): void {
    for (const each of news) this.#tell({ peer, ...each });
  }

  #tell(event: GlassEvent): void {
    this.#parts.tell(event);
  }
}

function sessionConfigOf({ asNumber, identifier, holdTimeSeconds }: GlassOptions): SessionConfig {
  return {
    localAs: asNumber,
    peerAs: "any",
    localIdentifier: identifier,
    holdTimeSeconds,
    keepaliveSeconds: Math.floor(holdTimeSeconds / 3),
    delayOpenSeconds: 0,
    passive: true,
    families: [IPV4_UNICAST, IPV6_UNICAST],
    extendedNextHop: [IPV4_UNICAST],
    extendedMessage: true,
    enhancedRouteRefresh: true,
    gracefulRestart: { restartTimeSeconds: RESTART_TIME_SECONDS, notification: true },
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

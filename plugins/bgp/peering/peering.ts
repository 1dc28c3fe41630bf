/**
 * One configured peer: its session, what it is told (Adj-RIB-Out), and what watches over it (BFD, its whereabouts, its password).
 *
 * A peering runs from the moment that it is made. A change of its configuration is handed to the session, which resets only what says or
 * hears something else by it; a change of routes is told, and resets nothing.
 */

import type { Close, Connection, Context, LivenessReport } from "../../../host/announcer.ts";
import type { BfdProfile } from "../bfd-profile.ts";
import type { Message } from "../messages.ts";
import type { Peer } from "../peer.ts";
import { sessionConfigOf } from "../peer-session.ts";
import { AdjRibOut } from "../rib/adj-rib-out.ts";
import type { DesiredRoutes, Family } from "../rib/desired-routes.ts";
import type { SessionConfig } from "../session/config.ts";
import type { Ended, Established } from "../session/hooks.ts";
import { type Session, type StopReason, stateOf } from "../session/session.ts";
import { isFar, LifeWatch } from "./life-watch.ts";
import { localEndOf } from "./local-end.ts";
import { SessionRunner } from "./session-runner.ts";
import { transportOf } from "./transport.ts";
import { watchWhereabouts } from "./whereabouts.ts";

export interface PeeringParts {
  readonly context: Context;
  readonly routes: DesiredRoutes;
  /** BGP identifier towards a peer at this address. */
  readonly identifier: (address: string) => string;
  /** Of the jitter: another one for each peer and node. */
  readonly seed: number;
  /** The peer is somewhere else, or has another password: listeners want to know. */
  readonly moved: () => void;
}

/** A peer and how quickly BFD looks for its death. */
export interface PeeringConfig {
  readonly peer: Peer;
  readonly profile: BfdProfile | undefined;
}

const MOST_COMPLAINTS = 8;

export class Peering {
  readonly #parts: PeeringParts;
  readonly #runner: SessionRunner;
  #config: PeeringConfig;
  #address: string | undefined;
  #hasStarted = false;
  #established: Established | undefined;
  #out: AdjRibOut | undefined;
  #closes: Close[] = [];
  #life: LifeWatch | undefined;
  /** Why the session did not come up, since it was up last. */
  readonly #complaints = new Set<string>();

  constructor(config: PeeringConfig, parts: PeeringParts) {
    this.#parts = parts;
    this.#config = config;
    const { context } = parts;
    this.#runner = new SessionRunner(this.#sessionConfig(), parts.seed, {
      clock: context.clock,
      codec: context.codec("bgp"),
      connect: () => context.net.connect(transportOf(this.#config.peer, this.#address ?? "")),
      hooks: {
        established: (established) => this.#begin(established),
        ended: (ended) => this.#end(ended),
        received: (message) => this.#hear(message),
        unreached: (reason) => this.#complain(reason),
      },
    });
    parts.routes.addPeer(config.peer.name);
    this.#watch();
  }

  get peer(): Peer {
    return this.#config.peer;
  }

  /** Where the peer is, without its link; undefined: not known yet. */
  get address(): string | undefined {
    return this.#address;
  }

  get session(): Session {
    return this.#runner.session;
  }

  get counts(): SessionRunner["counts"] {
    return this.#runner.counts;
  }

  get bfd(): LivenessReport | undefined {
    return this.#life?.report;
  }

  get established(): Established | undefined {
    return this.#established;
  }

  /** Routes that the peer has been told. */
  get told(): number {
    return this.#out?.count() ?? 0;
  }

  /** Routes that it should be told, of the families that the session asks for. */
  get desired(): number {
    const { families } = this.session.config;
    return families.reduce((sum, { afi }) => sum + this.#parts.routes.count(this.peer.name, afi === 1 ? 4 : 6), 0);
  }

  /** Families that the peer has been told routes of. */
  get families(): readonly Family[] {
    return this.#out?.families() ?? [];
  }

  /** The peer keeps our routes when the session ends for a restart. */
  get keepsRoutes(): boolean {
    return this.#established?.negotiated.gracefulRestart !== undefined;
  }

  /** Takes another configuration of the peer at the same place. */
  configure(config: PeeringConfig): void {
    const before = JSON.stringify(this.#transport());
    const watchedBefore = JSON.stringify(watchedBy(this.#config));
    this.#config = config;
    if (JSON.stringify(watchedBy(config)) !== watchedBefore) {
      this.#unwatch();
      this.#watch();
      if (this.#life === undefined) this.#watchLife();
    }
    this.#runner.configure(this.#sessionConfig(), JSON.stringify(this.#transport()) !== before);
    if (this.#address !== undefined) this.#report();
  }

  accept(connection: Connection): void {
    this.#runner.accept(connection);
  }

  /** Tells the peer what has changed. */
  flush(): void {
    this.#out?.flush();
  }

  addressesChanged(): void {
    this.#out?.addressesChanged();
    // Not the other way: BFD is to see that a link has lost its address.
    const { links } = this.#parts.context;
    if (this.#life?.isFar && this.#address !== undefined && !isFar(this.peer, this.#address, links.all())) this.#watchLife();
  }

  /** RFC 8326: asks the peer to prefer others, or not any more. */
  leave(isLeaving = true): void {
    this.#out?.leave(isLeaving);
  }

  /** Resolves when the last word is said. The peering is not to be used afterwards. */
  async stop(why: StopReason): Promise<void> {
    this.#unwatch();
    this.#runner.stop(why);
    await this.#runner.idle();
    this.#out?.close();
    this.#out = undefined;
    this.#parts.routes.removePeer(this.#config.peer.name);
    this.#parts.context.report(this.#config.peer.name, undefined);
  }

  #begin(established: Established): void {
    const { context, routes } = this.#parts;
    const { peer } = this.#config;
    this.#established = established;
    this.#out = new AdjRibOut({
      peer: peer.name,
      routes,
      codec: context.codec("bgp"),
      established,
      localEnd: () => localEndOf(established.connection, context.links.all()),
      complain: (family, reason) => context.log.warn("Routes are not told to a peer", { peer: peer.name, family, reason }),
    });
    context.log.info("sessionUp", { peer: peer.name, address: this.#address, as: established.negotiated.peerAs });
    this.#report();
    this.flush();
  }

  #end({ ending, wasEstablished }: Ended): void {
    if (!wasEstablished) {
      if (this.session.isRunning) this.#complain(ending.reason);
      return;
    }
    const address = this.#established?.connection.remoteAddress;
    this.#out?.close();
    this.#out = undefined;
    this.#established = undefined;
    this.#complaints.clear();
    const fields = { peer: this.#config.peer.name, address, reason: ending.reason };
    if (this.session.isRunning) this.#parts.context.log.warn("sessionDown", fields);
    else this.#parts.context.log.info("sessionDown", fields);
    this.#report();
  }

  /** Each said once, not at every attempt: a peer that closes at once is heard as a reset every other time. */
  #complain(reason: string): void {
    if (this.#complaints.has(reason)) return;
    if (this.#complaints.size === MOST_COMPLAINTS) this.#complaints.clear();
    this.#complaints.add(reason);
    this.#parts.context.log.warn("Session does not come up", { peer: this.#config.peer.name, address: this.#address, reason });
  }

  #hear(message: Message): void {
    if (message.type === "routeRefresh" && message.messageSubtype === 0 && message.safi === 1) this.#out?.refresh(message.afi);
  }

  #watch(): void {
    const { context } = this.#parts;
    const { peer } = this.#config;
    const { password } = peer;
    if (password !== undefined && "secret" in password) this.#closes.push(this.#watchPassword(password.secret));
    this.#closes.push(watchWhereabouts(context, peer, (address) => this.#locate(address)));
  }

  #unwatch(): void {
    for (const close of this.#closes.splice(0)) close();
    this.#life?.close();
    this.#life = undefined;
  }

  /** A new password wants a new connection: the old one goes on by the old. One that comes late is new, too. */
  #watchPassword(name: string): Close {
    let isFirst = true;
    let known: string | undefined;
    return this.#parts.context.secrets.watch(name, (revision) => {
      const isNews = !isFirst && revision !== undefined && revision !== known;
      isFirst = false;
      known = revision ?? known;
      if (!isNews) return;
      this.#parts.moved();
      this.#runner.configure(this.#sessionConfig(), true);
    });
  }

  #locate(address: string | undefined): void {
    if (address === undefined || address === this.#address) return;
    const isMove = this.#address !== undefined;
    this.#address = address;
    this.#watchLife();
    this.#parts.moved();
    if (isMove || !this.#hasStarted) this.#runner.configure(this.#sessionConfig(), true);
    this.#report();
    if (this.#hasStarted) return;
    this.#hasStarted = true;
    // Whoever started us may have stopped a speaker before.
    this.#runner.start(true);
  }

  #watchLife(): void {
    this.#life?.close();
    this.#life = undefined;
    const { peer, profile } = this.#config;
    if (profile === undefined || this.#address === undefined) return;
    this.#life = new LifeWatch(this.#parts.context, peer, profile, this.#address, (admin) => this.#runner.bfdDown(admin));
  }

  #sessionConfig(): SessionConfig {
    return sessionConfigOf(this.#config.peer, this.#parts.identifier(this.#address ?? ""));
  }

  #transport() {
    return transportOf(this.#config.peer, this.#address ?? "");
  }

  #report(): void {
    this.#parts.context.report(this.#config.peer.name, stateOf(this.session));
  }
}

/** What a peering is told of its peer by others than the session. */
function watchedBy({ peer: { at, password, vrf, sourceAddress, multihop, port }, profile }: PeeringConfig) {
  return { at, password, vrf, sourceAddress, multihop, port, profile };
}

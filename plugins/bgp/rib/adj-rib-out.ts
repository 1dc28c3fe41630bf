/**
 * Adj-RIB-Out (RFC 4271 §3.2 "Routing Information Base"): what one peer has been told in one session, and how it is told the rest.
 *
 * A session begins with an empty table for each family that was agreed on, so that first connect, reconnect, change and route refresh are
 * the same: what differs from the desired table is packed into UPDATEs and written, as much at a time as the kernel takes. The tables live
 * and die with the session: the stream arrives in order or is lost whole.
 */

import type { Bgp, RouteTables } from "../../../host/announcer.ts";
import type { Codec } from "../messages.ts";
import { type LocalEnd, type NextHop, nextHopOf } from "../next-hop.ts";
import { pathAttributesOf } from "../path-attributes.ts";
import { makeEndOfRib } from "../session/end-of-rib.ts";
import type { Established } from "../session/hooks.ts";
import { IPV4_UNICAST, IPV6_UNICAST, sameFamily } from "../session/negotiate.ts";
import type { DesiredRoutes, Family } from "./desired-routes.ts";
import { octetsOf } from "./octets.ts";
import type { RouteAttributes } from "./routes-plan.ts";

export interface AdjRibOutParts {
  readonly peer: string;
  readonly routes: DesiredRoutes;
  readonly codec: Codec;
  readonly established: Established;
  readonly localEnd: () => LocalEnd;
  /** Why routes of a family cannot be told: once, not at every change of links. */
  readonly complain: (family: Family, problem: string) => void;
}

/** One family of a session. */
interface Side {
  readonly family: Family;
  /** Undefined as long as there is no next hop to tell. */
  told: number | undefined;
  /** Everything has been said at least once. */
  isWhole: boolean;
  hop: NextHop | undefined;
  /** Why there is none, as it was said last. */
  problem: string | undefined;
  /** What is said of routes with these attributes, encoded once; emptied by what it depends on besides. */
  terms: WeakMap<RouteAttributes, Bgp.GroupTerms>;
  /** The same without their communities, which few sets of attributes differ in. */
  heads: Map<string, Uint8Array>;
  /** A refresh has begun, and its end is to be marked (RFC 7313). */
  isRefreshing: boolean;
}

/** Changes that are packed together: with more of them, routes of one attribute set share more messages. */
const BATCH_BYTES = 65_536 * 44;
/** What may wait for the kernel before we go on packing. */
const WINDOW_BYTES = 4 << 20;

export class AdjRibOut {
  readonly #parts: AdjRibOutParts;
  readonly #tables: RouteTables;
  readonly #sides: readonly Side[];
  #isWaiting = false;
  #isLeaving = false;
  #isClosed = false;

  constructor(parts: AdjRibOutParts) {
    this.#parts = parts;
    this.#tables = parts.routes.tables;
    const { families } = parts.established.negotiated;
    this.#sides = [IPV4_UNICAST, IPV6_UNICAST].flatMap((family) =>
      families.some((agreed) => sameFamily(agreed, family))
        ? [
            {
              family: family.afi === 1 ? 4 : 6,
              told: undefined,
              hop: undefined,
              problem: undefined,
              isWhole: false,
              terms: new WeakMap(),
              heads: new Map(),
              isRefreshing: false,
            },
          ]
        : [],
    );
    this.addressesChanged();
  }

  /** Routes that the peer has been told, or is being told. */
  count(): number {
    return this.#sides.reduce((sum, { told }) => sum + (told === undefined ? 0 : this.#tables.count(told)), 0);
  }

  /** Families that the peer has been told of: those that both speak, with a next hop. */
  families(): readonly Family[] {
    return this.#sides.flatMap(({ family, told }) => (told === undefined ? [] : [family]));
  }

  /** Tells the peer what it has not been told yet. */
  flush(): void {
    if (this.#isWaiting || this.#isClosed) return;
    for (const side of this.#sides) {
      while (side.told !== undefined && this.#tell(side, side.told)) if (this.#mustWait()) return;
      this.#finish(side);
    }
  }

  /**
   * RFC 2918 §4: tells everything of a family again, between the marks of RFC 7313 §4 where the peer knows them. Who asks again meanwhile gets
   * no marks of its own: a peer that only asks, and never reads, would have us keep them all.
   */
  refresh(afi: number): void {
    const side = this.#sides.find(({ family }) => family === (afi === 1 ? 4 : 6));
    if (side?.told === undefined) return;
    const { negotiated, send } = this.#parts.established;
    if (negotiated.enhancedRouteRefresh && !side.isRefreshing) {
      send({ type: "routeRefresh", ...afiSafiOf(side), messageSubtype: 1 });
      side.isRefreshing = true;
    }
    this.#tables.doubtAll(side.told);
    this.flush();
  }

  /** RFC 8326 §4: asks for other paths before ours go, or takes that back. */
  leave(isLeaving = true): void {
    if (this.#isLeaving === isLeaving) return;
    this.#isLeaving = isLeaving;
    for (const side of this.#sides) {
      side.terms = new WeakMap();
      if (side.told !== undefined) this.#tables.doubtAll(side.told);
    }
    this.flush();
  }

  /** Our addresses may have changed: what had no next hop may have one now, or another. What has none any more stays as it was told. */
  addressesChanged(): void {
    if (this.#isClosed) return;
    const { peer, routes, complain, established, localEnd } = this.#parts;
    for (const side of this.#sides) {
      const hop = nextHopOf(side.family, localEnd(), established.negotiated);
      const problem = typeof hop === "string" ? hop : undefined;
      if (side.hop === undefined && problem !== undefined && problem !== side.problem) complain(side.family, problem);
      side.problem = problem;
      if (typeof hop === "string" || JSON.stringify(hop) === JSON.stringify(side.hop)) continue;
      side.hop = hop;
      side.terms = new WeakMap();
      side.heads = new Map();
      if (side.told === undefined) side.told = this.#tables.openTold(routes.table(peer, side.family));
      else this.#tables.doubtAll(side.told);
    }
    this.flush();
  }

  /** Forgets what was told; the session is over. */
  close(): void {
    this.#isClosed = true;
    for (const side of this.#sides) {
      if (side.told !== undefined) this.#tables.close(side.told);
      side.told = undefined;
    }
  }

  /** Writes one batch. False: nothing was left to tell. */
  #tell(side: Side, told: number): boolean {
    const changes = this.#takeChanges(told);
    if (changes.length === 0) return false;
    const { codec, established } = this.#parts;
    const chunks = codec.packChanges(changes, established.negotiated.format, ({ attributeSet }) => this.#termsOf(side, attributeSet));
    for (const chunk of chunks) established.write(chunk);
    return true;
  }

  #takeChanges(told: number): Uint8Array {
    const first = new Uint8Array(this.#tables.diffRows(told, true));
    const pieces = [first];
    let length = first.length;
    for (let next = first; next.length > 0 && length < BATCH_BYTES; length += next.length) {
      next = new Uint8Array(this.#tables.diffRows(told, true));
      pieces.push(next);
    }
    return pieces.length === 1 ? first : concat(pieces);
  }

  #termsOf(side: Side, attributeSet: number): Bgp.GroupTerms | undefined {
    const { terms } = side;
    const route = this.#parts.routes.attributes(attributeSet);
    const known = terms.get(route) ?? this.#encodeTerms(side, attributeSet, route);
    if (known !== undefined) terms.set(route, known);
    return known;
  }

  #encodeTerms({ family, hop, heads }: Side, attributeSet: number, route: RouteAttributes): Bgp.GroupTerms | undefined {
    if (hop === undefined) return undefined;
    const { routes, codec, established } = this.#parts;
    const { negotiated } = established;
    const isInAttributes = family === 4 && !hop.nextHop.includes(":");
    const encode = (all: RouteAttributes): Uint8Array => {
      const attributes = pathAttributesOf(all, negotiated, this.#isLeaving);
      return codec.encodeAttributes(isInAttributes ? { ...attributes, nextHop: hop.nextHop } : attributes, negotiated.format);
    };
    const { localPref, med, prepend, linkBandwidth } = route;
    const key = `${localPref} ${med} ${prepend}`;
    let attributes: Uint8Array;
    // Communities are the last attributes (RFC 4271 §5 has them in the order of their codes), so their bytes can be made beforehand.
    if (this.#isLeaving || linkBandwidth !== undefined) attributes = encode(route);
    else {
      const head = heads.get(key) ?? encode({ ...route, communities: [], largeCommunities: [] });
      heads.set(key, head);
      attributes = concat([head, routes.communities(attributeSet)]);
    }
    return { attributes, ...(isInAttributes ? {} : { nextHop: octetsOf(hop.nextHop, hop.linkLocalNextHop) }) };
  }

  /** True: goes on when the kernel has taken what was written. */
  #mustWait(): boolean {
    const { established } = this.#parts;
    if (established.connection.pendingBytes < WINDOW_BYTES) return false;
    this.#isWaiting = true;
    established.write(new Uint8Array(), () => {
      this.#isWaiting = false;
      this.flush();
    });
    return true;
  }

  #finish(side: Side): void {
    const { negotiated, send } = this.#parts.established;
    if (!side.isWhole && negotiated.gracefulRestart !== undefined) send(makeEndOfRib(afiSafiOf(side)));
    side.isWhole = true;
    if (side.isRefreshing) send({ type: "routeRefresh", ...afiSafiOf(side), messageSubtype: 2 });
    side.isRefreshing = false;
  }
}

function afiSafiOf({ family }: Side) {
  return family === 4 ? IPV4_UNICAST : IPV6_UNICAST;
}

function concat(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

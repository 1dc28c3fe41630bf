/** Adj-RIB-In (RFC 4271 §3.2): what one peer has told us, kept to be looked at, and what each UPDATE changed in it. */

import type { MessageError, PathAttributes, UpdateMessage } from "../messages.ts";

/** Attributes without those that carry the routes themselves. */
export interface ReceivedRoute {
  readonly prefix: string;
  readonly nextHop?: string;
  readonly linkLocalNextHop?: string;
  readonly attributes: Omit<PathAttributes, "nextHop" | "mpReachNlri" | "mpUnreachNlri">;
}

/** What became of one prefix. */
export type RouteNews =
  | ({ readonly event: "learned" } & ReceivedRoute)
  | { readonly event: "withdrawn"; readonly prefix: string }
  /** RFC 7606 §2: the route is gone, as its UPDATE was malformed. */
  | { readonly event: "treatedAsWithdrawn"; readonly prefix: string; readonly reason: string }
  /** RFC 7606 §2: the routes stay without the attribute. */
  | { readonly event: "attributeDiscarded"; readonly prefix: string; readonly reason: string };

export class AdjRibIn {
  readonly #routes = new Map<string, ReceivedRoute & { readonly isStale: boolean }>();
  readonly #most: number;

  /** Takes no more than `most` routes. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#routes.size;
  }

  /** Routes now; stale ones are those that a peer that restarts has not told again. */
  routes(): IterableIterator<ReceivedRoute & { readonly isStale: boolean }> {
    return this.#routes.values();
  }

  /** Takes what an UPDATE says. Throws RangeError where it is too much. */
  take({ withdrawnRoutes, pathAttributes, nlri }: UpdateMessage, errors: readonly MessageError[]): RouteNews[] {
    const { nextHop, mpReachNlri, mpUnreachNlri, ...attributes } = pathAttributes;
    const news: RouteNews[] = [];
    for (const prefix of [...withdrawnRoutes, ...(mpUnreachNlri?.withdrawnRoutes ?? [])]) {
      if (this.#routes.delete(prefix)) news.push({ event: "withdrawn", prefix });
    }
    const routes: ReceivedRoute[] = nlri.map((prefix) => ({ prefix, ...(nextHop === undefined ? {} : { nextHop }), attributes }));
    if (mpReachNlri !== undefined) {
      const { nextHop: next, linkLocalNextHop } = mpReachNlri;
      const hops = { nextHop: next, ...(linkLocalNextHop === undefined ? {} : { linkLocalNextHop }) };
      routes.push(...mpReachNlri.nlri.map((prefix) => ({ prefix, ...hops, attributes })));
    }
    const withdrawal = errors.find(({ verb }) => verb === "treatAsWithdraw");
    const discards = errors.filter(({ verb }) => verb === "discardAttribute");
    for (const route of routes) news.push(...(withdrawal === undefined ? this.#learn(route, discards) : this.#drop(route, withdrawal)));
    return news;
  }

  /** RFC 4724 §4.2: the peer restarts, and its routes are kept meanwhile. */
  markStale(): void {
    for (const [prefix, route] of this.#routes) this.#routes.set(prefix, { ...route, isStale: true });
  }

  /** Forgets stale routes of a family; undefined: of all. */
  dropStale(isOfFamily: (prefix: string) => boolean = () => true): RouteNews[] {
    const stale = [...this.#routes.values()].filter(({ isStale, prefix }) => isStale && isOfFamily(prefix));
    return stale.map(({ prefix }) => this.#forget(prefix));
  }

  /** Forgets everything. */
  clear(): RouteNews[] {
    return [...this.#routes.keys()].map((prefix) => this.#forget(prefix));
  }

  #learn(route: ReceivedRoute, discards: readonly MessageError[]): RouteNews[] {
    const { prefix } = route;
    if (this.#routes.size >= this.#most && !this.#routes.has(prefix)) throw new RangeError(`More than ${this.#most} routes`);
    const { isStale: _isStale, ...before } = this.#routes.get(prefix) ?? { isStale: false };
    this.#routes.set(prefix, { ...route, isStale: false });
    const isNews = JSON.stringify(before) !== JSON.stringify(route);
    return [
      ...discards.map(({ reason }) => ({ event: "attributeDiscarded", prefix, reason }) as const),
      ...(isNews ? [{ event: "learned", ...route } as const] : []),
    ];
  }

  #drop({ prefix }: ReceivedRoute, { reason }: MessageError): RouteNews[] {
    this.#routes.delete(prefix);
    return [{ event: "treatedAsWithdrawn", prefix, reason }];
  }

  #forget(prefix: string): RouteNews {
    this.#routes.delete(prefix);
    return { event: "withdrawn", prefix };
  }
}

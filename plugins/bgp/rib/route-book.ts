/**
 * The routes that a node's announcements give, kept so that one changed announcement costs its own prefixes only. What is in it depends on
 * the announcements in it alone, not on the order in which they came.
 */

import type { Announcement, Refusal } from "../../../host/announcer.ts";
import { type Contribution, contributionsOf, mergeRoute, type RouteAttributes } from "./routes-plan.ts";

/** How many addresses contribute the same to a prefix: hundreds to an aggregate, all alike. */
interface Share {
  readonly contribution: Contribution;
  count: number;
}

export class RouteBook {
  readonly #byVip = new Map<string, readonly Contribution[]>();
  /** Most prefixes have one share. */
  readonly #byPrefix = new Map<string, readonly Share[]>();
  readonly #refused = new Map<string, string>();
  readonly #contents = new WeakMap<object, string>();
  readonly #merged = new WeakMap<object, Map<string, RouteAttributes | string | undefined>>();

  /** Takes an announcement in, in the place of the last one of the same address; gives the prefixes that may have changed. */
  put(announcement: Announcement): Set<string> {
    const touched = this.remove(announcement.vip);
    const found = contributionsOf(announcement);
    if (typeof found === "string") this.#refused.set(announcement.vip, found);
    else {
      this.#byVip.set(announcement.vip, found);
      for (const contribution of found) {
        touched.add(contribution.prefix);
        this.#add(contribution);
      }
    }
    return touched;
  }

  /** Gives the prefixes that may have changed. An address that is not in the book is fine. */
  remove(vip: string): Set<string> {
    const contributions = this.#byVip.get(vip) ?? [];
    for (const contribution of contributions) this.#drop(contribution);
    this.#byVip.delete(vip);
    this.#refused.delete(vip);
    return new Set(contributions.map(({ prefix }) => prefix));
  }

  /** All prefixes that some peer may be told of. */
  prefixes(): Iterable<string> {
    return this.#byPrefix.keys();
  }

  /** What a peer is to be told of a prefix; undefined: nothing. */
  routeTo(peer: string, prefix: string): RouteAttributes | undefined {
    const route = this.#merge(prefix, peer);
    return typeof route === "string" ? undefined : route;
  }

  /** Of these addresses, those that give no route, or one that no message could carry, and why; sorted. */
  refusals(vips: readonly string[], peers: readonly string[]): Refusal[] {
    const refused: Refusal[] = [];
    for (const vip of vips) {
      const reason = this.#refused.get(vip) ?? this.#unsayable(this.#byVip.get(vip) ?? [], peers);
      if (reason !== undefined) refused.push({ vip, reason });
    }
    return refused.sort((a, b) => (a.vip < b.vip ? -1 : 1));
  }

  #unsayable(contributions: readonly Contribution[], peers: readonly string[]): string | undefined {
    for (const { prefix } of contributions) {
      for (const peer of peers) {
        const route = this.#merge(prefix, peer);
        if (typeof route === "string") return route;
      }
    }
    return undefined;
  }

  #merge(prefix: string, peer: string): RouteAttributes | string | undefined {
    const shares = this.#byPrefix.get(prefix);
    if (shares === undefined) return undefined;
    const [only] = shares;
    if (shares.length === 1 && only !== undefined) return this.#mergeOne(only.contribution, peer);
    const contributions = shares.map(({ contribution }) => contribution);
    // Keys begin with the source.
    contributions.sort((a, b) => (this.#keyOf(a) < this.#keyOf(b) ? -1 : 1));
    return mergeRoute(contributions, peer);
  }

  /** Of thousands of prefixes with the same terms, the same object for all. */
  #mergeOne(contribution: Contribution, peer: string): RouteAttributes | string | undefined {
    if (contribution.endpoints !== undefined) return mergeRoute([contribution], peer);
    let byPeer = this.#merged.get(contribution.terms);
    if (byPeer === undefined) {
      byPeer = new Map();
      this.#merged.set(contribution.terms, byPeer);
    }
    if (!byPeer.has(peer)) byPeer.set(peer, mergeRoute([contribution], peer));
    return byPeer.get(peer);
  }

  #add(contribution: Contribution): void {
    const shares = this.#byPrefix.get(contribution.prefix) ?? [];
    const share = this.#find(shares, contribution);
    if (share === undefined) this.#byPrefix.set(contribution.prefix, [...shares, { contribution, count: 1 }]);
    else share.count += 1;
  }

  #drop(contribution: Contribution): void {
    const { prefix, source } = contribution;
    const shares = this.#byPrefix.get(prefix) ?? [];
    const share = this.#find(shares, contribution);
    if (share === undefined) throw new Error(`Cannot drop what ${source} gave ${prefix}: it is not there`);
    share.count -= 1;
    if (share.count > 0) return;
    if (shares.length === 1) this.#byPrefix.delete(prefix);
    else
      this.#byPrefix.set(
        prefix,
        shares.filter((other) => other !== share),
      );
  }

  #find(shares: readonly Share[], contribution: Contribution): Share | undefined {
    return shares.find((share) => share.contribution === contribution || this.#keyOf(share.contribution) === this.#keyOf(contribution));
  }

  /** The host shares the terms among announcements, so that their text is made once. */
  #keyOf({ source, terms, endpoints }: Contribution): string {
    let content = this.#contents.get(terms);
    if (content === undefined) {
      content = JSON.stringify(terms);
      this.#contents.set(terms, content);
    }
    return `${source} ${endpoints ?? ""} ${content}`;
  }
}

/**
 * The routes that a node's announcements give, kept so that one changed announcement costs its own prefixes only. What is in it depends on
 * the announcements in it alone, not on the order in which they came.
 *
 * There may be a million, nearly all of them of one address, one prefix and the same terms: so what is kept of an announcement is what it
 * shares with others, and what it contributes is worked out again when it goes.
 */

import type { Announcement, Refusal } from "../../../host/announcer.ts";
import { contributionsOf, isFor, mergeRoute, type RouteAttributes, type Voice } from "./routes-plan.ts";

/** How many addresses say the same of a prefix: hundreds of an aggregate. */
interface Share {
  readonly voice: Voice;
  count: number;
}

/** Most prefixes have one address that says one thing. */
type Shares = Voice | readonly Share[];

/** What is kept of an announcement. */
type Kept = Pick<Announcement, "vip" | "family" | "attributes" | "localEndpoints">;

export class RouteBook {
  readonly #attributes = new Map<string, Announcement["attributes"]>();
  /** Of addresses that reach endpoints on this node only. */
  readonly #endpoints = new Map<string, number>();
  readonly #byPrefix = new Map<string, Shares>();
  readonly #refused = new Map<string, string>();
  /** Some route was asked for that no message could carry. */
  #isUnsayable = false;
  readonly #keys = new WeakMap<object, string>();
  readonly #merged = new WeakMap<Voice, Map<string, RouteAttributes | string | undefined>>();

  /** Takes an announcement in, in the place of the last one of the same address; adds the prefixes that may have changed to `touched`. */
  put(announcement: Kept, touched = new Set<string>()): Set<string> {
    this.remove(announcement.vip, touched);
    const { vip, attributes, localEndpoints } = announcement;
    const found = contributionsOf(announcement);
    if (typeof found === "string") {
      this.#refused.set(vip, found);
      return touched;
    }
    this.#attributes.set(vip, attributes);
    if (localEndpoints !== undefined) this.#endpoints.set(vip, localEndpoints);
    for (const { prefix, voice } of found) {
      touched.add(prefix);
      this.#add(prefix, voice);
    }
    return touched;
  }

  /** Adds the prefixes that may have changed to `touched`. An address that is not in the book is fine. */
  remove(vip: string, touched = new Set<string>()): Set<string> {
    for (const { prefix, voice } of this.#contributionsOf(vip)) {
      touched.add(prefix);
      this.#drop(prefix, voice);
    }
    this.#attributes.delete(vip);
    if (this.#endpoints.size > 0) this.#endpoints.delete(vip);
    if (this.#refused.size > 0) this.#refused.delete(vip);
    return touched;
  }

  /** All prefixes that some peer may be told of. */
  prefixes(): Iterable<string> {
    return this.#byPrefix.keys();
  }

  /** What a peer is to be told of a prefix; undefined: nothing. */
  routeTo(peer: string, prefix: string): RouteAttributes | undefined {
    const route = this.#merge(prefix, peer);
    if (typeof route !== "string") return route;
    this.#isUnsayable = true;
    return undefined;
  }

  /** Of these peers, those that are to be told a route because of this address. */
  peersOf(vip: string, peers: readonly string[]): string[] {
    const found = this.#contributionsOf(vip);
    return peers.filter((peer) => found.some(({ prefix, voice }) => isFor(voice, peer) && typeof this.#merge(prefix, peer) === "object"));
  }

  /** Of these addresses, those that give no route, or one that no message could carry, and why; sorted. */
  refusals(vips: readonly string[], peers: readonly string[]): Refusal[] {
    const refused: Refusal[] = [];
    // Nearly always; a route that no message could carry is seen by whoever asks for it.
    if (this.#refused.size === 0 && !this.#isUnsayable) return refused;
    for (const vip of vips) {
      const reason = this.#refused.get(vip) ?? this.#unsayable(vip, peers);
      if (reason !== undefined) refused.push({ vip, reason });
    }
    return refused.sort((a, b) => (a.vip < b.vip ? -1 : 1));
  }

  #unsayable(vip: string, peers: readonly string[]): string | undefined {
    for (const { prefix } of this.#contributionsOf(vip)) {
      for (const peer of peers) {
        const route = this.#merge(prefix, peer);
        if (typeof route === "string") return route;
      }
    }
    return undefined;
  }

  #contributionsOf(vip: string): Exclude<ReturnType<typeof contributionsOf>, string> {
    const attributes = this.#attributes.get(vip);
    if (attributes === undefined) return [];
    const localEndpoints = this.#endpoints.size > 0 ? this.#endpoints.get(vip) : undefined;
    const kept: Kept = { vip, family: vip.includes(":") ? 6 : 4, attributes };
    const found = contributionsOf(localEndpoints === undefined ? kept : { ...kept, localEndpoints });
    if (typeof found === "string") throw new Error(`Cannot find what ${vip} gave: ${found}`);
    return found;
  }

  #merge(prefix: string, peer: string): RouteAttributes | string | undefined {
    const shares = this.#byPrefix.get(prefix);
    if (shares === undefined) return undefined;
    if (!isList(shares)) return this.#mergeOne(prefix, shares, peer);
    const voices = shares.map(({ voice }) => voice);
    // Keys begin with the source.
    return mergeRoute(
      prefix,
      voices.sort((a, b) => (this.#keyOf(a) < this.#keyOf(b) ? -1 : 1)),
      peer,
    );
  }

  /** Of thousands of prefixes with the same terms, the same object for all. */
  #mergeOne(prefix: string, voice: Voice, peer: string): RouteAttributes | string | undefined {
    let byPeer = this.#merged.get(voice);
    if (byPeer === undefined) {
      byPeer = new Map();
      this.#merged.set(voice, byPeer);
    }
    if (!byPeer.has(peer)) byPeer.set(peer, mergeRoute(prefix, [voice], peer));
    return byPeer.get(peer);
  }

  #add(prefix: string, voice: Voice): void {
    const shares = this.#byPrefix.get(prefix);
    if (shares === undefined) {
      this.#byPrefix.set(prefix, voice);
      return;
    }
    const list = isList(shares) ? shares : [{ voice: shares, count: 1 }];
    const share = list.find((one) => this.#isSame(one.voice, voice));
    if (share !== undefined) share.count += 1;
    this.#byPrefix.set(prefix, share === undefined ? [...list, { voice, count: 1 }] : list);
  }

  #drop(prefix: string, voice: Voice): void {
    const shares = this.#byPrefix.get(prefix) ?? [];
    if (!isList(shares)) {
      this.#byPrefix.delete(prefix);
      return;
    }
    const share = shares.find((one) => this.#isSame(one.voice, voice));
    if (share === undefined) throw new Error(`Cannot drop what ${voice.source} said of ${prefix}: it is not there`);
    share.count -= 1;
    const left = shares.filter(({ count }) => count > 0);
    const [only] = left;
    if (only === undefined) this.#byPrefix.delete(prefix);
    else this.#byPrefix.set(prefix, left.length === 1 && only.count === 1 ? only.voice : left);
  }

  #isSame(a: Voice, b: Voice): boolean {
    return a === b || this.#keyOf(a) === this.#keyOf(b);
  }

  /** The host shares the terms among announcements, so that their text is made once. */
  #keyOf({ source, terms, endpoints }: Voice): string {
    let content = this.#keys.get(terms);
    if (content === undefined) {
      content = JSON.stringify(terms);
      this.#keys.set(terms, content);
    }
    return `${source} ${endpoints ?? ""} ${content}`;
  }
}

function isList(shares: Shares): shares is readonly Share[] {
  return Array.isArray(shares);
}

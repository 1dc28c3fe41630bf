/**
 * Who is on the other end of a link, for a peer that is named by its link alone (BGP unnumbered, as FRR's `neighbor eth0 interface`).
 *
 * Routers tell of themselves by Router Advertisements (RFC 4861), whose source is a link-local address that a session can be opened to. We
 * send such, too, so that the other side finds us: with router lifetime 0, which makes us nobody's default router (§6.2.3). At the start we
 * ask once by a Router Solicitation, as otherwise the next advertisement may be long in coming.
 *
 * Left out: everything that an advertisement says to hosts. Whoever can send one on the link can become the peer; a password (TCP MD5) keeps
 * such a session from coming up.
 */

import type { Close, Context, FrameSocket, Link, Permission } from "../../host/announcer.ts";
import { NeighborBook } from "./neighbor-book.ts";
import { isLinkLocal } from "./next-hop.ts";
import { draw } from "./session/random.ts";

const IPV6 = { etherType: 0x86dd, ipProtocol: 58 };
const ALL_NODES = { destination: "33:33:00:00:00:01", destinationAddress: "ff02::1" };
const ALL_ROUTERS = { destination: "33:33:00:00:00:02", destinationAddress: "ff02::2" };
const NOTHING_ELSE = { otherOptionBytes: 0, trailingBytes: 0 };
/** Says nothing to hosts: all fields are unspecified (RFC 4861 §4.2). */
const OURS = { currentHopLimit: 0, flags: 0, routerLifetime: 0, reachableTime: 0, retransTimer: 0, ...NOTHING_ELSE };

const FIRST_DELAY_MS = 1000;
/** FRR's for unnumbered peers; up to a quarter less, so that senders do not fall into step (RFC 4861 §6.2.4). */
const INTERVAL_MS = 10_000;
const JITTER = 0.25;
/** RFC 4861 §10 "Protocol Constants": MAX_RA_DELAY_TIME, MIN_DELAY_BETWEEN_RAS. */
const MOST_ANSWER_DELAY_MS = 500;
const LEAST_GAP_MS = 3000;
const REOPEN_MS = 10_000;

export function neighborPermission(link: string): Permission {
  return { kind: "frame", link, ...IPV6 };
}

/**
 * Calls back with the neighbor's address and zone, `fe80::1%eth0`, whenever it has changed; undefined: nobody is heard any more, which says
 * nothing about a session that is up. Who was heard first stays the neighbor until it falls silent; of several then, it is the lowest
 * address. Follows a link that goes and comes back.
 */
export function watchNeighbor(context: Context, link: string, call: (address: string | undefined) => void): Close {
  let isOpen = true;
  const watch = new NeighborWatch(context, link, (address) => isOpen && call(address));
  if (context.links.all().every(({ name }) => name !== link)) context.log.warn("The link of an unnumbered peer is not there yet", { link });
  const unfollow = context.links.watch((links) => watch.follow(links.find(({ name }) => name === link)));
  return () => {
    isOpen = false;
    unfollow();
    watch.follow(undefined);
  };
}

/** What makes a link another one for us. */
interface Place {
  readonly mac: string;
  readonly address: string;
}

/** Undefined: nothing can be sent there now. */
function placeOf(link: Link | undefined): Place | undefined {
  const address = link?.addresses.find((candidate) => isLinkLocal(candidate.address))?.address;
  return link?.up && link.mac !== "" && address !== undefined ? { mac: link.mac, address } : undefined;
}

class NeighborWatch {
  readonly #context: Context;
  readonly #link: string;
  readonly #neighbors: NeighborBook;
  readonly #advertisement;
  readonly #solicitation;
  #seed: number;
  #place: Place | undefined;
  #socket: FrameSocket | undefined;
  #cancel: Close = () => {};
  #nextMs = Number.POSITIVE_INFINITY;
  #sentMs = Number.NEGATIVE_INFINITY;

  constructor(context: Context, link: string, call: (address: string | undefined) => void) {
    this.#context = context;
    this.#link = link;
    this.#neighbors = new NeighborBook(context, link, call);
    this.#advertisement = context.codec("router-advertisement");
    this.#solicitation = context.codec("router-solicitation");
    this.#seed = Math.floor(context.clock.now() * 1000);
  }

  /** Takes the link as it is now; undefined: there is none. */
  follow(link: Link | undefined): void {
    const place = placeOf(link);
    if (place?.mac === this.#place?.mac && place?.address === this.#place?.address) return;
    this.#close();
    this.#place = place;
    if (place !== undefined) void this.#open(place);
  }

  #close(): void {
    this.#cancel();
    this.#socket?.close();
    this.#socket = undefined;
    this.#neighbors.clear();
  }

  async #open(place: Place): Promise<void> {
    const { clock, frames, log } = this.#context;
    try {
      const socket = await frames.open({ link: this.#link, ...IPV6, groups: [ALL_ROUTERS.destination] });
      if (this.#place !== place) return socket.close();
      this.#socket = socket;
      socket.onFrame((frame) => this.#hear(frame, place));
      this.#send(this.#solicitation.encode({ ...ALL_ROUTERS, ...this.#from(place), ...NOTHING_ELSE }));
      this.#schedule(place, FIRST_DELAY_MS);
    } catch (error) {
      if (this.#place !== place) return;
      log.warn("Cannot look for the neighbor on a link; trying again", { link: this.#link, error: (error as Error).message });
      this.#cancel = clock.after(REOPEN_MS, () => void this.#open(place));
    }
  }

  #hear(frame: Uint8Array, place: Place): void {
    const heard = this.#advertisement.decode(frame);
    if (heard.ok) {
      const { source, sourceAddress, routerLifetime } = heard.fields;
      if (source !== place.mac && sourceAddress !== place.address) this.#neighbors.heard(sourceAddress, routerLifetime);
      return;
    }
    const asked = this.#solicitation.decode(frame);
    if (asked.ok && asked.fields.source !== place.mac) this.#answer(place);
  }

  /** RFC 4861 §6.2.6 "Processing Router Solicitations": to all, not at once, and not again soon. */
  #answer(place: Place): void {
    const nowMs = this.#context.clock.now();
    const delayMs = Math.max(this.#draw() * MOST_ANSWER_DELAY_MS, this.#sentMs + LEAST_GAP_MS - nowMs);
    if (nowMs + delayMs < this.#nextMs) this.#schedule(place, delayMs);
  }

  #schedule(place: Place, delayMs: number): void {
    const { clock } = this.#context;
    this.#cancel();
    this.#nextMs = clock.now() + delayMs;
    this.#cancel = clock.after(delayMs, () => {
      this.#sentMs = clock.now();
      this.#send(this.#advertisement.encode({ ...ALL_NODES, ...this.#from(place), ...OURS }));
      this.#schedule(place, INTERVAL_MS * (1 - this.#draw() * JITTER));
    });
  }

  #from({ mac, address }: Place) {
    return { source: mac, sourceAddress: address, sourceLinkLayerAddress: mac };
  }

  #send(frame: Uint8Array): void {
    try {
      this.#socket?.send(frame);
    } catch (error) {
      // The link has just gone down, which we are about to be told; if not, the next one may pass.
      this.#context.log.debug("Cannot send on a link", { link: this.#link, error: (error as Error).message });
    }
  }

  #draw(): number {
    const { value, seed } = draw(this.#seed);
    this.#seed = seed;
    return value;
  }
}

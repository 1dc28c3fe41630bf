/** Where peers may connect to us: a listener for each family, port and VRF that some peer asks for, and none where nobody does. */

import type { Connection, Context, Listener } from "../../../host/announcer.ts";
import type { Peer } from "../peer.ts";
import { hopLimitsOf } from "../peer-session.ts";
import { splitZone } from "./local-end.ts";
import type { Peering } from "./peering.ts";

interface Place {
  readonly address: string;
  readonly port: number;
  readonly device?: string;
}

/** A place with what its peers have in common. */
interface Wanted extends Place {
  /** GTSM, where all of them have it: the widest. */
  readonly leastHopLimit?: number;
}

/** Peers check our hop limit by GTSM (RFC 5082), or are many hops away. */
const HOP_LIMIT = 255;
const RETRY_MS = 5_000;

export class Listeners {
  readonly #context: Context;
  readonly #peerings: () => Iterable<Peering>;
  /** By what is wanted, as text; undefined where it failed, until it is tried again. */
  readonly #open = new Map<string, Listener | undefined>();
  /** Names of peers whose key is set. */
  readonly #signed = new Set<string>();
  /** What was said last of a peer's key, or of a place: it is not said at every try. */
  readonly #problems = new Map<string, string>();
  #turn: Promise<void> = Promise.resolve();

  constructor(context: Context, peerings: () => Iterable<Peering>) {
    this.#context = context;
    this.#peerings = peerings;
  }

  /** Opens what the peers want by now, closes the rest, and sets the keys of TCP MD5. One call at a time. */
  update(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#update());
    return this.#turn;
  }

  async #update(): Promise<void> {
    const wanted = new Map(this.#wanted().map((place) => [JSON.stringify(place), place]));
    for (const [id, listener] of this.#open) {
      if (wanted.has(id)) continue;
      listener?.close();
      this.#open.delete(id);
    }
    for (const [id, place] of wanted) {
      if (!this.#open.has(id)) this.#open.set(id, await this.#listen(id, place));
      this.#setKeys(id, place);
    }
  }

  #wanted(): Wanted[] {
    const places = new Map<string, { readonly place: Place; readonly least: (number | undefined)[] }>();
    for (const { peer } of this.#peerings()) {
      const place = placeOf(peer);
      if (place === undefined) continue;
      const entry = places.get(JSON.stringify(place)) ?? { place, least: [] };
      places.set(JSON.stringify(place), entry);
      entry.least.push(hopLimitsOf(peer).least);
    }
    return Array.from(places.values(), ({ place, least }) => {
      const all = least.filter((limit) => limit !== undefined);
      return all.length < least.length ? place : { ...place, leastHopLimit: Math.min(...all) };
    });
  }

  async #listen(id: string, place: Wanted): Promise<Listener | undefined> {
    try {
      const listener = await this.#context.net.listen({ ...place, hopLimit: HOP_LIMIT }, (connection) => this.#take(connection, place));
      this.#problems.delete(id);
      return listener;
    } catch (cause) {
      const { message } = cause as Error;
      const error = message.includes("EADDRINUSE") ? `${message}: is another BGP daemon running on this machine?` : message;
      this.#complain(id, error, "Cannot listen for BGP peers", { ...place, error, retryAfterMs: RETRY_MS });
      this.#context.clock.after(RETRY_MS, () => {
        if (this.#open.get(id) === undefined && this.#open.delete(id)) void this.update();
      });
      return undefined;
    }
  }

  #take(connection: Connection, place: Wanted): void {
    const [address] = splitZone(connection.remoteAddress);
    for (const peering of this.#peerings()) {
      const { peer } = peering;
      if (!isSame(placeOf(peer), place) || splitZone(peering.address ?? "")[0] !== address) continue;
      const objection = this.#objectTo(peer, place);
      if (objection === undefined) peering.accept(connection);
      else this.#refuse(connection, objection);
      return;
    }
    this.#refuse(connection, "it is no peer");
  }

  /** What would be asked of a peer, and is not asked of this connection. */
  #objectTo({ name, ttlSecurityHops, password }: Peer, { leastHopLimit }: Wanted): string | undefined {
    if (ttlSecurityHops !== undefined && leastHopLimit === undefined)
      return "its ttl-security cannot be kept beside peers without, on the same port";
    return password === undefined || this.#signed.has(name) ? undefined : "its password could not be set";
  }

  #refuse(connection: Connection, reason: string): void {
    this.#context.log.info("Refused a BGP connection", { address: connection.remoteAddress, reason });
    connection.close();
  }

  #complain(about: string, problem: string, message: string, fields: Readonly<Record<string, unknown>>): void {
    if (this.#problems.get(about) !== problem) this.#context.log.error(message, fields);
    this.#problems.set(about, problem);
  }

  /** A key must be there before the peer connects. */
  #setKeys(id: string, place: Wanted): void {
    for (const { peer, address } of this.#peerings()) {
      if (address === undefined || !isSame(placeOf(peer), place)) continue;
      this.#signed.delete(peer.name);
      try {
        this.#open.get(id)?.setMd5(address, peer.password);
        if (peer.password !== undefined) this.#signed.add(peer.name);
        this.#problems.delete(peer.name);
      } catch (cause) {
        const error = (cause as Error).message;
        this.#complain(peer.name, error, "Cannot set the password of a BGP peer", { peer: peer.name, error });
      }
    }
  }
}

/** Undefined: this peer does not connect to us. */
function placeOf({ at, listenPort, vrf }: Peer): Place | undefined {
  if (listenPort === undefined) return undefined;
  const device = vrf ?? ("link" in at ? at.link : undefined);
  const isIpv4 = "family" in at && at.family === 4;
  return { address: isIpv4 ? "0.0.0.0" : "::", port: listenPort, ...(device === undefined ? {} : { device }) };
}

function isSame(a: Place | undefined, b: Place): boolean {
  return a !== undefined && a.address === b.address && a.port === b.port && a.device === b.device;
}

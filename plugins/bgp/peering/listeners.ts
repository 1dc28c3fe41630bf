/** Where peers may connect to us: a listener for each family, port and VRF that some peer asks for, and none where nobody does. */

import type { Connection, Context, Listener } from "../../../host/announcer.ts";
import type { Peer } from "../peer.ts";
import { splitZone } from "./local-end.ts";
import type { Peering } from "./peering.ts";

interface Place {
  readonly address: string;
  readonly port: number;
  readonly device?: string;
}

/** Peers check our hop limit by GTSM (RFC 5082), or are many hops away. */
const HOP_LIMIT = 255;
const RETRY_MS = 5_000;

export class Listeners {
  readonly #context: Context;
  readonly #peerings: () => Iterable<Peering>;
  readonly #open = new Map<string, Promise<Listener | undefined>>();
  #keys = new Map<string, string>();

  constructor(context: Context, peerings: () => Iterable<Peering>) {
    this.#context = context;
    this.#peerings = peerings;
  }

  /** Opens what the peers want by now, and closes the rest. */
  async update(): Promise<void> {
    const wanted = new Map<string, Place>();
    for (const { peer } of this.#peerings()) {
      const place = placeOf(peer);
      if (place !== undefined) wanted.set(JSON.stringify(place), place);
    }
    for (const [id, listener] of this.#open) {
      if (wanted.has(id)) continue;
      this.#open.delete(id);
      (await listener)?.close();
    }
    for (const [id, place] of wanted) if (!this.#open.has(id)) this.#open.set(id, this.#listen(id, place));
    await this.#setKeys();
  }

  /** Undefined where it cannot; tried again later. */
  async #listen(id: string, place: Place): Promise<Listener | undefined> {
    try {
      return await this.#context.net.listen({ ...place, hopLimit: HOP_LIMIT }, (connection) => this.#take(connection, place));
    } catch (error) {
      this.#context.log.error("Cannot listen for BGP peers", { ...place, error: (error as Error).message, retryAfterMs: RETRY_MS });
      this.#context.clock.after(RETRY_MS, () => {
        if (this.#open.delete(id)) void this.update();
      });
      return undefined;
    }
  }

  #take(connection: Connection, { port }: Place): void {
    const [address] = splitZone(connection.remoteAddress);
    for (const peering of this.#peerings()) {
      if (placeOf(peering.peer)?.port !== port || splitZone(peering.address ?? "")[0] !== address) continue;
      peering.accept(connection);
      return;
    }
    this.#context.log.info("Refused a connection of a stranger", { address, port });
    connection.close();
  }

  /** TCP MD5 is a matter of the listener, before anybody connects. */
  async #setKeys(): Promise<void> {
    const keys = new Map<string, string>();
    for (const { peer, address } of this.#peerings()) {
      const place = placeOf(peer);
      if (place === undefined || address === undefined) continue;
      const id = `${JSON.stringify(place)} ${address}`;
      keys.set(id, JSON.stringify(peer.password ?? null));
      if (this.#keys.get(id) === keys.get(id)) continue;
      const listener = await this.#open.get(JSON.stringify(place));
      if (listener !== undefined && (peer.password !== undefined || this.#keys.has(id))) listener.setMd5(address, peer.password);
    }
    this.#keys = keys;
  }
}

/** Undefined: this peer does not connect to us. */
function placeOf({ at, listenPort, vrf }: Peer): Place | undefined {
  if (listenPort === undefined) return undefined;
  const device = vrf ?? ("link" in at ? at.link : undefined);
  const isIpv4 = "family" in at && at.family === 4;
  return { address: isIpv4 ? "0.0.0.0" : "::", port: listenPort, ...(device === undefined ? {} : { device }) };
}

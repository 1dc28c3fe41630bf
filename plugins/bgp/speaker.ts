/** The running plugin: routes, the peerings of the configured peers, and where they may connect to us. */

import type { Changes, Close, Context, Refusal } from "../../host/announcer.ts";
import type { BgpConfig } from "./config.ts";
import { inspect } from "./inspect.ts";
import { tellPeers } from "./peer-metrics.ts";
import { identifierOf } from "./peering/identifier.ts";
import { Listeners } from "./peering/listeners.ts";
import { Peering, type PeeringConfig } from "./peering/peering.ts";
import { DesiredRoutes } from "./rib/desired-routes.ts";

/** How long peers get to find other paths before ours end (RFC 8326 §4: at least the time that their updates take). */
const DRAIN_MS = 2_000;

export class Speaker {
  readonly #context: Context;
  readonly #routes: DesiredRoutes;
  readonly #listeners: Listeners;
  readonly #peerings = new Map<string, Peering>();
  readonly #closes: readonly Close[];
  #config: BgpConfig;
  /** The first `apply` has come. */
  #isRunning = false;

  constructor(context: Context, config: BgpConfig) {
    this.#context = context;
    this.#config = config;
    this.#routes = new DesiredRoutes(() => context.routeTables(), context.codec("bgp"));
    this.#listeners = new Listeners(context, () => this.#peerings.values());
    this.#closes = [
      context.links.watch(() => {
        for (const peering of this.#peerings.values()) peering.addressesChanged();
      }),
      context.metrics.collect((tell) => tellPeers(this.#peerings.values(), tell)),
    ];
  }

  /** Takes announcements over; peers hear of them as soon as they can. */
  async apply(changes: Changes): Promise<readonly Refusal[]> {
    const refusals = this.#routes.apply(changes);
    if (this.#isRunning) for (const peering of this.#peerings.values()) peering.flush();
    else await this.#begin();
    return refusals;
  }

  /** Where it fails, the next `apply` begins again with the peers that are not there yet. */
  async #begin(): Promise<void> {
    this.#isRunning = true;
    try {
      await this.configure(this.#config);
    } catch (error) {
      this.#isRunning = false;
      throw error;
    }
  }

  /**
   * Starts peers that are new, ends those that are gone, and changes of the others what has changed. One that is to be elsewhere is another
   * peer, whatever its name.
   */
  async configure(config: BgpConfig): Promise<void> {
    this.#config = config;
    if (!this.#isRunning) return;
    const wanted = new Map(config.peers.map((peer) => [peer.name, peer]));
    const isSame = ({ peer: { name, at } }: Peering) => JSON.stringify(wanted.get(name)?.at) === JSON.stringify(at);
    const gone = [...this.#peerings].filter(([, peering]) => !isSame(peering));
    for (const [name] of gone) {
      this.#peerings.delete(name);
      this.#context.log.info("peerRemoved", { peer: name });
    }
    await Promise.all(gone.map(([, peering]) => peering.stop("deconfigured")));
    for (const [name, peer] of wanted) {
      const parts: PeeringConfig = { peer, profile: config.profiles.find((profile) => profile.name === peer.bfdProfile) };
      const peering = this.#peerings.get(name);
      if (peering === undefined) this.#peerings.set(name, this.#start(parts));
      else peering.configure(parts);
    }
    await this.#listeners.update();
  }

  /** Asks all peers to prefer other paths, and gives them the time. */
  async drain(): Promise<void> {
    await this.#drain([...this.#peerings.values()]);
  }

  /** Is as good a path as others again. */
  undrain(): void {
    for (const peering of this.#peerings.values()) peering.leave(false);
  }

  async stop(why: "leave" | "replace"): Promise<void> {
    for (const close of this.#closes) close();
    const peerings = [...this.#peerings.values()];
    // Who keeps our routes until the successor comes has nothing to prefer meanwhile.
    if (why === "replace") await this.#drain(peerings.filter(({ keepsRoutes }) => !keepsRoutes));
    await Promise.all(peerings.map((peering) => peering.stop(why === "leave" ? "shutdown" : "replace")));
  }

  inspect(what: string): unknown {
    return inspect(what, [...this.#peerings.values()], this.#routes, this.#context.clock.now());
  }

  /** Names of the peers that routes of this address are for. */
  audience(vip: string): readonly string[] {
    return this.#routes.audience(vip);
  }

  #start(parts: PeeringConfig): Peering {
    const { peer } = parts;
    const seed = Math.floor(Math.random() * 0x1_0000_0000);
    this.#context.log.info("peerAdded", { peer: peer.name, ...peer.at });
    const identifier = (address: string) =>
      identifierOf(this.#context.node, this.#config.nodeAddresses, this.#context.links.all(), address);
    // After this turn: the peering has to be among the others first.
    const moved = () => queueMicrotask(() => void this.#listeners.update());
    return new Peering(parts, { context: this.#context, routes: this.#routes, identifier, seed, moved });
  }

  async #drain(peerings: readonly Peering[]): Promise<void> {
    const told = peerings.filter((peering) => peering.told > 0);
    if (told.length === 0) return;
    for (const peering of told) peering.leave();
    await new Promise<void>((resolve) => void this.#context.clock.after(DRAIN_MS, resolve));
  }
}

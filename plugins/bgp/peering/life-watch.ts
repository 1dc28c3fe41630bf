/** BFD's watch over one peer while it is at one place. */

import type { Close, Context, Link, LivenessReport } from "../../../host/announcer.ts";
import type { BfdProfile } from "../bfd-profile.ts";
import { canEcho } from "../check-peers.ts";
import type { Peer } from "../peer.ts";
import { isNear } from "./local-end.ts";
import { transportOf } from "./transport.ts";

export class LifeWatch {
  /** It watches over several hops. */
  readonly isFar: boolean;
  #report: LivenessReport | undefined;
  #close: Close = () => {};

  /** `down` hears when the session that was up is not any more; `admin`: the peer itself says so. */
  constructor(context: Context, peer: Peer, profile: BfdProfile, address: string, down: (admin: boolean) => void) {
    this.isFar = isFar(peer, address, context.links.all());
    const { name: _name, echoMode, ...timers } = profile;
    const { sourceAddress, device } = transportOf(peer, address);
    const target = {
      address,
      multihop: this.isFar,
      ...(sourceAddress === undefined ? {} : { localAddress: sourceAddress }),
      ...(device === undefined ? {} : { device }),
    };
    try {
      this.#close = context.liveness.watch(target, { ...timers, echoMode: echoMode && canEcho(peer) }, (report) => {
        const wasUp = this.#report?.state === "up";
        this.#report = report;
        if (wasUp && report.state !== "up") down(report.isPeerAdminDown);
      });
    } catch (error) {
      // As with a profile that is missing: it costs BFD, not the session.
      context.log.error("Cannot watch a peer by BFD", { peer: peer.name, error: (error as Error).message });
    }
  }

  /** Undefined: nothing is known yet. */
  get report(): LivenessReport | undefined {
    return this.#report;
  }

  close(): void {
    this.#close();
  }
}

/** More than one hop away, as far as links tell. */
export function isFar({ multihop }: Peer, address: string, links: readonly Link[]): boolean {
  return multihop || !isNear(address, links);
}

/** What comes of taking a node out of service: the answer to `{"ask": "drain"}` and `{"ask": "undrain"}`. */

import type { SpeakerParts } from "./status.ts";

export interface DrainOutcome {
  readonly node: string;
  readonly isDraining: boolean;
  /** Its Node in the cluster says that it is to drain, and goes on to. */
  readonly isByNode: boolean;
  /** VIP groups that it answered for, and who was heard to answer instead: a node, or the MAC of a station that is no speaker's. */
  readonly handedOver: readonly { readonly group: string; readonly to?: string }[];
  /** Those that it still answers for. */
  readonly kept: readonly string[];
}

/** Takes the node out of service, or back; resolves when it is done or after 10 s. */
export type Drain = (isOn: boolean) => Promise<DrainOutcome>;

/** Throws where nothing can be handed over. */
export async function drain({ drain: call, isReady }: SpeakerParts, isOn: boolean): Promise<DrainOutcome> {
  if (!isReady) throw new Error("Herald is starting: ask again in a moment");
  if (call === undefined) throw new Error("This Herald cannot hand over what it owns");
  return await call(isOn);
}

/** What the objects of a cluster say of one Service: who announces it by its own account, and who is there to. Durations in milliseconds. */

export interface ClusterAccount {
  /** Of each ServiceL2Status. `agoMs`: since it is there. */
  readonly l2: readonly { readonly node: string; readonly interfaces: readonly string[]; readonly agoMs?: number }[];
  /** Of each ServiceBGPStatus. */
  readonly bgp: readonly { readonly node: string; readonly peers: readonly string[]; readonly agoMs?: number }[];
  /** Of the Service, the newest first. */
  readonly events: readonly ClusterEvent[];
  /** By their Leases. */
  readonly speakers: readonly ClusterSpeaker[];
  /** Kinds that may not be read, so that they count as absent. */
  readonly refused: readonly string[];
}

export interface ClusterEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
  /** Who said it: `metallb-speaker node-a`. */
  readonly from: string;
  /** Since it was said last. */
  readonly agoMs?: number;
}

export interface ClusterSpeaker {
  readonly node: string;
  readonly renewedAgoMs?: number;
  /** Its Lease has expired. */
  readonly isSilent: boolean;
  readonly isLeaving: boolean;
}

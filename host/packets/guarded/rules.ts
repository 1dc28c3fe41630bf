/** What a plugin that is not built in may send, as the guard reads it: names of links and texts of scopes are ids and numbers by now. */

export interface SendRules {
  readonly frames: readonly FrameRule[];
  readonly hosts: readonly HostRule[];
}

export interface FrameRule {
  /** Takes what others give. */
  readonly isDenial: boolean;
  /** A bit each. */
  readonly links: bigint;
  readonly etherType: number;
  /** Default: every one. */
  readonly ipProtocol?: number;
  /**
   * Source MACs, two numbers of 48 bits: those that are `value` where `mask` has bits. A grant is for the link's own MAC too, a denial for
   * all but that. Default: a grant is for the link's own only, a denial for all.
   */
  readonly source?: { readonly value: number; readonly mask: number };
}

/** From the first to the last of these, 16 bytes each, IPv4 in its mapped form. */
export interface HostRule {
  readonly isDenial: boolean;
  readonly first: Uint8Array;
  readonly last: Uint8Array;
  /** Default: every one. */
  readonly port?: number;
}

export const NO_RULES: SendRules = { frames: [], hosts: [] };

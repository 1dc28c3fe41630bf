/** Codecs of messages in Ethernet frames, kept in WebAssembly: for plugins that send and hear them as `frames` (`network.ts`). */

/** A message without a meaning here is none: other traffic comes by the same socket. */
export type DecodedFrame<Fields> = { readonly ok: true; readonly fields: Fields } | FrameFault;

export interface FrameFault {
  readonly ok: false;
  /** The rule that is broken by name, in words, and where it stands. */
  readonly status: string;
  readonly meaning: string;
  readonly source: string;
}

export interface FrameCodec<Fields> {
  decode(frame: Uint8Array): DecodedFrame<Fields>;
  /** Throws TypeError where a value is not what it should be, RangeError where decoding would refuse the frame. */
  encode(fields: Fields): Uint8Array;
}

/** RFC 4861 §4.1. MACs are `aa:bb:cc:dd:ee:ff`, addresses canonical text. */
export interface RouterSolicitation {
  /** MACs of the frame. */
  readonly destination: string;
  readonly source: string;
  /** `::` where the host has none yet. */
  readonly sourceAddress: string;
  readonly destinationAddress: string;
  /** The option; all zeros: there is none. */
  readonly sourceLinkLayerAddress: string;
  /** Octets of options that are not read; 0 to encode. */
  readonly otherOptionBytes: number;
  /** Octets behind the packet. */
  readonly trailingBytes: number;
}

/** RFC 4861 §4.2. */
export interface RouterAdvertisement extends RouterSolicitation {
  readonly currentHopLimit: number;
  /** M is 0x80, O 0x40. */
  readonly flags: number;
  /** Seconds; 0: not a default router. */
  readonly routerLifetime: number;
  /** Milliseconds; 0: unspecified. */
  readonly reachableTime: number;
  readonly retransTimer: number;
}

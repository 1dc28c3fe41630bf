/**
 * What the host knows of a wire format: names. Bytes are read and written in `wasm/wire`; a format says which decoder to call, where in the
 * record each field lies (the name of an exported offset) and what each status means. A new format is one more file like `arp.ts`.
 */

/** How a field lies in the record, and is shown: a MAC and an address as text, the others as numbers. */
export type FieldKind = "mac" | "ipv4" | "ipv6" | "u8" | "u16" | "u32";

export interface Field {
  /** Domain word, as in the JSON of `herald decode`. */
  readonly name: string;
  /** Exported global of module `wire` that holds its offset. */
  readonly at: string;
  readonly kind: FieldKind;
}

export interface Meaning {
  /** What is wrong with the bytes: a clause, no period. */
  readonly meaning: string;
  /** RFC or standard, section and its title. */
  readonly source: string;
}

export interface Format {
  /** As in `herald decode NAME`. */
  readonly name: string;
  /** One line for `--help`: what one packet of input is. */
  readonly summary: string;
  /** Exported function of module `wire`: `(at, length) → Status`. */
  readonly decode: string;
  /** `() → length or Status`; absent where the record does not hold all of the packet. */
  readonly encode?: string;
  /** In the order in which they are shown. */
  readonly fields: readonly Field[];
  /** Every status that its decoder or encoder gives, by name. */
  readonly statuses: Readonly<Record<string, Meaning>>;
}

/** One row of a packet program as bytes: `docs/packet-programs.md` "Rows". Offsets in bytes, numbers little-endian. */
export const Row = { bytes: 64, family: 0, state: 1, links: 8, address: 16, attributes: 32 } as const;

export const RowState = { active: 1, standby: 2, draining: 3 } as const;

/** Attributes of the rows of `arp` and `ndp`, u32 each, as offsets in the row. */
export const AddressRow = {
  /** Milliseconds after which an active row announces itself again, one round; 0: never. */
  refreshMs: 32,
  /** A change of it makes a row on standby ask once on each of its links who has its address. */
  askSerial: 36,
  /** A change of it makes an active row announce itself once more, one round. */
  announceSerial: 40,
} as const;

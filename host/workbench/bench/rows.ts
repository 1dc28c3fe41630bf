/** Rows for a packet program under a bench: `docs/packet-programs.md` "Rows". */
import { ROW_BYTES } from "../../packets/program.ts";
import { FIRST_VIP } from "./arp-frames.ts";

/** A row that answers like an active one but does not announce itself: five rounds for each VIP would blur the figures. */
const DRAINING = 3;

/** One row a VIP, answering on link 0. */
export function writeRows(vips: number): Uint8Array {
  const rows = new Uint8Array(vips * ROW_BYTES);
  const view = new DataView(rows.buffer);
  for (let vip = 0; vip < vips; vip++) {
    const at = vip * ROW_BYTES;
    view.setUint8(at, 4);
    view.setUint8(at + 1, DRAINING);
    view.setBigUint64(at + 8, 1n, true);
    view.setUint32(at + 16, FIRST_VIP + vip);
  }
  return rows;
}

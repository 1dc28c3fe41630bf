/** Rows of packet program `arp` as bytes, for tests of the ownership machine. */

/** Of an IPv4 address, on every link. */
export function recordOf(vip: string): Uint8Array {
  const record = new Uint8Array(64);
  record[0] = 4;
  record[1] = 2; // standby
  record.fill(0xff, 8, 16);
  record.set(vip.split(".").map(Number), 16);
  return record;
}

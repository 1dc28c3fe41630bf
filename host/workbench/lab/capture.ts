/** Writes frames to a capture file, which Wireshark, tshark and tcpdump read. draft-ietf-opsawg-pcap §4, §5. */

import { openSync, writeSync } from "node:fs";

const MAGIC_NANOSECONDS = 0xa1b23c4d;
const SNAP_LENGTH = 0x40000;
const LINK_TYPE_ETHERNET = 1;
const NANOSECONDS = 1_000_000_000n;

/**
 * Gives what writes a frame; it is in the file at once, so a killed lab leaves a whole one. Throws where the file cannot be written.
 * It stays open until the process ends.
 */
export function openCapture(file: string): (frame: Uint8Array, nanoseconds: bigint) => void {
  const fd = open(file);
  const header = new DataView(new ArrayBuffer(24));
  header.setUint32(0, MAGIC_NANOSECONDS, true);
  header.setUint16(4, 2, true); // version 2.4
  header.setUint16(6, 4, true);
  header.setUint32(16, SNAP_LENGTH, true);
  header.setUint32(20, LINK_TYPE_ETHERNET, true);
  writeSync(fd, header);
  return (frame, nanoseconds) => {
    const record = new Uint8Array(16 + frame.length);
    const view = new DataView(record.buffer);
    view.setUint32(0, Number(nanoseconds / NANOSECONDS), true);
    view.setUint32(4, Number(nanoseconds % NANOSECONDS), true);
    view.setUint32(8, frame.length, true);
    view.setUint32(12, frame.length, true);
    record.set(frame, 16);
    writeSync(fd, record);
  };
}

function open(file: string): number {
  try {
    return openSync(file, "w");
  } catch (error) {
    throw new Error(`Cannot write the capture: ${(error as Error).message}`, { cause: error });
  }
}

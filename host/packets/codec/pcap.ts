import { CaptureError, checkLinkType } from "./capture-error.ts";

const MAGIC_MICROSECONDS = 0xa1b2c3d4;
const MAGIC_NANOSECONDS = 0xa1b23c4d;

const FILE_HEADER_BYTES = 24;
const FILE_LINK_TYPE = 20;
const RECORD_HEADER_BYTES = 16;
const RECORD_CAPTURED_LENGTH = 8;

/** Byte order of a pcap file (true: little-endian); undefined where these are not its first bytes. draft-ietf-opsawg-pcap §4 "General File Structure". */
export function pcapByteOrder(view: DataView): boolean | undefined {
  const isMagic = (little: boolean) => [MAGIC_MICROSECONDS, MAGIC_NANOSECONDS].includes(view.getUint32(0, little));
  return [true, false].find(isMagic);
}

/** Frames of a pcap file in order; times are not read. */
export function* pcapFrames(view: DataView): Generator<Uint8Array> {
  const little = pcapByteOrder(view) ?? true;
  if (view.byteLength < FILE_HEADER_BYTES) throw new CaptureError("Capture ends inside its header");
  checkLinkType(view.getUint32(FILE_LINK_TYPE, little) & 0x0fffffff); // the upper four bits tell of frame check sequences
  for (let at = FILE_HEADER_BYTES, number = 1; at < view.byteLength; number++) {
    const isWhole = at + RECORD_HEADER_BYTES <= view.byteLength;
    const length = isWhole ? view.getUint32(at + RECORD_CAPTURED_LENGTH, little) : 0;
    at += RECORD_HEADER_BYTES;
    if (at + length > view.byteLength) throw new CaptureError(`Capture ends inside packet ${number}`);
    yield new Uint8Array(view.buffer, view.byteOffset + at, length);
    at += length;
  }
}

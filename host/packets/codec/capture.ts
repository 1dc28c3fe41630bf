/** Frames of a capture file of tcpdump, tshark or Wireshark: pcap, in both units of time, and pcapng; both byte orders; Ethernet only. */
import { pcapByteOrder, pcapFrames } from "./pcap.ts";
import { isPcapng, pcapngFrames } from "./pcapng.ts";

/** How many bytes `isCapture` needs to see. */
export const MAGIC_BYTES = 4;

export function isCapture(head: Uint8Array): boolean {
  return head.length >= MAGIC_BYTES && (isPcapng(viewOf(head)) || pcapByteOrder(viewOf(head)) !== undefined);
}

/** The frames in order. Throws CaptureError where the file is cut short, garbled, or not of Ethernet; frames before that have been given out. */
export function captureFrames(file: Uint8Array): Generator<Uint8Array> {
  const view = viewOf(file);
  return isPcapng(view) ? pcapngFrames(view) : pcapFrames(view);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

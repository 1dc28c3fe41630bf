/** A capture file that is not what it claims to be, or holds what is not read here. Frames before the fault have been given out. */
export class CaptureError extends Error {
  override readonly name = "CaptureError";
}

const ETHERNET = 1;
/** What `tcpdump -i any` writes. */
const COOKED = [113, 276];

/** Throws CaptureError unless the link type is Ethernet's. */
export function checkLinkType(found: number): void {
  if (found === ETHERNET) return;
  const hint = COOKED.includes(found) ? ": capture on one interface, not on any" : "";
  throw new CaptureError(`Capture is of link type ${found}, expected ${ETHERNET}, Ethernet${hint}`);
}

/** MACs as people write them. */

/** `aa:bb:cc:dd:ee:ff` of six bytes. */
export function formatMac(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(":");
}

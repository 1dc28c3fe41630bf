/** AS numbers where there is room for two octets only (RFC 6793). */

/** RFC 6793 §9: stands for numbers that two octets cannot say, and is nobody's. */
export const AS_TRANS = 23456;
const LAST_TWO_OCTET_AS = 0xffff;

/** The number, or what stands for it. */
export function twoOctetAs(asNumber: number): number {
  return asNumber > LAST_TWO_OCTET_AS ? AS_TRANS : asNumber;
}

/** Frames that mean nothing to anybody, the same for the same seed. */

import { randomFrom } from "../testing/random.ts";

const BROADCAST = Uint8Array.of(255, 255, 255, 255, 255, 255);
const LONGEST = 1514;

/** Of every length, to everybody and to one, of the EtherTypes given and of others, some with a VLAN tag. */
export function noise(seed: number, count: number, etherTypes: readonly number[]): Uint8Array[] {
  const random = randomFrom(seed);
  const types = [...etherTypes, ...etherTypes, 0x8100, 0x0800, 0x86dd, 0x88cc];
  return Array.from({ length: count }, () => {
    const frame = Uint8Array.from({ length: random(3) === 0 ? random(LONGEST) : random(80) }, () => random(256));
    if (frame.length < 14) return frame;
    if (random(2) === 0) frame.set(BROADCAST);
    new DataView(frame.buffer).setUint16(12, types[random(types.length)] as number);
    return frame;
  });
}

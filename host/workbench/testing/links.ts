/** Links for tests: Ethernet, up, and told apart by the number in their name. */

import type { KernelLink } from "../../packets/netlink.ts";

/** `eth3` has index 4 and MAC `02:00:00:00:00:03`. */
export function testLink(name: string, parts: Partial<KernelLink> = {}): KernelLink {
  const number = Number(/\d+$/.exec(name)?.[0] ?? 0);
  const mac = `02:00:00:00:00:${number.toString(16).padStart(2, "0")}`;
  return { index: number + 1, name, mac, up: true, mtu: 1500, broadcast: true, noArp: false, loopback: false, ...parts };
}

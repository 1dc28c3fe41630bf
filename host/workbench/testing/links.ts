/** Links for tests: Ethernet, up, each name with an index of its own. */

import type { MemoryLink } from "../../packets/links.ts";

const names: string[] = [];

/** `eth3` has the MAC `02:00:00:00:00:03`. */
export function testLink(name: string, parts: Partial<MemoryLink> = {}): MemoryLink {
  if (!names.includes(name)) names.push(name);
  const number = Number(/\d+$/.exec(name)?.[0] ?? 0);
  const mac = `02:00:00:00:00:${number.toString(16).padStart(2, "0")}`;
  return { index: names.indexOf(name) + 1, name, mac, up: true, mtu: 1500, broadcast: true, noArp: false, loopback: false, ...parts };
}

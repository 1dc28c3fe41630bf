/**
 * The guard for frames that a plugin sends from TypeScript: what its grants say of EtherType, protocol and MAC is asked for elsewhere; here it
 * is what hides in the frame, and whose address it claims.
 */

import { Guard } from "./guard.ts";

const EVERY_LINK = 0xffff_ffff_ffff_ffffn;
const EVERY_MAC = { value: 0, mask: 0 };
const MOST_ETHERTYPES = 64;

const words: Readonly<Record<string, string>> = {
  truncated: "a frame that is shorter than it says",
  tagged: "a VLAN tag",
  ether_type: "a length in place of an EtherType",
  source_mac: "a group as its source",
  extension_header: "IPv6 extension headers",
  arp_form: "ARP that is neither request nor reply for IPv4 on Ethernet",
  claimed_mac: "another MAC in it than the one that it is sent from",
  address: "an address in it that is not assigned to the plugin now",
  icmp_type: "a message that routers send",
};

export class FrameGuard {
  readonly #guard = new Guard();
  #etherTypes: readonly number[] = [];

  /** `row`: its family and address count. */
  assign(row: Uint8Array): void {
    this.#guard.assign(row);
  }

  free(row: Uint8Array): void {
    this.#guard.free(row);
  }

  /** What is wrong with a frame of that EtherType, in words; undefined: it may leave. */
  problemOf(frame: Uint8Array, etherType: number): string | undefined {
    const guard = this.#guard;
    if (frame.length > guard.areaBytes) return `${frame.length} bytes`;
    if (!this.#etherTypes.includes(etherType)) {
      this.#etherTypes = [etherType, ...this.#etherTypes].slice(0, MOST_ETHERTYPES);
      const frames = this.#etherTypes.map((each) => ({ isDenial: false, links: EVERY_LINK, etherType: each, source: EVERY_MAC }));
      guard.setRules({ frames, hosts: [] });
    }
    guard.memory.set(frame, guard.area);
    const drop = guard.dropNames[guard.checkFrame(guard.area, frame.length, 0)] as string;
    return drop === "none" ? undefined : (words[drop] ?? drop);
  }
}

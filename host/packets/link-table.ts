/** The links that a program has attached, as its datagram ports ask for them. */

import type { WireLink } from "./wire.ts";

/** In a descriptor: the link is not one of the program's, or does not matter. */
export const NO_LINK = 0xffffffff;

/** A program has few links, so that a search beats an index. */
export class LinkTable {
  all: readonly WireLink[] = [];

  find(id: number): WireLink | undefined {
    for (const link of this.all) if (link.id === id) return link;
    return undefined;
  }

  /** NO_LINK where the interface is none of the program's. */
  idOf(index: number): number {
    for (const link of this.all) if (link.index === index) return link.id;
    return NO_LINK;
  }
}

/** Which node's speaker has a MAC, by what the speakers say of themselves. */

import type { NodeFact } from "../rules/vocabulary.ts";

export interface SpeakerMacs {
  /** The node, where one speaker alone has this MAC. */
  nodeOf(mac: string): string | undefined;
  /** This node's speaker has told its MACs. */
  knows(node: string): boolean;
}

/** `nodes`: as they are now; the same map as long as nothing about them has changed. */
export function speakerMacs(nodes: () => ReadonlyMap<string, NodeFact>): SpeakerMacs {
  let read: ReadonlyMap<string, NodeFact> | undefined;
  let byMac = new Map<string, string | undefined>();
  const refresh = (): ReadonlyMap<string, NodeFact> => {
    const now = nodes();
    if (now === read) return now;
    read = now;
    byMac = new Map();
    for (const { name, speaker } of now.values()) {
      // Cloned machines may share a MAC: then it says nothing.
      for (const mac of speaker?.macs ?? []) byMac.set(mac, byMac.has(mac) && byMac.get(mac) !== name ? undefined : name);
    }
    return now;
  };
  return {
    nodeOf(mac) {
      refresh();
      return byMac.get(mac);
    },
    knows: (node) => (refresh().get(node)?.speaker?.macs.length ?? 0) > 0,
  };
}

/** Which node a MAC is of: by what the speakers say of themselves, and by where the kernel reaches the nodes' addresses. */

import type { KernelNeighbor } from "../packets/neighbors.ts";
import type { NodeFact } from "../rules/vocabulary.ts";

export interface SpeakerMacs {
  /** The node, where one alone has this MAC. */
  nodeOf(mac: string): string | undefined;
  /** Sorted. */
  of(node: string): readonly string[];
  /** This node's speaker has told its MACs. */
  knows(node: string): boolean;
}

/** The kernel's neighbors change without a word. */
const FRESH_MS = 4000;

/** `nodes`: as they are now; the same map as long as nothing about them has changed. `neighbors`: read now and then. */
export function speakerMacs(
  nodes: () => ReadonlyMap<string, NodeFact>,
  neighbors: () => readonly Pick<KernelNeighbor, "address" | "mac">[] = () => [],
): SpeakerMacs {
  let read: ReadonlyMap<string, NodeFact> | undefined;
  let readMs = -Infinity;
  let byMac = new Map<string, string | undefined>();
  let byNode = new Map<string, readonly string[]>();
  const refresh = (): ReadonlyMap<string, NodeFact> => {
    const now = nodes();
    const nowMs = performance.now();
    if (now === read && nowMs - readMs < FRESH_MS) return now;
    read = now;
    readMs = nowMs;
    const seen = new Map(neighbors().map(({ address, mac }) => [address, mac]));
    byMac = new Map();
    byNode = new Map();
    for (const { name, addresses, speaker } of now.values()) {
      const macs = new Set([...(speaker?.macs ?? []), ...addresses.flatMap((address) => seen.get(address) ?? [])]);
      byNode.set(name, [...macs].sort());
      // Cloned machines may share a MAC: then it says nothing.
      for (const mac of macs) byMac.set(mac, byMac.has(mac) ? undefined : name);
    }
    return now;
  };
  return {
    nodeOf(mac) {
      refresh();
      return byMac.get(mac);
    },
    of(node) {
      refresh();
      return (byNode.get(node) ?? []).filter((mac) => byMac.get(mac) === node);
    },
    knows: (node) => (refresh().get(node)?.speaker?.macs.length ?? 0) > 0,
  };
}

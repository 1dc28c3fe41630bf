/**
 * kube-proxy in IPVS mode gives every node every VIP, on a link `kube-ipvs0`. Unless it also sets `arp_ignore` (its setting `strictARP`), the
 * kernel of every node answers ARP for all of them, and layer 2 has no owner. The node itself is the proof: settings of kube-proxy may be
 * written and not in force.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Finding } from "./gate.ts";

const SETTINGS = "/proc/sys/net/ipv4/conf";

/** What this node's kernel does. `settings`: the folder of its links' settings. */
export async function findIpvs(node: string, settings = SETTINGS): Promise<readonly Finding[]> {
  const own = await read(join(settings, "kube-ipvs0/arp_ignore"));
  if (own === undefined) return [];
  const all = await read(join(settings, "all/arp_ignore"));
  // The kernel goes by the greater of the two.
  if (Math.max(Number(own), Number(all ?? 0)) > 0) return [];
  return [
    {
      ...{ reason: "IPVS", object: `Node ${node}`, closes: "layer2" },
      message: "kube-proxy runs in IPVS mode without strictARP, so this node's kernel answers ARP for every address, whoever owns it",
      remedy:
        "kubectl -n kube-system edit configmap kube-proxy: set ipvs.strictARP to true; then kubectl -n kube-system rollout restart daemonset kube-proxy",
    },
  ];
}

/** Undefined where there is no such setting. */
async function read(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, "utf8")).trim();
  } catch {
    return undefined;
  }
}

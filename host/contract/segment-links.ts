/** For built-in plugins that announce on segments (ARP, NDP): which links those are, and why not the others. */

import type { Link } from "../announcer.ts";

export interface LinkChoice {
  /** Only these, by exact name; empty: every one that is fit. */
  readonly interfaces: readonly string[];
  /** Never these, unless named in `interfaces`; `*` stands for any run of characters. */
  readonly exclude: readonly string[];
}

const METALLB_EXCLUDE = "docker* cbr* dummy* virbr* lxcbr* veth* lo cali* tunl* flannel* kube-ipvs* cni* nodelocaldns* lxc*";
/** Of other container networks, which users of MetalLB had to add by hand. */
const MORE_EXCLUDE = "cilium* wg* br-* ovs* vxlan*";

export const DEFAULT_EXCLUDE: readonly string[] = `${METALLB_EXCLUDE} ${MORE_EXCLUDE}`.split(" ");

/** Undefined where addresses are announced on this link, else the reason in a few words. */
export function whyNot(link: Link, { interfaces, exclude }: LinkChoice): string | undefined {
  const isNamed = interfaces.includes(link.name);
  if (interfaces.length > 0 && !isNamed) return "not among the interfaces asked for";
  if (link.loopback) return "a loopback";
  if (!link.broadcast || link.noArp) return "resolves no neighbors";
  if (link.mac === "") return "has no MAC address";
  // Frames of a port belong to its bridge or bond, which is a link of its own. A VRF does no ARP: its links do, where it is wanted there.
  if (link.isInVrf && !isNamed) return `in VRF ${link.master}, and not named`;
  if (link.master !== undefined && !link.isInVrf) return `a port of ${link.master}`;
  const pattern = isNamed ? undefined : exclude.find((candidate) => matches(candidate, link.name));
  return pattern === undefined ? undefined : `excluded by ${pattern}`;
}

function matches(pattern: string, name: string): boolean {
  const expression = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${expression.join(".*")}$`).test(name);
}

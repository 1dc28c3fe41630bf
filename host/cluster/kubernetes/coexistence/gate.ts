/** Whether Herald may act here, or something else already does for the same Services. */

import type { Close } from "../../../announcer.ts";
import type { PlanOptions } from "../../../rules/plan.ts";

/** What may be closed: giving out addresses, all announcements, or those by ARP and NDP alone. */
export type GatePart = "controller" | "speaker" | "layer2";

/** Something else that gives out or answers for addresses of Services. */
export interface Finding {
  /** Who it is. */
  readonly reason: "MetalLB" | "ServiceLB" | "kube-vip" | "Cilium" | "IPVS";
  /** `DaemonSet metallb-system/speaker`, `Node a`. */
  readonly object: string;
  /** What it does, as a sentence. */
  readonly message: string;
  /** What ends it, to be typed or read. */
  readonly remedy: string;
  /** Undefined: it may get in the way, but does not have to. */
  readonly closes?: GatePart;
}

/** Asked by whoever acts, as often as they like. */
export interface Gate {
  isOpen(part: GatePart): boolean;
  /** What was found, also what closes nothing, and also where nothing is closed because we take over. */
  findings(): readonly Finding[];
  /** Calls after each change of either. */
  onChange(call: () => void): Close;
}

/** For the plan of a speaker, which is made anew after each change of the gate (`reconciler.replan`): what is closed is withdrawn as any row is. */
export function closedBy(gate: Gate): NonNullable<PlanOptions["closed"]> {
  return ({ from }) => (gate.isOpen(from === "every-node" ? "speaker" : "layer2") ? undefined : "anotherLoadBalancer");
}

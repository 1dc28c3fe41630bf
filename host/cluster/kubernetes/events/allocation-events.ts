/** What comes of Services as Events of theirs, with MetalLB's reasons, since people have alerts on them. */

import type { Said } from "../../../rules/demand.ts";
import type { ServiceFact } from "../../../rules/vocabulary.ts";
import type { AllocationNews } from "../../controller.ts";
import { isSameStatus, type ServiceStatus, statusOf } from "../../service-status.ts";
import { serviceReference } from "../object-reference.ts";
import type { EventSink } from "./events.ts";

/** As in MetalLB these are in the log only: what the user asked for, or nobody's fault. */
const LOG_ONLY = new Set(["noConfig", "notLoadBalancer", "differentPoolRequested", "differentIPRequested"]);
const NORMAL = new Set(["ClearAssignment", "AdditionalAssignFailed"]);

export function allocationEvents(events: EventSink): Pick<AllocationNews, "said" | "written"> {
  return {
    said(service: ServiceFact, { reason, message }: Said): void {
      if (LOG_ONLY.has(reason)) return;
      events.record({ object: serviceReference(service), type: NORMAL.has(reason) ? "Normal" : "Warning", reason, message });
    },
    written(service: ServiceFact, { vips, pool }: ServiceStatus): void {
      const before = statusOf(service).vips;
      // Nothing new to whom the Service is for, where only the name of the pool is another.
      if (vips.length === 0 || isSameStatus({ vips }, { vips: before })) return;
      const message = `Assigned IP ${JSON.stringify(vips).replace(",", " ")} of pool ${pool}`;
      events.record({ object: serviceReference(service), type: "Normal", reason: "IPAllocated", message });
    },
  };
}

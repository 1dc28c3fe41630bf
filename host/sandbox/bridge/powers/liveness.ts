/** Liveness: reports, one after the other. A plugin that is slow misses the oldest of many. */

import type { Liveness, LivenessReport } from "../../../announcer.ts";
import type { Methods } from "../../cell/channel.ts";
import { demandFunction, type FarSide } from "../far-side.ts";
import type { Lender } from "../lender.ts";
import { finite, flag, object, optional } from "../read.ts";
import { address, linkName, newHandle } from "./addresses.ts";

const MOST_REPORTS = 16;
const target = object({ address, localAddress: optional(address), device: optional(linkName), multihop: optional(flag) });
const profile = object({
  receiveIntervalMs: finite,
  transmitIntervalMs: finite,
  detectMultiplier: finite,
  echoMode: optional(flag),
  echoIntervalMs: optional(finite),
  passiveMode: optional(flag),
  minimumTtl: optional(finite),
});

export function lendLiveness(lender: Lender): Methods {
  return {
    "liveness.watch": lender.told("to watch a neighbor", [newHandle, target, profile], (id, whom, how) => {
      const tell = lender.updates<LivenessReport>(id, "report", MOST_REPORTS, (report) => ({ ...report }));
      lender.handles.watch(id, () => lender.context.liveness.watch(whom, how, tell));
    }),
  };
}

export function borrowLiveness(far: FarSide): Liveness {
  return {
    watch(target, profile, call) {
      demandFunction("liveness.watch", call);
      const id = far.open({ report: (report) => far.run("liveness.watch", call, far.harden(report)) });
      far.tell("liveness.watch", id, target, profile);
      return far.closer(id);
    },
  };
}

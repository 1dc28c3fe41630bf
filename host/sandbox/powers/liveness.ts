/** Liveness for plugins: whom a plugin watches is checked against its grants, and what it watches ends with it. */

import type { Liveness } from "../../announcer.ts";
import type { Opened } from "../opened.ts";
import type { Grants } from "../permissions/grants.ts";
import { hostText } from "../permissions/host-scope.ts";
import { readPeerAddress } from "./socket-address.ts";

/** Of a host that keeps no sessions. */
export const noLiveness: Liveness = {
  watch() {
    throw new Error("This host has no BFD");
  },
};

export function createLiveness(grants: Grants, source: Liveness, opened: Opened): Liveness {
  return {
    watch(target, profile, call) {
      grants.demand({ kind: "liveness", host: hostText(readPeerAddress(target.address).bare, "*") });
      if (opened.hasEnded) return () => {};
      return opened.add(source.watch(target, profile, (report) => opened.hasEnded || call(report)));
    },
  };
}

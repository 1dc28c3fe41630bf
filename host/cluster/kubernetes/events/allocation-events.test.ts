import { suite } from "uvu";
import * as assert from "uvu/assert";
import { serviceFact } from "../../../workbench/testing/facts.ts";
import { allocationEvents } from "./allocation-events.ts";
import type { Happening } from "./events.ts";

const events = suite("allocation-events");

function start() {
  const recorded: Happening[] = [];
  return { recorded, news: allocationEvents({ record: (happening) => void recorded.push(happening) }) };
}

events("an address that is on record is told, and only where it is another", () => {
  const { recorded, news } = start();
  const service = serviceFact("web", { ingress: ["192.0.2.10"] });
  news.written(service, { vips: ["192.0.2.10"], pool: "renamed" });
  news.written(service, { vips: [] });
  news.written(service, { vips: ["192.0.2.10", "2001:db8::1"], pool: "home" });
  assert.equal(recorded, [
    {
      object: { apiVersion: "v1", kind: "Service", namespace: "default", name: "web" },
      type: "Normal",
      reason: "IPAllocated",
      message: 'Assigned IP ["192.0.2.10" "2001:db8::1"] of pool home',
    },
  ]);
});

const TYPES: Readonly<Record<string, string | undefined>> = {
  AllocationFailed: "Warning",
  LoadBalancerFailed: "Warning",
  ClearAssignment: "Normal",
  AdditionalAssignFailed: "Normal",
  "not enough clusterips": "Warning",
  nolbIPsIPFamily: "Warning",
  noclusterIPsIPFamily: "Warning",
  deprecatedAnnotation: "Warning",
  noConfig: undefined,
  differentPoolRequested: undefined,
  differentIPRequested: undefined,
  notLoadBalancer: undefined,
};
for (const [reason, type] of Object.entries(TYPES)) {
  events(`${reason} is ${type === undefined ? "no Event" : `a ${type}`}`, () => {
    const { recorded, news } = start();
    news.said(serviceFact("web"), { reason, message: "Because" });
    assert.equal(
      recorded.map((event) => [event.type, event.reason, event.message]),
      type === undefined ? [] : [[type, reason, "Because"]],
    );
  });
}

events.run();

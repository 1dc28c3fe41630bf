/** Clusters by chance, for properties of plans. */

import fc from "fast-check";
import type { EndpointFact, LabelSelector, NodeFact, OwnershipPolicy, ServiceFact, Snapshot } from "../../rules/vocabulary.ts";
import { advertisementFact, nodeFact, poolFact, serviceFact } from "./facts.ts";

const NODES = ["node-a", "node-b", "node-c", "node-d"];
const labels = fc.constantFrom({}, { x: "1" }, { x: "2" });
const selectors: fc.Arbitrary<readonly LabelSelector[]> = fc.oneof(
  { weight: 2, arbitrary: fc.constant([]) },
  { weight: 1, arbitrary: fc.constantFrom([{ matchLabels: { x: "1" } }], [{ matchLabels: { x: "2" } }], [{}]) },
);
const vips = fc.uniqueArray(fc.constantFrom("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2", "203.0.113.1"), { maxLength: 2 });

const service = fc
  .tuple(
    fc.nat(9),
    fc.record({
      ingress: vips,
      labels,
      type: fc.constantFrom("LoadBalancer", "LoadBalancer", "LoadBalancer", "ClusterIP"),
      externalTrafficPolicy: fc.constantFrom("Cluster", "Local") as fc.Arbitrary<ServiceFact["externalTrafficPolicy"]>,
      annotations: fc.constantFrom(
        {},
        {},
        { "metallb.io/allow-shared-ip": "k" },
        { "herald.dev/preferred-nodes": "node-b,node-d" },
      ) as fc.Arbitrary<Record<string, string>>,
    }),
  )
  .map(([at, parts]) => serviceFact(`s${at}`, parts));
const speaker = fc.record({
  links: fc.subarray(["eth0", "eth2"]),
  macs: fc.constant([]),
  isLeaving: fc.constantFrom(false, false, true),
  isSilent: fc.boolean(),
});
const node = fc
  .record({
    name: fc.constantFrom(...NODES),
    labels,
    networkUnavailable: fc.boolean(),
    isCordoned: fc.boolean(),
    speaker: fc.option(speaker),
  })
  .map(
    ({ name, labels: own, networkUnavailable, isCordoned, speaker: said }): NodeFact =>
      nodeFact(name, {
        labels: own,
        networkUnavailable: networkUnavailable && name === "node-d",
        ...(isCordoned ? { isUnschedulable: true } : {}),
        ...(said === null ? {} : { speaker: said }),
      }),
  );
const endpoint: fc.Arbitrary<EndpointFact> = fc.record({ nodeName: fc.constantFrom(...NODES), servable: fc.boolean() });
const advertisement = fc
  .record({
    kind: fc.constantFrom("L2Advertisement", "L2Advertisement", "BGPAdvertisement", "DNSAdvertisement"),
    nodeSelectors: selectors,
    serviceSelectors: selectors,
    interfaces: fc.subarray(["eth0", "eth1"]),
    preferences: fc.array(fc.record({ weight: fc.integer({ min: 1, max: 3 }), selector: fc.constant({ matchLabels: { x: "1" } }) }), {
      maxLength: 2,
    }),
  })
  .map((parts) => advertisementFact("x", parts));

/** Any cluster of four nodes and ten Services, of which some share their VIPs. */
export const snapshots: fc.Arbitrary<Snapshot> = fc
  .record({
    services: fc.array(service, { maxLength: 10 }),
    endpoints: fc.dictionary(
      fc.nat(9).map((at) => `default/s${at}`),
      fc.array(endpoint, { maxLength: 3 }),
    ),
    nodes: fc.array(node, { minLength: 1, maxLength: 6 }),
    advertisements: fc.array(advertisement, { maxLength: 4 }),
    ownership: fc.constantFrom("revertive", "sticky", "balanced", "balanced") as fc.Arbitrary<OwnershipPolicy>,
  })
  .map(({ services, endpoints, nodes, advertisements, ownership }) => ({
    services: new Map(services.map((fact) => [fact.key, fact])),
    endpoints: new Map(Object.entries(endpoints)),
    nodes: new Map(nodes.map((fact) => [fact.name, fact])),
    namespaces: new Map(),
    reservations: new Map(),
    pools: new Map([["home", poolFact("home", ["192.0.2.0/24", "2001:db8::/64"], { ownership })]]),
    advertisements: advertisements.map((fact, at) => ({ ...fact, name: `x${at}` })),
  }));

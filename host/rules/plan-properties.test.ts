/** What must hold of plans, whatever the cluster is. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { rankOracle } from "../workbench/testing/rank-oracle.ts";
import { snapshots } from "../workbench/testing/snapshots.ts";
import { balanceClaims } from "./balance-claims.ts";
import { announceFrom, mergeClaims, type Plan, planAll, refuseOthers } from "./merge-claims.ts";
import { indexPlan, planService } from "./plan.ts";
import type { AnnouncerFact, ServiceFact, Snapshot, Succession } from "./vocabulary.ts";

const properties = suite("plan properties");

const ANNOUNCERS: readonly AnnouncerFact[] = [
  { name: "arp", from: "owner", serves: { kind: "L2Advertisement", families: [4] } },
  { name: "ndp", from: "owner", serves: { kind: "L2Advertisement", families: [6] } },
  { name: "bgp", from: "every-node", serves: { kind: "BGPAdvertisement", families: [4, 6] } },
  { name: "dns", from: "cluster", serves: { kind: "DNSAdvertisement", families: [4] } },
];

const index = (snapshot: Snapshot) => indexPlan(snapshot, ANNOUNCERS, rankOracle);
const planFor = (snapshot: Snapshot) => planAll(index(snapshot), snapshot);
const plain = ({ claims, refused }: Plan) => ({
  claims: claims.map((claim) => ({ ...claim, placements: claim.rank.map((node) => claim.placements.get(node)) })),
  refused,
});

properties("planning each Service alone, in any order, is planning all", () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const keys = [...snapshot.services.values()].filter(({ type }) => type === "LoadBalancer").map(({ key }) => key);
      // One index for all, and a new one for each Service: what an index remembers of one must not change another.
      const shared = index(snapshot);
      const plans = keys.reverse().map((key, at) => planService(at % 2 === 0 ? shared : index(snapshot), snapshot, key));
      const claims = balanceClaims(mergeClaims(plans.flatMap((plan) => plan.claims)));
      const refused = [...plans.flatMap((plan) => plan.refused), ...claims.flatMap((claim) => refuseOthers(claim))];
      const sorted = refused.map((refusal) => JSON.stringify(refusal)).sort();
      const all = planFor(snapshot);
      assert.equal(plain({ claims, refused: [] }), plain({ ...all, refused: [] }));
      assert.equal(all.refused.map((refusal) => JSON.stringify(refusal)).sort(), sorted);
    }),
    { numRuns: 500 },
  );
});

properties("the order in which facts are listed makes no difference", () => {
  const reversed = <K, V>(map: ReadonlyMap<K, V>) => new Map([...map].reverse());
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const { services, nodes, advertisements } = snapshot;
      const turned = { ...snapshot, services: reversed(services), nodes: reversed(nodes), advertisements: [...advertisements].reverse() };
      assert.equal(plain(planFor(turned)), plain(planFor(snapshot)));
    }),
    { numRuns: 300 },
  );
});

properties("a VIP has one owner at most, which may announce it; every node of the others has a row", () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      const { claims } = planFor(snapshot);
      assert.is(new Set(claims.map(({ vip, via }) => `${vip} ${via}`)).size, claims.length);
      for (const claim of claims) {
        const rows = (hasHeirs: boolean) =>
          [...snapshot.nodes.keys()].filter((name) => announceFrom(claim, name, hasHeirs) !== undefined).sort();
        assert.equal(rows(false), claim.from === "every-node" ? [...claim.rank].sort() : [claim.rank[0]]);
        assert.equal(rows(true), (claim.from === "every-node" ? [...claim.rank] : claim.rank.slice(0, 3)).sort());
        for (const name of claim.rank) assert.not.ok(snapshot.nodes.get(name)?.networkUnavailable);
      }
    }),
    { numRuns: 500 },
  );
});

properties("all VIPs of a group have the same succession, where Services share as the allocator lets them", () => {
  const policies = fc.constantFrom("Cluster", "Local") as fc.Arbitrary<ServiceFact["externalTrafficPolicy"]>;
  fc.assert(
    fc.property(snapshots, policies, (snapshot, externalTrafficPolicy) => {
      const sharing = (service: ServiceFact): ServiceFact => ({
        ...service,
        externalTrafficPolicy,
        annotations: { ...service.annotations, "metallb.io/allow-shared-ip": "k" },
      });
      const services = new Map([...snapshot.services].map(([key, service]) => [key, sharing(service)]));
      const known = new Map<string, Succession>();
      for (const claim of planFor({ ...snapshot, services }).claims.filter(({ via }) => via === "arp" || via === "ndp")) {
        const succession = announceFrom(claim, claim.rank[0] as string, true)?.succession as Succession;
        assert.equal(known.get(succession.group) ?? succession, succession);
        known.set(succession.group, succession);
      }
    }),
    { numRuns: 500 },
  );
});

properties("each Service is claimed for or refused on each node, for each announcer of its families", () => {
  fc.assert(
    fc.property(snapshots, (snapshot) => {
      for (const { key, ingress } of snapshot.services.values()) {
        const { claims, refused } = planService(index(snapshot), snapshot, key);
        for (const { name, serves } of ANNOUNCERS) {
          const families = ingress.map((vip) => (vip.includes(":") ? 6 : 4));
          const claimed = claims.filter(({ via }) => via === name).flatMap(({ rank }) => rank);
          const told = new Set([...claimed, ...refused.filter(({ via }) => via === name).map(({ node: at }) => at)]);
          const concerned = families.length === 0 || families.some((family) => serves.families.includes(family as 4 | 6));
          if (concerned) assert.equal([...told].sort(), [...snapshot.nodes.keys()].sort(), `${key} ${name}`);
        }
      }
    }),
    { numRuns: 300 },
  );
});

properties.run();

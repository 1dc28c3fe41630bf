/** What must hold of allocations, whatever the cluster is and in whatever order it came to be so. */
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolFact, reservationFact, serviceFact } from "../workbench/testing/facts.ts";
import { type Address, formatAddress, parseAddress } from "./addresses.ts";
import { type AllocateInput, Allocator, allocateAll } from "./allocate.ts";
import { separateReservations } from "./separate-blocks.ts";
import type { Allocation } from "./settle.ts";
import type { Pool, Reservation, ServiceFact } from "./vocabulary.ts";

const properties = suite("allocate properties");

const NAMES = Array.from({ length: 10 }, (_, at) => `s${at}`);
const IPS = [
  "192.0.2.0,2001:db8:1::",
  "192.0.2.0",
  "192.0.2.1",
  "198.51.100.0",
  "2001:db8::",
  "2001:db8:1::1",
  "192.0.2.1,2001:db8::1",
  "nonsense",
  "203.0.113.9",
];

const annotations = fc.record(
  {
    "metallb.io/address-pool": fc.constantFrom("four", "both", "narrow", "nowhere", "four,six", "six,narrow"),
    "metallb.io/loadBalancerIPs": fc.constantFrom(...IPS),
    "metallb.universe.tf/allow-shared-ip": fc.constantFrom("", "k", "q"),
  },
  { requiredKeys: [] },
);

/** Mostly plain Services, so that pools run full. */
const parts = fc.record(
  {
    annotations: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 3, arbitrary: annotations }),
    labels: fc.constantFrom({}, { app: "web" }),
    type: fc.constantFrom("LoadBalancer", "LoadBalancer", "LoadBalancer", "ClusterIP"),
    ipFamilyPolicy: fc.constantFrom("SingleStack", "PreferDualStack", "RequireDualStack") as fc.Arbitrary<ServiceFact["ipFamilyPolicy"]>,
    clusterIPs: fc.constantFrom([], ["10.96.0.1"], ["fd00::1"], ["10.96.0.1", "fd00::1"], ["fd00::1", "10.96.0.1"]),
    externalTrafficPolicy: fc.constantFrom("Cluster", "Local") as fc.Arbitrary<ServiceFact["externalTrafficPolicy"]>,
    selector: fc.constantFrom({}, { app: "web" }, { app: "db" }),
    ports: fc.uniqueArray(
      fc.constantFrom(80, 443, 53).map((port) => ({ protocol: "TCP" as const, port })),
      { minLength: 1, selector: ({ port }) => port },
    ),
    ingress: fc.oneof(
      fc.constant([] as string[]),
      fc.uniqueArray(fc.constantFrom("192.0.2.0", "192.0.2.1", "198.51.100.1", "2001:DB8::1", "2001:db8:1::", "x"), { maxLength: 2 }),
    ),
  },
  { requiredKeys: [] },
);
/** Now and then one that another controller serves. */
const service = fc
  .tuple(fc.constantFrom(...NAMES), parts)
  .map(([name, more]) => serviceFact(name, name === "s9" ? { ...more, loadBalancerClass: "example.com/x" } : more));

/** Small pools: what is scarce is fought for. Some share addresses, and then one of them counts as absent. */
const POOLS: readonly Pool[] = [
  poolFact("four", ["192.0.2.0/30"]),
  poolFact("narrow", ["192.0.2.1/32", "2001:db8::/127"]),
  poolFact("six", ["2001:db8:1::/127"]),
  poolFact("both", ["198.51.100.0/31", "2001:db8:2::/127"], { avoidBuggyIPs: true }),
  poolFact("manual", ["203.0.113.8/30"], { autoAssign: false }),
  poolFact("web", ["10.0.0.0/31"], {
    allocation: { priority: 1, namespaces: [], namespaceSelectors: [], serviceSelectors: [{ matchLabels: { app: "web" } }] },
  }),
];
const pools = fc
  .tuple(fc.subarray([...POOLS]), fc.constantFrom("", "", "four", "both"), fc.boolean())
  .map(([list, drained, paired]) => list.map((pool) => changed(pool, pool.name === drained, paired && pool.name === "four")))
  .map((list) => new Map(list.map((pool) => [pool.name, pool])));

function changed(pool: Pool, isDraining: boolean, isPaired: boolean): Pool {
  return { ...pool, ...(isDraining ? { isDraining } : {}), ...(isPaired ? { dualStackWith: "six" } : {}) };
}

const RESERVATIONS: readonly Reservation[] = [
  reservationFact("nobody", ["192.0.2.2", "2001:db8:1::1"]),
  reservationFact("one", ["192.0.2.1"], { service: "default/s1" }),
  reservationFact("two", ["198.51.100.1", "2001:db8:2::/127"], { service: "default/s2" }),
  reservationFact("more", ["192.0.2.0/31", "203.0.113.9"], { service: "default/s3" }),
];
const reservations = fc.subarray([...RESERVATIONS]).map((list) => new Map(list.map((each) => [each.name, each])));
const strangers = fc.subarray(["192.0.2.0", "192.0.2.3", "2001:db8:1::", "198.51.100.1", "203.0.113.8"]).map((list) => new Set(list));

type Results = ReadonlyMap<string, Allocation>;

function checkInvariants({ services, pools: known }: AllocateInput, results: Results): void {
  const users = new Map<string, ServiceFact[]>();
  for (const [key, { vips, pools: poolNames, refused }] of results) {
    const fact = services.get(key) as ServiceFact;
    assert.is(poolNames.length, vips.length);
    assert.ok(vips.length > 0 || refused !== undefined || fact.type !== "LoadBalancer");
    assert.is(new Set(vips.map((vip) => parseAddress(vip)?.family)).size, vips.length, "one address of a family");
    for (const [at, vip] of vips.entries()) {
      const pool = poolNames[at] as string;
      const { family, value } = parseAddress(vip) as Address;
      const blocks = known.get(pool)?.blocks ?? [];
      assert.ok(
        blocks.some((block) => block.family === family && block.first <= value && value <= block.last),
        `${vip} is in ${pool}`,
      );
      users.set(vip, [...(users.get(vip) ?? []), fact]);
    }
  }
  for (const [vip, sharers] of users) {
    for (const [at, one] of sharers.entries()) {
      for (const other of sharers.slice(at + 1)) assert.ok(mayShare(one, other), `${one.key} and ${other.key} share ${vip}`);
    }
  }
}

function mayShare(one: ServiceFact, other: ServiceFact): boolean {
  const keyOf = ({ annotations: all }: ServiceFact) => all["metallb.universe.tf/allow-shared-ip"] ?? "";
  const backendOf = ({ externalTrafficPolicy, selector }: ServiceFact) =>
    externalTrafficPolicy === "Local" ? (selector?.["app"] ?? "") : "";
  const portsOf = ({ ports }: ServiceFact) => ports.map(({ port }) => port);
  const samePort = portsOf(one).some((port) => portsOf(other).includes(port));
  return keyOf(one) !== "" && keyOf(one) === keyOf(other) && backendOf(one) === backendOf(other) && !samePort;
}

/** What somebody has now that he did not have before could be given. */
function checkGiven(
  { services, pools: known, reservations: all, strangers: found }: AllocateInput,
  before: Results,
  results: Results,
): void {
  const elsewhere = [...services.values()].filter(
    ({ loadBalancerClass, type }) => loadBalancerClass !== undefined && type === "LoadBalancer",
  );
  const foreign = new Set(elsewhere.flatMap(({ ingress }) => ingress.flatMap((text) => parseAddress(text) ?? [])).map(formatAddress));
  const inForce = separateReservations(all.values()).accepted;
  for (const [key, { vips, pools: names }] of results) {
    const had = new Set([
      ...(before.get(key)?.vips ?? []),
      ...[...(services.get(key)?.ingress ?? [])].flatMap((text) => parseAddress(text) ?? []).map(formatAddress),
    ]);
    for (const [at, vip] of vips.entries()) {
      if (had.has(vip)) continue;
      assert.not.ok(known.get(names[at] as string)?.isDraining, `${vip} for ${key} is of a pool that is drained`);
      assert.not.ok(foreign.has(vip) || found?.has(vip), `${vip} for ${key} is in use elsewhere`);
      for (const { service: whom, blocks } of inForce.values()) {
        const { family, value } = parseAddress(vip) as Address;
        const isIn = blocks.some((block) => block.family === family && block.first <= value && value <= block.last);
        assert.ok(!isIn || whom === key, `${vip} for ${key} is kept for ${whom}`);
      }
    }
  }
}

/** Nobody lost what he had on record. */
function checkKept({ services }: AllocateInput, before: Results, results: Results): void {
  for (const [key, { vips }] of before) {
    const ingress = (services.get(key)?.ingress ?? []).flatMap((text) => parseAddress(text) ?? []).map(formatAddress);
    for (const vip of vips) if (ingress.includes(vip)) assert.ok(results.get(key)?.vips.includes(vip), `${key} keeps ${vip}`);
  }
}

/** The same cluster with every status written. */
function written(input: AllocateInput, results: Results): AllocateInput {
  const services = [...input.services].map(
    ([key, fact]) => [key, fact.loadBalancerClass === undefined ? { ...fact, ingress: results.get(key)?.vips ?? [] } : fact] as const,
  );
  return { ...input, services: new Map(services) };
}

const vipsOf = (results: Results) =>
  [...results]
    .filter(([, { vips }]) => vips.length > 0)
    .map(([key, { vips }]) => `${key} ${vips.join()}`)
    .sort();

const inputOf = (services: readonly ServiceFact[], known: ReadonlyMap<string, Pool>): AllocateInput => ({
  services: new Map(services.map((fact) => [fact.key, fact])),
  pools: known,
  namespaces: new Map(),
  reservations: new Map(),
});

properties("no VIP is given twice unless it may be shared, and each is of its pool", () => {
  fc.assert(
    fc.property(fc.array(service, { maxLength: 14 }), pools, reservations, strangers, (services, known, all, found) => {
      const input = { ...inputOf(services, known), reservations: all, strangers: found };
      checkInvariants(input, allocateAll(input));
    }),
    { numRuns: 1000 },
  );
});

properties("allocating again from what was allocated changes nothing", () => {
  fc.assert(
    fc.property(fc.array(service, { maxLength: 14 }), pools, reservations, strangers, (services, known, all, found) => {
      const input = { ...inputOf(services, known), reservations: all, strangers: found };
      const first = allocateAll(input);
      const second = allocateAll(written(input, first));
      assert.equal(vipsOf(second), vipsOf(first));
      for (const { cleared, vips } of second.values()) assert.not.ok(cleared && vips.length > 0);
    }),
    { numRuns: 1000 },
  );
});

properties("the order in which Services are listed makes no difference", () => {
  fc.assert(
    fc.property(fc.uniqueArray(service, { selector: ({ key }) => key }), pools, (services, known) => {
      const forwards = allocateAll(inputOf(services, known));
      assert.equal(vipsOf(allocateAll(inputOf([...services].reverse(), known))), vipsOf(forwards));
    }),
    { numRuns: 300 },
  );
});

type Step =
  | { readonly set: readonly ServiceFact[] }
  | { readonly remove: string }
  | { readonly pools: ReadonlyMap<string, Pool> }
  | { readonly reservations: ReadonlyMap<string, Reservation> }
  | { readonly strangers: ReadonlySet<string> }
  | { readonly write: true };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ set: fc.array(service, { minLength: 1, maxLength: 3 }) }) },
  { weight: 2, arbitrary: fc.record({ remove: fc.constantFrom(...NAMES.map((name) => `default/${name}`)) }) },
  { weight: 1, arbitrary: fc.record({ pools }) },
  { weight: 1, arbitrary: fc.record({ reservations }) },
  { weight: 1, arbitrary: fc.record({ strangers }) },
  { weight: 2, arbitrary: fc.constant({ write: true } as const) },
);

/** What the store would hold after a step, and what it would mark. */
function take(input: AllocateInput, results: Results, event: Step): { input: AllocateInput; dirty: readonly string[] } {
  const services = new Map(input.services);
  if ("reservations" in event) return { input: { ...input, reservations: event.reservations }, dirty: [] };
  // Whose addresses were found in use before they were on record is looked at again.
  if ("strangers" in event) return { input: { ...input, strangers: event.strangers }, dirty: [...services.keys()] };
  if ("pools" in event) return { input: { ...input, pools: event.pools }, dirty: [] };
  if ("write" in event) return { input: written(input, results), dirty: [...services.keys()] };
  if ("remove" in event) {
    services.delete(event.remove);
    return { input: { ...input, services }, dirty: [event.remove] };
  }
  // A change that comes before the status was written has the old status, or none.
  for (const fact of event.set) services.set(fact.key, { ...fact, ingress: services.get(fact.key)?.ingress ?? [] });
  return { input: { ...input, services }, dirty: event.set.map(({ key }) => key) };
}

properties("whatever happens in whatever order, all invariants hold, and a restart changes nothing", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const allocator = new Allocator();
      const results = new Map<string, Allocation>();
      let input = inputOf([], new Map(POOLS.map((pool) => [pool.name, pool])));
      for (const event of steps) {
        const next = take(input, results, event);
        const before = new Map(results);
        input = next.input;
        for (const key of next.dirty) results.delete(key);
        for (const [key, allocation] of allocator.converge(input, next.dirty)) results.set(key, allocation);
        checkInvariants(input, results);
        checkGiven(input, before, results);
        if ("reservations" in event || "strangers" in event) checkKept(input, before, results);
      }
      assert.equal(vipsOf(allocateAll(written(input, results))), vipsOf(results));
    }),
    { numRuns: 500 },
  );
});

properties.run();

/** Addresses that are kept: for a Service by name, for nobody, or because somebody else uses them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolFact, reservationFact, serviceFact } from "../workbench/testing/facts.ts";
import { Allocator, allocateAll } from "./allocate.ts";
import type { Allocation } from "./settle.ts";
import type { Pool, Reservation, ServiceFact } from "./vocabulary.ts";

const kept = suite("reservations");

const home = poolFact("home", ["192.0.2.0/30"]);
const tiny = poolFact("tiny", ["192.0.2.0/31"]);
const both = poolFact("both", ["198.51.100.0/30", "2001:db8::/126"]);
const dual = { clusterIPs: ["10.96.0.1", "fd00::1"], ipFamilies: [4, 6] as const };
const prefer = { ...dual, ipFamilyPolicy: "PreferDualStack" as const };
const require = { ...dual, ipFamilyPolicy: "RequireDualStack" as const };
const web = (...addresses: string[]) => reservationFact("r", addresses, { service: "default/web" });
const asks = (name: string, value: string, parts: Partial<ServiceFact> = {}) =>
  serviceFact("web", { annotations: { [`metallb.io/${name}`]: value }, ...parts });

const inputOf = (
  services: readonly ServiceFact[],
  pools: readonly Pool[],
  reservations: readonly Reservation[],
  strangers: readonly string[] = [],
) => ({
  services: new Map(services.map((service) => [service.key, service])),
  pools: new Map(pools.map((pool) => [pool.name, pool])),
  namespaces: new Map(),
  reservations: new Map(reservations.map((reservation) => [reservation.name, reservation])),
  strangers: new Set(strangers),
});

/** `a: 192.0.2.0`, or what is said. */
function show(results: ReadonlyMap<string, Allocation>): string[] {
  return [...results].sort().map(([key, { vips, refused, cleared }]) => {
    const said = [
      cleared === undefined ? [] : [`cleared ${cleared.reason}`],
      refused === undefined ? [] : [`${refused.reason}: ${refused.message}`],
    ];
    return `${key.replace("default/", "")}: ${[vips.join(" "), ...said.flat()].filter(Boolean).join("; ")}`;
  });
}
const run = (services: readonly ServiceFact[], pools: readonly Pool[], ...reservations: Reservation[]) =>
  show(allocateAll(inputOf(services, pools, reservations)));
const one = (service: ServiceFact, pools: readonly Pool[], ...reservations: Reservation[]) => run([service], pools, ...reservations)[0];

kept("what is kept for nobody is given to nobody, whoever asks", () => {
  const nobody = reservationFact("router", ["192.0.2.0", "192.0.2.2-192.0.2.3"], { reason: "the router" });
  const services = ["a", "b"].map((name) => serviceFact(name));
  assert.equal(run(services, [home], nobody), ["a: 192.0.2.1", 'b: AllocationFailed: No free IPv4 address in pool "home"']);
  const refusal = 'web: AllocationFailed: Address 192.0.2.2 is kept for nobody by Reservation "router" (the router)';
  assert.is(one(asks("loadBalancerIPs", "192.0.2.2"), [home], nobody), refusal);
});

kept("a Reservation of a whole large pool costs nothing", () => {
  const large = poolFact("large", ["2001:db8::/32"]);
  const service = serviceFact("web", { clusterIPs: ["fd00::1"] });
  const most = reservationFact("r", ["2001:db8::/33", "2001:db8:8000::/34"]);
  assert.is(one(service, [large], most), "web: 2001:db8:c000::");
  assert.match(one(service, [large], reservationFact("r", ["2001:db8::/32"])) as string, /No free IPv6 address/);
});

kept("what is kept for a Service is the first that it gets, and nobody else gets it", () => {
  const services = ["a", "b", "c", "web"].map((name) => serviceFact(name));
  const expected = ["a: 192.0.2.0", "b: 192.0.2.1", "c: 192.0.2.3", "web: 192.0.2.2"];
  assert.equal(run(services, [home], web("192.0.2.2")), expected);
  const refusal = 'a: AllocationFailed: Address 192.0.2.2 is kept for default/web by Reservation "r"';
  const asking = serviceFact("a", { annotations: { "metallb.io/loadBalancerIPs": "192.0.2.2" } });
  assert.is(one(asking, [home], web("192.0.2.2")), refusal);
});

kept("a Service gets what is kept for it from pools that are not automatic, but not from those that are not for it", () => {
  const manual = poolFact("manual", ["203.0.113.0/30"], { autoAssign: false });
  assert.is(one(serviceFact("web"), [home, manual], web("203.0.113.1")), "web: 203.0.113.1");
  const allocation = { priority: 0, namespaces: ["x"], namespaceSelectors: [], serviceSelectors: [] };
  const refusal = 'Pool "manual" is not for namespace "default"; Reservation "r" keeps it for this Service';
  assert.is(one(serviceFact("web"), [home, { ...manual, allocation }], web("203.0.113.1")), `web: AllocationFailed: ${refusal}`);
  const drained = 'Pool "manual" is being drained and gives out no new addresses; Reservation "r" keeps it for this Service';
  assert.is(one(serviceFact("web"), [home, { ...manual, isDraining: true }], web("203.0.113.1")), `web: AllocationFailed: ${drained}`);
});

kept("a Service gets nothing else while it cannot have what is kept for it", () => {
  const held =
    'Address 192.0.2.2 is held by default/a, and the Service has no allow-shared-ip annotation; Reservation "r" keeps it for this Service';
  const services = [serviceFact("a", { ingress: ["192.0.2.2"] }), serviceFact("web")];
  assert.equal(run(services, [home], web("192.0.2.2")), ["a: 192.0.2.2", `web: AllocationFailed: ${held}`]);
  assert.equal(run(services, [home], web("192.0.2.2-192.0.2.3")), ["a: 192.0.2.2", "web: 192.0.2.3"]);
  const nowhere = 'web: AllocationFailed: No pool gives out 203.0.113.1; Reservation "r" keeps it for this Service';
  assert.is(one(serviceFact("web"), [home], web("203.0.113.1")), nowhere);
  const buggy = 'web: AllocationFailed: Pool "home" does not give out 192.0.2.0; Reservation "r" keeps it for this Service';
  assert.is(one(serviceFact("web"), [{ ...home, avoidBuggyIPs: true }], web("192.0.2.0")), buggy);
});

kept("a Service that asks for something else gets that", () => {
  assert.is(one(asks("loadBalancerIPs", "192.0.2.1"), [home], web("192.0.2.2")), "web: 192.0.2.1");
  assert.is(one(asks("address-pool", "both"), [home, both], web("192.0.2.2")), "web: 198.51.100.0");
  assert.is(one(asks("address-pool", "home"), [home, both], web("192.0.2.2")), "web: 192.0.2.2");
});

kept("a Reservation may be of one family, or of two, from one pool or two", () => {
  const six = poolFact("six", ["2001:db8:6::/126"]);
  assert.is(one(serviceFact("web", require), [both], web("2001:db8::2")), "web: 198.51.100.0 2001:db8::2");
  assert.is(one(serviceFact("web", require), [home, both], web("2001:db8::2")), "web: 198.51.100.0 2001:db8::2", "not from two pools");
  assert.is(one(serviceFact("web", require), [home, six], web("192.0.2.2", "2001:db8:6::2")), "web: 192.0.2.2 2001:db8:6::2");
  const two = [web("192.0.2.2"), reservationFact("s", ["2001:db8:6::2"], { service: "default/web" })];
  assert.is(one(serviceFact("web", require), [home, six], ...two), "web: 192.0.2.2 2001:db8:6::2");
  assert.match(one(serviceFact("web", require), [home, six], web("192.0.2.2")) as string, 'No free IPv4 and IPv6 address in pool "home"');
  assert.is(one(serviceFact("web"), [home], web("2001:db8::2")), "web: 192.0.2.0", "of another family it does not matter");
  const second = one(serviceFact("web", { ...prefer, ingress: ["198.51.100.3"] }), [both], web("2001:db8::2"));
  assert.is(second, "web: 198.51.100.3 2001:db8::2");
});

kept("a Reservation evicts nobody, and says whom it meets", () => {
  const allocator = new Allocator();
  const services = ["a", "b", "web"].map((name) => serviceFact(name));
  assert.equal(show(allocator.converge(inputOf(services, [home], []))), ["a: 192.0.2.0", "b: 192.0.2.1", "web: 192.0.2.2"]);
  const reservations = [web("192.0.2.0"), reservationFact("s", ["192.0.2.1"])];
  assert.equal(show(allocator.converge(inputOf(services, [home], reservations))), ["a: 192.0.2.0", "b: 192.0.2.1", "web: 192.0.2.2"]);
  const expected = (whom: string) => `addresses that nobody holds but ${whom}; they stay where they are`;
  assert.equal(allocator.problems(), [
    { object: "Reservation r", path: "spec.addresses", found: "192.0.2.0, which default/a holds", expected: expected("default/web") },
    { object: "Reservation s", path: "spec.addresses", found: "192.0.2.1, which default/b holds", expected: expected("nobody") },
  ]);
  const later = ["b", "c"].map((name) => serviceFact(name));
  assert.equal(show(allocator.converge(inputOf(later, [home], reservations), ["default/a", "default/web", "default/c"])), ["c: 192.0.2.2"]);
  assert.equal(show(allocator.converge(inputOf([serviceFact("web")], [home], reservations), ["default/web", "default/b", "default/c"])), [
    "web: 192.0.2.0",
  ]);
  assert.equal(allocator.problems(), []);
});

kept("a Reservation that overlaps with an earlier one by name does not count", () => {
  const services = ["a", "web"].map((name) => serviceFact(name));
  const first = reservationFact("q", ["192.0.2.0"]);
  assert.equal(run(services, [home], first, web("192.0.2.0/31")), ["a: 192.0.2.1", "web: 192.0.2.2"]);
});

kept("who shares a held address that is kept since then gets no company", () => {
  const sharer = (name: string, port: number, ingress: string[] = []) =>
    serviceFact(name, { annotations: { "metallb.io/allow-shared-ip": "k" }, ports: [{ protocol: "TCP", port }], ingress });
  const services = [sharer("a", 80, ["192.0.2.0"]), sharer("b", 81)];
  assert.equal(run(services, [home]), ["a: 192.0.2.0", "b: 192.0.2.0"]);
  assert.equal(run(services, [home], reservationFact("r", ["192.0.2.0"])), ["a: 192.0.2.0", "b: 192.0.2.1"]);
});

kept("the address of a Service that another controller serves is given out when that has let go", () => {
  const other = (ingress: string[]) => serviceFact("other", { loadBalancerClass: "example.com/x", ingress });
  const allocator = new Allocator();
  const converge = (services: readonly ServiceFact[], ...dirty: string[]) => show(allocator.converge(inputOf(services, [tiny], []), dirty));
  const [a, b] = [serviceFact("a"), serviceFact("b", { annotations: { "metallb.io/loadBalancerIPs": "192.0.2.0" } })];
  const refusal = "Address 192.0.2.0 is in the status of default/other, which another controller serves";
  assert.equal(converge([other(["192.0.2.0", "203.0.113.1"]), a, b]), ["a: 192.0.2.1", `b: AllocationFailed: ${refusal}`]);
  assert.equal(converge([other([]), a, b], "default/other"), ["b: 192.0.2.0"]);
  assert.equal(converge([other(["192.0.2.0"]), a, b], "default/other"), [], "who holds it keeps it");
  assert.equal(converge([other(["192.0.2.0"]), a], "default/b"), []);
  assert.equal(converge([a, b], "default/other", "default/b"), ["b: 192.0.2.0"]);
});

kept("what strangers have is given out when they are gone", () => {
  const allocator = new Allocator();
  const converge = (services: readonly ServiceFact[], strangers: readonly string[], ...dirty: string[]) =>
    show(allocator.converge(inputOf(services, [tiny], [], strangers), dirty));
  const [a, b] = [serviceFact("a"), serviceFact("b")];
  const tail = "192.0.2.1 answers on the network, though no Service has it";
  const refused = `b: AddressInUse: No free IPv4 address in pool "tiny"; ${tail}`;
  assert.equal(converge([a, b], ["192.0.2.1"]), ["a: 192.0.2.0", refused]);
  assert.equal(converge([a, b], []), ["b: 192.0.2.1"]);
  const asking = serviceFact("web", { annotations: { "metallb.io/loadBalancerIPs": "192.0.2.1" } });
  assert.equal(show(allocateAll(inputOf([asking], [home], [], ["192.0.2.1"]))), [`web: AddressInUse: Address ${tail}`]);
});

kept("an address that turns out to be in use before it is on record is exchanged, one on record stays", () => {
  const allocator = new Allocator();
  const [a, b] = [serviceFact("a"), serviceFact("b", { ingress: ["192.0.2.1"] })];
  const dirty = ["default/a", "default/b"];
  assert.equal(show(allocator.converge(inputOf([a, b], [home], []))), ["a: 192.0.2.0", "b: 192.0.2.1"]);
  assert.equal(show(allocator.converge(inputOf([a, b], [home], [], ["192.0.2.0", "192.0.2.1"]), dirty)), ["a: 192.0.2.2", "b: 192.0.2.1"]);
  const wide = serviceFact("c", { ...prefer, ingress: ["198.51.100.1"] });
  const second = new Allocator();
  assert.equal(show(second.converge(inputOf([wide], [both], []))), ["c: 198.51.100.1 2001:db8::"]);
  assert.equal(show(second.converge(inputOf([wide], [both], [], ["2001:db8::"]), ["default/c"])), ["c: 198.51.100.1 2001:db8::1"]);
  const needy = serviceFact("d", require);
  const third = new Allocator();
  assert.equal(show(third.converge(inputOf([needy], [both], []))), ["d: 198.51.100.0 2001:db8::"]);
  assert.equal(show(third.converge(inputOf([needy], [both], [], ["2001:db8::"]), ["default/d"])), ["d: 198.51.100.0 2001:db8::1"]);
});

kept.run();

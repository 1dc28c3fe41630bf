import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { type AllocateInput, Allocator, allocateAll } from "./allocate.ts";
import type { Allocation } from "./settle.ts";
import type { LabelSelector, Pool, ServiceFact } from "./vocabulary.ts";

const allocate = suite("allocate");

const SHARE = "metallb.io/allow-shared-ip";
const POOL = "metallb.io/address-pool";
const IPS = "metallb.io/loadBalancerIPs";
const dual = { clusterIPs: ["10.96.0.1", "fd00::1"], ipFamilies: [4, 6] as const };
const prefer = { ...dual, ipFamilyPolicy: "PreferDualStack" as const };
const require = { ...dual, ipFamilyPolicy: "RequireDualStack" as const };

function input(
  services: readonly ServiceFact[],
  pools: readonly Pool[],
  namespaces: Record<string, Record<string, string>> = {},
): AllocateInput {
  return {
    services: new Map(services.map((service) => [service.key, service])),
    pools: new Map(pools.map((pool) => [pool.name, pool])),
    reservations: new Map(),
    namespaces: new Map(Object.entries(namespaces).map(([name, labels]) => [name, { name, labels }])),
  };
}

function forServices(parts: Partial<NonNullable<Pool["allocation"]>>, more: Partial<Pool> = {}): Partial<Pool> {
  return { allocation: { priority: 0, namespaces: [], namespaceSelectors: [], serviceSelectors: [], ...parts }, ...more };
}

const labelled = (labels: Record<string, string>): LabelSelector[] => [{ matchLabels: labels }];

/** `web: 192.0.2.0 (home)`, or why not. */
function show(results: ReadonlyMap<string, Allocation>): string[] {
  return [...results].sort().map(([key, { vips, pools, refused, cleared }]) => {
    const has = vips.length > 0 ? `${vips.join(" ")} (${[...new Set(pools)].join()})` : "-";
    const said = [cleared && ` cleared ${cleared.reason}`, refused && ` refused ${refused.reason}`].filter(Boolean);
    return `${key.replace("default/", "")}: ${has}${said.join("")}`;
  });
}

const run = (services: readonly ServiceFact[], pools: readonly Pool[], namespaces = {}) =>
  show(allocateAll(input(services, pools, namespaces)));
const refusal = (service: ServiceFact, ...pools: Pool[]) => allocateAll(input([service], pools)).get(service.key)?.refused?.message;

/** A cluster whose statuses are written as the allocator says, a little later. */
function cluster(pools: readonly Pool[], ...services: ServiceFact[]) {
  let now = input([], pools);
  const allocator = new Allocator();
  const write = (results: ReadonlyMap<string, Allocation>) => {
    for (const [key, { vips }] of results) {
      const service = now.services.get(key) as ServiceFact;
      now = { ...now, services: new Map(now.services).set(key, { ...service, ingress: vips }) };
    }
    return show(results);
  };
  const set = (...facts: ServiceFact[]) => {
    const all = new Map(now.services);
    for (const fact of facts) all.set(fact.key, { ...fact, ingress: all.get(fact.key)?.ingress ?? fact.ingress });
    now = { ...now, services: all };
    return write(
      allocator.converge(
        now,
        facts.map(({ key }) => key),
      ),
    );
  };
  const remove = (name: string) => {
    now = { ...now, services: new Map([...now.services].filter(([key]) => key !== `default/${name}`)) };
    return write(allocator.converge(now, [`default/${name}`]));
  };
  const setPools = (...facts: Pool[]) => {
    now = { ...now, pools: input([], facts).pools };
    return write(allocator.converge(now, []));
  };
  if (services.length > 0) set(...services);
  return { set, remove, setPools };
}

const home = poolFact("home", ["192.0.2.0/30"]);
const tiny = poolFact("tiny", ["192.0.2.0/32"]);
const six = poolFact("six", ["2001:db8::/126"]);
const both = poolFact("both", ["198.51.100.0/30", "2001:db8:1::/126"]);

allocate("gives pending Services the first addresses, in key order", () => {
  assert.equal(run([serviceFact("b"), serviceFact("a")], [home]), ["a: 192.0.2.0 (home)", "b: 192.0.2.1 (home)"]);
});

allocate("Services that hold an address keep it, whoever else is pending", () => {
  const services = [serviceFact("a"), serviceFact("b"), serviceFact("z", { ingress: ["192.0.2.0"] })];
  assert.equal(run(services, [home]), ["a: 192.0.2.1 (home)", "b: 192.0.2.2 (home)", "z: 192.0.2.0 (home)"]);
});

allocate("nobody gets what a later one holds, not even who lost his own", () => {
  const services = [serviceFact("a", { ingress: ["203.0.113.1"] }), serviceFact("b", { ingress: ["192.0.2.0"] })];
  assert.equal(run(services, [home]), ["a: 192.0.2.1 (home) cleared ClearAssignment", "b: 192.0.2.0 (home)"]);
});

allocate("of two that hold one address the first by name keeps it", () => {
  const services = [serviceFact("b", { ingress: ["192.0.2.0"] }), serviceFact("a", { ingress: ["192.0.2.0"] })];
  assert.equal(run(services, [tiny]), ["a: 192.0.2.0 (tiny)", "b: - cleared ClearAssignment refused AllocationFailed"]);
});

allocate("a Service of another type or class is left alone, and loses what it held here", () => {
  const other = serviceFact("other", { loadBalancerClass: "example.com/other", ingress: ["203.0.113.1"] });
  assert.equal(run([serviceFact("a", { type: "ClusterIP" }), other], [home]), []);
  assert.equal(run([serviceFact("a", { type: "ClusterIP", ingress: ["192.0.2.0"] })], [home]), ["a: - cleared notLoadBalancer"]);
  const ours = allocateAll(input([other, serviceFact("a")], [home]), { loadBalancerClass: "example.com/other" });
  assert.equal(show(ours), ["other: 192.0.2.0 (home) cleared ClearAssignment"]);
});

allocate("without pools everything is cleared", () => {
  assert.equal(run([serviceFact("a", { ingress: ["192.0.2.0"] })], []), ["a: - cleared noConfig refused noConfig"]);
});

allocate("a pool asked for by annotation, of either prefix, need not be automatic", () => {
  const manual = poolFact("manual", ["203.0.113.0/31"], { autoAssign: false });
  const asks = (name: string, annotations: Record<string, string>) => serviceFact(name, { annotations });
  const services = [
    asks("a", { [POOL]: "manual" }),
    asks("b", { "metallb.universe.tf/address-pool": "manual" }),
    asks("c", { [POOL]: "", "metallb.universe.tf/address-pool": "manual" }),
    asks("d", { [POOL]: "nowhere" }),
  ];
  const expected = ["a: 203.0.113.0 (manual)", "b: 203.0.113.1 (manual)", "c: 192.0.2.0 (home)", "d: - refused AllocationFailed"];
  assert.equal(run(services, [home, manual]), expected);
  assert.is(refusal(asks("d", { [POOL]: "nowhere" }), home), 'Pool "nowhere" does not exist');
});

allocate("addresses asked for are given, or refused with the reason", () => {
  const asks = (ips: string, parts: Partial<ServiceFact> = {}) => serviceFact("a", { annotations: { [IPS]: ips }, ...parts });
  assert.equal(run([asks(" 192.0.2.3 ")], [home]), ["a: 192.0.2.3 (home)"]);
  assert.equal(run([serviceFact("a", { loadBalancerIP: "192.0.2.3" })], [home]), ["a: 192.0.2.3 (home)"]);
  assert.equal(run([asks("2001:DB8:1::2, 198.51.100.1", require)], [both]), ["a: 198.51.100.1 2001:db8:1::2 (both)"]);
  assert.equal(run([asks("2001:db8:1::2")], [both]), ["a: 2001:db8:1::2 (both)"]);
  const one = { clusterIPs: ["10.96.0.1"] };
  const cases: readonly [ServiceFact, RegExp][] = [
    [asks("203.0.113.9"), /^No pool gives out 203\.0\.113\.9$/],
    [asks("192.0.2.1,2001:db8:9::1", require), /^No pool gives out 2001:db8:9::1$/],
    [asks("192.0.2"), /^Service asks for "192\.0\.2", expected an IP address$/],
    [asks("192.0.2.1,"), /^Service asks for "", expected an IP address$/],
    [asks("192.0.2.1,192.0.2.2"), /expected at most one address of each family$/],
    [asks("192.0.2.1,2001:db8::1,192.0.2.2"), /expected at most one address of each family$/],
    [asks("2001:db8::1", one), /^Service asks for 2001:db8::1, expected one IPv4 address, as its families are$/],
    [asks("192.0.2.1,2001:db8::1", one), /expected one IPv4 address, as its families are$/],
    [asks("192.0.2.1", require), /expected one IPv4 address and one IPv6 address, as its families are$/],
    [asks("192.0.2.1", { loadBalancerIP: "192.0.2.1" }), /expected one of them$/],
    [serviceFact("a", { annotations: { [IPS]: "192.0.2.1", [POOL]: "six" } }), /of pool "six", but pool "home" has it$/],
  ];
  for (const [service, message] of cases) assert.match(refusal(service, home, six) as string, message);
});

allocate("a request that makes no sense leaves what is held alone", () => {
  const service = serviceFact("a", { ingress: ["192.0.2.2"], annotations: { [IPS]: "nonsense" } });
  assert.equal(run([service], [home]), ["a: 192.0.2.2 (home) refused LoadBalancerFailed"]);
});

allocate("another pool or address asked for moves the Service", () => {
  const { set } = cluster([home, poolFact("web", ["203.0.113.0/31"])], serviceFact("a"));
  assert.equal(set(serviceFact("a", { annotations: { [POOL]: "web" } })), ["a: 203.0.113.0 (web) cleared differentPoolRequested"]);
  assert.equal(set(serviceFact("a", { annotations: { [IPS]: "192.0.2.3" } })), ["a: 192.0.2.3 (home) cleared differentIPRequested"]);
  assert.equal(set(serviceFact("a")), ["a: 192.0.2.3 (home)"]);
});

allocate("who waits gets what is freed: by deletion, by type, by a move", () => {
  const freed = ["b: 192.0.2.0 (tiny)"];
  const start = () => cluster([tiny, poolFact("web", ["203.0.113.0/31"], { autoAssign: false })], serviceFact("a"), serviceFact("b"));
  assert.equal(start().remove("a"), freed);
  assert.equal(start().set(serviceFact("a", { type: "ClusterIP" })), ["a: - cleared notLoadBalancer", ...freed]);
  const moved = serviceFact("a", { annotations: { [POOL]: "web" } });
  assert.equal(start().set(moved), ["a: 203.0.113.0 (web) cleared differentPoolRequested", ...freed]);
});

allocate("who waits gets at a start what another one turns out to let go", () => {
  const services = [serviceFact("a"), serviceFact("b", { ingress: ["192.0.2.0"], annotations: { [IPS]: "203.0.113.9" } })];
  assert.equal(run([{ ...(services[0] as ServiceFact), ingress: ["203.0.113.1"] }, services[1] as ServiceFact], [tiny]), [
    "a: 192.0.2.0 (tiny) cleared ClearAssignment",
    "b: - cleared differentIPRequested refused AllocationFailed",
  ]);
});

allocate("who was deleted is forgotten", () => {
  const { set, remove } = cluster([home], serviceFact("a"), serviceFact("b"));
  remove("a");
  remove("b");
  assert.equal(set(serviceFact("b")), ["b: 192.0.2.0 (home)"]);
});

allocate("namespaces, namespace labels, Service labels and priorities choose among pools", () => {
  const pools = [
    poolFact("open", ["192.0.2.0/28"]),
    poolFact("p1", ["10.0.1.0/31"], forServices({ priority: 30, namespaces: ["default"] })),
    poolFact("p2", ["10.0.2.0/31"], forServices({ priority: 20, namespaceSelectors: labelled({ team: "a" }) })),
    poolFact("p3", ["10.0.3.0/31"], forServices({ namespaces: ["default"] })),
    poolFact("p4", ["10.0.4.0/31"], forServices({ priority: 10, serviceSelectors: labelled({ app: "web" }) })),
    poolFact("p5", ["10.0.5.0/31"], forServices({ priority: 5, namespaces: ["default"] }, { autoAssign: false })),
    poolFact("p6", ["10.0.6.0/31"], forServices({ priority: 1, namespaces: ["default"], serviceSelectors: labelled({ app: "db" }) })),
  ];
  const names = Array.from({ length: 8 }, (_, at) => serviceFact(`s${at}`));
  const poolsOf = (services: ServiceFact[], labels = {}) =>
    [...allocateAll(input(services, pools, { default: labels })).values()].map(({ pools: of }) => of[0]);
  assert.equal(poolsOf(names, { team: "a" }), ["p2", "p2", "p1", "p1", "p3", "p3", "open", "open"]);
  assert.equal(poolsOf(names.slice(0, 5)), ["p1", "p1", "p3", "p3", "open"]);
  assert.equal(poolsOf([serviceFact("a", { labels: { app: "web" } })]), ["p4"]);
  assert.equal(poolsOf([serviceFact("a", { labels: { app: "db" } })]), ["p6"]);
  const elsewhere = serviceFact("a", { key: "x/a", namespace: "x", labels: { app: "db" } });
  assert.equal(poolsOf([elsewhere]), ["open"]);
  assert.match(refusal({ ...elsewhere, annotations: { [POOL]: "p6" } }, ...pools) as string, 'Pool "p6" is not for namespace "x"');
  assert.match(
    refusal(serviceFact("a", { annotations: { [POOL]: "p6" } }), ...pools) as string,
    'Pool "p6" is not for Services with these labels',
  );
});

allocate("a serviceAllocation that names nothing is for all; one whose labels match no namespace for nobody", () => {
  assert.equal(run([serviceFact("a")], [home, poolFact("pinned", ["10.0.0.0/31"], forServices({}))]), ["a: 10.0.0.0 (pinned)"]);
  const closed = poolFact("closed", ["10.0.0.0/31"], forServices({ namespaceSelectors: labelled({ team: "a" }) }));
  assert.equal(run([serviceFact("a")], [closed]), ["a: - refused AllocationFailed"]);
  assert.is(refusal(serviceFact("a", { annotations: { [POOL]: "closed" } }), closed), 'Pool "closed" is not for namespace "default"');
});

allocate("equal pools are taken in name order", () => {
  const pools = ["c", "a", "b"].map((name, at) => poolFact(name, [`10.0.${at}.0/32`]));
  const services = ["1", "2", "3", "4"].map((name) => serviceFact(name));
  assert.equal(run(services, pools), ["1: 10.0.1.0 (a)", "2: 10.0.2.0 (b)", "3: 10.0.0.0 (c)", "4: - refused AllocationFailed"]);
  assert.is(refusal(serviceFact("x", { clusterIPs: ["fd00::1"] }), ...pools), 'No free IPv6 address in pools "a", "b", "c"');
});

allocate("PreferDualStack takes a pool with both, else its primary family, else the other", () => {
  assert.equal(run([serviceFact("a", prefer)], [home, six, both]), ["a: 198.51.100.0 2001:db8:1:: (both)"]);
  const single = " refused AdditionalAssignFailed";
  assert.equal(run([serviceFact("a", prefer)], [home, six]), [`a: 192.0.2.0 (home)${single}`]);
  assert.equal(run([serviceFact("a", { ...prefer, ipFamilies: [6, 4] })], [home, six]), [`a: 2001:db8:: (six)${single}`]);
  assert.equal(run([serviceFact("a", prefer)], [six]), [`a: 2001:db8:: (six)${single}`]);
});

allocate("RequireDualStack takes both from one pool or nothing", () => {
  assert.equal(run([serviceFact("a", require)], [home, six, both]), ["a: 198.51.100.0 2001:db8:1:: (both)"]);
  assert.equal(run([serviceFact("a", require)], [home, six]), ["a: - refused AllocationFailed"]);
  assert.is(refusal(serviceFact("a", require), home, six), 'No free IPv4 and IPv6 address in pools "home", "six"');
  const one = serviceFact("a", { ...require, clusterIPs: ["10.96.0.1"], ingress: ["192.0.2.0"] });
  assert.equal(run([one], [home]), ["a: - cleared not enough clusterips refused not enough clusterips"]);
});

allocate("Prefer to Require on a pool of one family loses the address, and gets it back with Prefer", () => {
  const { set } = cluster([home], serviceFact("0"), serviceFact("a", prefer));
  assert.equal(set(serviceFact("a", require)), ["a: - cleared nolbIPsIPFamily refused AllocationFailed"]);
  assert.equal(set(serviceFact("a", { ...require, labels: { x: "1" } })), ["a: - refused AllocationFailed"], "said once");
  assert.equal(set(serviceFact("a", prefer)), ["a: 192.0.2.1 (home) refused AdditionalAssignFailed"]);
});

allocate("a pool that gains a family gives the second address; the first stays first", () => {
  const start = (...pools: Pool[]) => cluster(pools, serviceFact("a", prefer)).setPools;
  const wide = poolFact("home", ["2001:db8::/126", "192.0.2.0/30"]);
  assert.equal(start(home)(wide), ["a: 192.0.2.0 2001:db8:: (home)"]);
  assert.equal(start(poolFact("home", ["2001:db8::/126"]))(wide), ["a: 2001:db8:: 192.0.2.0 (home)"]);
  assert.equal(start(home)(home, both), ["a: 192.0.2.0 (home) refused AdditionalAssignFailed"]);
});

allocate("a pool that loses a family sends its dual-stack Services to another pool", () => {
  const { setPools } = cluster([both], serviceFact("a", require));
  const moved = poolFact("other", ["203.0.113.0/31", "2001:db8:2::/127"]);
  const clears = "cleared ClearAssignment";
  assert.equal(setPools(poolFact("both", ["198.51.100.0/30"]), moved), [`a: 203.0.113.0 2001:db8:2:: (other) ${clears}`]);
});

allocate("PreferDualStack with one cluster IP never gets a second address", () => {
  const { set, setPools } = cluster([both], serviceFact("a", { ...prefer, clusterIPs: ["10.96.0.1"] }));
  const has = ["a: 198.51.100.0 (both)"];
  assert.equal(set(serviceFact("a", { ...prefer, clusterIPs: ["10.96.0.1"], labels: { x: "1" } })), has);
  assert.equal(setPools({ ...both }), has);
});

allocate("an address of another family than the cluster IPs is exchanged", () => {
  const service = serviceFact("a", { clusterIPs: ["fd00::1"], ingress: ["198.51.100.1"] });
  assert.equal(run([service], [both]), ["a: 2001:db8:1:: (both) cleared nolbIPsIPFamily"]);
  const dualHeld = serviceFact("a", { clusterIPs: ["10.96.0.1"], ingress: ["198.51.100.1", "2001:db8:1::1"] });
  assert.equal(run([dualHeld], [both]), ["a: 198.51.100.0 (both) cleared nolbIPsIPFamily"]);
});

allocate("what is held in another order than it is asked for stays so", () => {
  const ingress = ["2001:db8:1::1", "198.51.100.1"];
  const service = serviceFact("a", { ...require, ingress, annotations: { [IPS]: "198.51.100.1,2001:db8:1::1" } });
  assert.equal(run([service], [both]), ["a: 2001:db8:1::1 198.51.100.1 (both)"]);
});

allocate("avoidBuggyIPs holds also for addresses that are asked for", () => {
  const careful = { ...home, avoidBuggyIPs: true };
  assert.is(refusal(serviceFact("a", { annotations: { [IPS]: "192.0.2.0" } }), careful), "No pool gives out 192.0.2.0");
});

allocate("without cluster IPs ipFamilies decide, IPv4 by default", () => {
  const on = (parts: Partial<ServiceFact>) => run([serviceFact("a", parts)], [both])[0];
  assert.is(on({}), "a: 198.51.100.0 (both)");
  assert.is(on({ ipFamilies: [6] }), "a: 2001:db8:1:: (both)");
  assert.is(on({ ipFamilies: [6, 4] }), "a: 198.51.100.0 2001:db8:1:: (both)");
  assert.is(on({ ipFamilyPolicy: "PreferDualStack" }), "a: 198.51.100.0 2001:db8:1:: (both)");
  assert.is(on({ ipFamilyPolicy: "RequireDualStack", ipFamilies: [6] }), "a: 198.51.100.0 2001:db8:1:: (both)");
});

allocate("cluster IPs that tell no families are refused", () => {
  const cases = [["None"], ["10.96.0.1", "10.96.0.2"], ["10.96.0.1", "fd00::1", "fd00::2"]];
  for (const clusterIPs of cases)
    assert.match(refusal(serviceFact("a", { clusterIPs }), both) as string, /^Service has cluster IPs .*expected one address/);
});

allocate("sharing needs the key, the same backends and other ports, whatever the namespace", () => {
  const local = { externalTrafficPolicy: "Local" as const };
  const sharer = (port: number, parts: Partial<ServiceFact> = {}, key = "k") =>
    serviceFact("b", { key: "other/b", namespace: "other", annotations: { [SHARE]: key }, ports: [{ protocol: "TCP", port }], ...parts });
  const cases: readonly [shares: boolean, a: Partial<ServiceFact>, b: ServiceFact][] = [
    [true, {}, sharer(443)],
    [true, {}, sharer(80, { ports: [{ protocol: "UDP", port: 80 }] })],
    [false, {}, sharer(80)],
    [false, {}, sharer(443, {}, "q")],
    [false, {}, sharer(443, { annotations: {} })],
    [false, { annotations: {} }, sharer(443)],
    [false, {}, sharer(443, { ...local, selector: { app: "web" } })],
    [true, {}, sharer(443, { ...local, selector: {} })],
    [true, { ...local, selector: { app: "web", x: "1" } }, sharer(443, { ...local, selector: { x: "1", app: "web" } })],
    [false, { ...local, selector: { app: "web" } }, sharer(443, { ...local, selector: { app: "db" } })],
  ];
  for (const [shares, a, b] of cases) {
    const results = allocateAll(input([serviceFact("a", { annotations: { [SHARE]: "k" }, ...a }), b], [tiny]));
    assert.is(results.get("other/b")?.vips.length, shares ? 1 : 0, JSON.stringify([a, b]));
  }
});

allocate("two sharers: one that turns Local loses the address until the other does too", () => {
  const fact = (name: string, port: number, parts: Partial<ServiceFact> = {}) =>
    serviceFact(name, { annotations: { [SHARE]: "k" }, ports: [{ protocol: "TCP", port }], selector: { app: "web" }, ...parts });
  const local = { externalTrafficPolicy: "Local" as const };
  const { set } = cluster([tiny], fact("a", 80), fact("b", 443));
  const lost = "- cleared ClearAssignment refused AllocationFailed";
  assert.equal(set(fact("a", 80, local)), [`a: ${lost}`]);
  assert.equal(set(fact("b", 443, local)), ["a: 192.0.2.0 (tiny)", "b: 192.0.2.0 (tiny)"]);
  assert.equal(set(fact("b", 443, { ...local, selector: { app: "db" } })), [`b: ${lost}`]);
  assert.equal(set(fact("b", 443, local)), ["b: 192.0.2.0 (tiny)"]);
  assert.equal(set(fact("a", 80), fact("b", 443)), ["a: 192.0.2.0 (tiny)", "b: 192.0.2.0 (tiny)"]);
});

allocate("a port that a sharer gives up goes to who waits for it", () => {
  const fact = (name: string, port: number) => serviceFact(name, { annotations: { [SHARE]: "k" }, ports: [{ protocol: "TCP", port }] });
  const { set } = cluster([tiny], fact("a", 80), fact("b", 80));
  assert.equal(set(fact("a", 443)), ["a: 192.0.2.0 (tiny)", "b: 192.0.2.0 (tiny)"]);
});

allocate("the only user of an address may change its terms in place", () => {
  const { set } = cluster([tiny], serviceFact("a"));
  assert.equal(set(serviceFact("a", { annotations: { [SHARE]: "k" } })), ["a: 192.0.2.0 (tiny)"]);
  assert.equal(set(serviceFact("a", { annotations: { [SHARE]: "q" }, externalTrafficPolicy: "Local" })), ["a: 192.0.2.0 (tiny)"]);
});

allocate("pool changes move only whom they must", () => {
  const start = () => cluster([home], serviceFact("a"), serviceFact("b")).setPools;
  const gone = "- cleared noConfig refused noConfig";
  assert.equal(start()(), [`a: ${gone}`, `b: ${gone}`]);
  assert.equal(start()(poolFact("web", ["192.0.2.0/24"])), ["a: 192.0.2.0 (web)", "b: 192.0.2.1 (web)"]);
  assert.equal(start()(poolFact("home", ["192.0.2.1/32"])), [
    "a: - cleared ClearAssignment refused AllocationFailed",
    "b: 192.0.2.1 (home)",
  ]);
  assert.equal(start()({ ...home, autoAssign: false }), ["a: 192.0.2.0 (home)", "b: 192.0.2.1 (home)"]);
  assert.equal(start()({ ...home, avoidBuggyIPs: true }), ["a: 192.0.2.2 (home) cleared ClearAssignment", "b: 192.0.2.1 (home)"]);
  const closed = { ...home, ...forServices({ namespaces: ["x"] }) };
  assert.equal(start()(closed, six)[0], "a: - cleared ClearAssignment refused AllocationFailed");
});

allocate("pools that come back give everyone what he had", () => {
  const { setPools, remove } = cluster([home], serviceFact("a"), serviceFact("b"), serviceFact("c"));
  remove("a");
  setPools();
  assert.equal(setPools(home), ["b: 192.0.2.1 (home)", "c: 192.0.2.2 (home)"]);
});

allocate("a second address that is freed goes to who misses it", () => {
  const narrow = poolFact("narrow", ["192.0.2.0/31", "2001:db8::/128"]);
  const { remove } = cluster([narrow], serviceFact("a", require), serviceFact("b", prefer));
  assert.equal(remove("a"), ["b: 192.0.2.1 2001:db8:: (narrow)"]);
});

allocate("what is asked again while a write is under way stays what it was", () => {
  const allocator = new Allocator();
  const before = input([serviceFact("a"), serviceFact("b")], [home]);
  allocator.converge(before);
  const after = input([serviceFact("b", { labels: { x: "1" } })], [home]);
  assert.equal(show(allocator.converge({ ...before, services: after.services }, ["default/a", "default/b"])), ["b: 192.0.2.1 (home)"]);
});

allocate.run();

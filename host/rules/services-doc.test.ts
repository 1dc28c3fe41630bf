/** `docs/services.md` says what the code does: it has every annotation, and every refusal as it is worded. */
import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolFact, reservationFact, serviceFact } from "../workbench/testing/facts.ts";
import { allocateAll } from "./allocate.ts";
import { ALLOCATED_FROM_POOL, POOL_ANNOTATIONS, SERVICE_ANNOTATIONS } from "./annotations.ts";
import { API_GROUP } from "./api-group.ts";
import { readPool } from "./pool.ts";
import { readReservation } from "./reservation.ts";
import { separatePools, separateReservations } from "./separate-blocks.ts";
import type { Pool, Reservation, ServiceFact } from "./vocabulary.ts";

const doc = suite("docs/services.md");

const TEXT = readFileSync(new URL("../../docs/services.md", import.meta.url), "utf8");
/** The first column of all tables. */
const FIELDS = TEXT.split("\n").flatMap((line) => (/^\| `/.test(line) ? [...(line.split(" | ")[0] as string).matchAll(/`([^`]+)`/g)] : []));

doc("has a row for each annotation, and none for another", () => {
  const rows = FIELDS.map(([, field]) => field as string).filter((field) => field.includes("/"));
  const known = [ALLOCATED_FROM_POOL, ...Object.values(SERVICE_ANNOTATIONS).flat(), ...Object.values(POOL_ANNOTATIONS)];
  assert.equal(rows.sort(), known.sort());
  const named = [
    ...TEXT.matchAll(
      new RegExp(`(?:metallb\\.io|metallb\\.universe\\.tf|${API_GROUP.replace(".", "\\.")})/[A-Za-z-]+(?![A-Za-z0-9-])`, "g"),
    ),
  ];
  for (const [annotation] of named) assert.ok(known.includes(annotation), annotation);
});

const only = (parts: Partial<NonNullable<Pool["allocation"]>>): Partial<Pool> => ({
  allocation: { priority: 0, namespaces: [], namespaceSelectors: [], serviceSelectors: [], ...parts },
});
const HOME = poolFact("home", ["192.0.2.0/30"]);
const POOLS = [
  HOME,
  poolFact("tenant", ["198.51.100.0/30"], only({ namespaces: ["tenant"] })),
  poolFact("labelled", ["198.51.100.8/30"], only({ serviceSelectors: [{ matchLabels: { app: "web" } }] })),
];
const dual = { clusterIPs: ["10.96.0.1", "fd00::1"], ipFamilies: [4, 6] as const };

/** `reason: text` of what `default/web` is refused, beside `default/other`, which holds 192.0.2.0. */
function refusal(
  parts: Partial<ServiceFact>,
  pools: readonly Pool[] = POOLS,
  other: Partial<ServiceFact> = {},
  kept: readonly Reservation[] = [],
  strangers: readonly string[] = [],
): string {
  const foreign = serviceFact("foreign", { loadBalancerClass: "example.com/x", ingress: ["192.0.2.3"] });
  const services = [serviceFact("other", { ingress: ["192.0.2.0"], ...other }), foreign, serviceFact("web", parts)];
  const input = { services: new Map(services.map((each) => [each.key, each])), pools: new Map(pools.map((each) => [each.name, each])) };
  const { refused, deprecated, ignored } =
    allocateAll({
      ...input,
      strangers: new Set(strangers),
      namespaces: new Map(),
      reservations: new Map(kept.map((each) => [each.name, each])),
    }).get("default/web") ?? {};
  const said = refused ?? deprecated ?? ignored;
  return `${said?.reason}: \`${said?.message}\``;
}

const asks = (name: string, value: string, parts: Partial<ServiceFact> = {}) => ({
  annotations: { [`metallb.io/${name}`]: value },
  ...parts,
});
const drained = poolFact("drained", ["192.0.2.0/30"], { isDraining: true });

doc("has each refusal as it is worded", () => {
  const refusals = [
    refusal({ ...dual, ipFamilyPolicy: "RequireDualStack" }, [HOME]),
    refusal({ ...dual, ipFamilyPolicy: "PreferDualStack" }, [HOME]).replace("192.0.2.1", "192.0.2.0"),
    refusal({ clusterIPs: ["10.96.0.1"], ipFamilyPolicy: "RequireDualStack" }),
    refusal(asks("loadBalancerIPs", "203.0.113.9")),
    refusal(asks("loadBalancerIPs", "192.0.2.0")),
    refusal(asks("loadBalancerIPs", "192.0.2")),
    refusal(asks("loadBalancerIPs", "2001:db8::1", { clusterIPs: ["10.96.0.1"] })),
    refusal(asks("loadBalancerIPs", "192.0.2.1", { loadBalancerIP: "192.0.2.1" })),
    refusal(asks("address-pool", "nowhere")),
    refusal(asks("address-pool", "tenant")),
    refusal(asks("address-pool", "labelled")),
    refusal({ annotations: { "metallb.io/address-pool": "labelled", "metallb.io/loadBalancerIPs": "192.0.2.1" } }),
    refusal(asks("address-pool", "a,b,c")),
    refusal(
      { annotations: { "metallb.io/allow-shared-ip": "k", "metallb.io/loadBalancerIPs": "192.0.2.0" } },
      POOLS,
      asks("allow-shared-ip", "k"),
    ),
    refusal(asks("loadBalancerIPs", "192.0.2.3")),
    refusal(asks("loadBalancerIPs", "192.0.2.2"), POOLS, {}, [reservationFact("router", ["192.0.2.2"], { reason: "the router" })]),
    refusal({}, POOLS, {}, [reservationFact("photos", ["203.0.113.1"], { service: "default/web" })]),
    refusal(asks("loadBalancerIPs", "192.0.2.1"), POOLS, {}, [], ["192.0.2.1"]),
    refusal({}, [HOME], {}, [reservationFact("router", ["192.0.2.2"])], ["192.0.2.1"]),
    refusal({ annotations: { "metallb.universe.tf/address-pool": "home" } }),
    refusal({ annotations: { [SERVICE_ANNOTATIONS.preferredNodes]: "node_a" } }),
    refusal(asks("loadBalancerIPs", "192.0.2.1"), [drained]),
    refusal({}, [drained], { type: "ClusterIP" }),
  ];
  for (const text of refusals) assert.ok(TEXT.includes(text), text);
});

doc("has each problem of a pool as it is worded", () => {
  const read = (addresses: readonly string[], annotations: Readonly<Record<string, string>> = {}) =>
    readPool({ metadata: { name: "home", annotations }, spec: { addresses } }).problems;
  const problems = [
    ...read(["nonsense"]),
    ...read(["192.0.2.0/24"], { [POOL_ANNOTATIONS.dualStackWith]: "home" }),
    ...read(["192.0.2.0/24"], { [POOL_ANNOTATIONS.drain]: "yes" }),
    ...read(["192.0.2.0/24"], { [POOL_ANNOTATIONS.ownership]: "any" }),
    ...separatePools([HOME, poolFact("later", ["192.0.2.0/24"])]).problems,
  ];
  assert.is(problems.length, 5);
  for (const { expected } of problems) assert.ok(TEXT.includes(`expected ${expected}`), expected);
});

doc("has each problem of a Reservation as it is worded", () => {
  const read = readReservation({ metadata: { name: "r" }, spec: { addresses: ["192.0.2"], reason: 7 } }).problems;
  const overlap = [reservationFact("photos", ["192.0.2.10"]), reservationFact("z", ["192.0.2.0/24"])];
  const problems = [...read, ...separateReservations(overlap).problems];
  assert.is(problems.length, 3);
  for (const { expected } of problems) assert.ok(TEXT.includes(`expected ${expected}`), expected);
});

doc.run();

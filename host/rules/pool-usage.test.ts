import { suite } from "uvu";
import * as assert from "uvu/assert";
import { poolFact, serviceFact } from "../workbench/testing/facts.ts";
import { poolUsage } from "./pool-usage.ts";

const usage = suite("pool usage");

function usageOf(pools: readonly ReturnType<typeof poolFact>[], ingress: readonly (readonly string[])[]) {
  const services = ingress.map((ips, at) => serviceFact(`s${at}`, { ingress: ips }));
  return poolUsage({
    pools: new Map(pools.map((pool) => [pool.name, pool])),
    services: new Map(services.map((service) => [service.key, service])),
  });
}

usage("counts the addresses of a pool by family, and different ones in use", () => {
  const pool = poolFact("home", ["192.0.2.0/28", "192.0.2.32/31", "2001:db8::/120"]);
  assert.equal(usageOf([pool], [["192.0.2.1", "2001:db8::1"], ["192.0.2.1"], ["192.0.2.33"], ["198.51.100.1"], []]), [
    { pool: "home", total: { 4: 18n, 6: 256n }, used: { 4: 2, 6: 1 }, services: 3 },
  ]);
});

usage("a Service with addresses of two pools counts in both", () => {
  const pools = [poolFact("a", ["192.0.2.0/24"]), poolFact("b", ["2001:db8::/64"])];
  assert.equal(
    usageOf(pools, [["192.0.2.1", "2001:db8::1"]]).map(({ pool, used, services }) => ({ pool, used, services })),
    [
      { pool: "a", used: { 4: 1, 6: 0 }, services: 1 },
      { pool: "b", used: { 4: 0, 6: 1 }, services: 1 },
    ],
  );
});

const buggy: readonly (readonly [string, bigint])[] = [
  ["192.0.2.0/24", 254n],
  ["192.0.2.0/32", 0n],
  ["192.0.2.255/32", 0n],
  ["192.0.2.1/32", 1n],
  ["192.0.2.0/23", 508n],
  ["0.0.0.0/30", 3n],
  ["2001:db8::/120", 0n],
];
for (const [block, expected] of buggy) {
  usage(`of ${block} so many IPv4 addresses do not end in .0 or .255: ${expected}`, () => {
    assert.is(usageOf([poolFact("home", [block], { avoidBuggyIPs: true })], [])[0]?.total[4], expected);
  });
}

usage("a pool of most of IPv6 is counted whole", () => {
  assert.is(usageOf([poolFact("home", ["2000::/3"])], [])[0]?.total[6], 2n ** 125n);
});

usage.run();

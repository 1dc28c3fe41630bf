/** Each router learns the same routes from a BIRD, by EBGP and by IBGP, and shows them in its own table. */

import { readdirSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PrivateNetwork, run } from "../private-network.ts";
import { insideTests } from "../testing/inside.ts";
import { type NeighborDescription, ROUTERS, type Router, type RouterName, routerNeeds, type SeenRoute, startRouter } from "./routers.ts";
import { until } from "./until.ts";

const routers = suite("test routers");
const inside = insideTests(routers, import.meta.url);

const SENDER = "192.0.2.1";
const RECEIVER = "192.0.2.2";
const SENDER_AS = 4_200_000_001;
const PREFIX = "203.0.113.0/24";
const PREFIX6 = "2001:db8:5::/48";
const OWN_PREFIX = "198.51.100.0/24";
const TERMS = { med: 50, communities: ["65001:7", "65001:8"], largeCommunities: ["65001:1:2"] };

let opened: PrivateNetwork | undefined;

function openNetwork(): PrivateNetwork {
  if (opened !== undefined) return opened;
  opened = new PrivateNetwork();
  for (const [host, address, address6] of [["sender", SENDER, "2001:db8::1"] as const, ["receiver", RECEIVER, "2001:db8::2"] as const]) {
    opened.addHost(host, `${address}/24`);
    opened.ip(host, "address", "add", `${address6}/64`, "dev", "eth0", "nodad");
  }
  return opened;
}

type Options = Partial<NeighborDescription> & { readonly senderPort?: number };

/** A BIRD and the router under test, neighbors of each other. */
async function withPair(name: RouterName, asNumber: number, options: Options, body: (sender: Router, router: Router) => Promise<void>) {
  const network = openNetwork();
  const { senderPort = 179, ...common } = { families: [4, 6] as const, ...options };
  const sender = await startRouter("bird", (...command) => network.on("sender", ...command), {
    asNumber: SENDER_AS,
    routerId: "10.0.0.1",
    port: senderPort,
    neighbors: [{ ...common, at: { address: RECEIVER, localAddress: SENDER }, asNumber, passive: true }],
    routes: [{ prefix: PREFIX, ...TERMS }, { prefix: PREFIX6 }],
  });
  try {
    const router = await startRouter(name, (...command) => network.on("receiver", ...command), {
      asNumber,
      routerId: "10.0.0.2",
      neighbors: [{ ...common, at: { address: SENDER, localAddress: RECEIVER }, asNumber: SENDER_AS, port: senderPort }],
      routes: [{ prefix: OWN_PREFIX, ...TERMS }],
    });
    try {
      await body(sender, router);
    } catch (error) {
      throw new Error(`${(error as Error).stack}\n${name} printed:\n${router.log()}`);
    } finally {
      await router.stop();
    }
  } finally {
    await sender.kill();
  }
}

const byPrefix = (routes: readonly SeenRoute[], prefix: string) => routes.find((route) => route.prefix === prefix);

async function routesOf(router: Router, ...prefixes: readonly string[]): Promise<SeenRoute[]> {
  return until(prefixes.join(" and "), async () => {
    const routes = await router.routes();
    const found = prefixes.flatMap((prefix) => byPrefix(routes, prefix) ?? []);
    return found.length === prefixes.length ? found : undefined;
  });
}

for (const name of ROUTERS) {
  inside(`${name} over GTSM shows and announces routes with all that is said of them, and shows sessions`, routerNeeds(name), () =>
    withPair(name, 65002, { holdTimeSeconds: 9, ttlSecurity: true, gracefulRestart: name !== "exabgp" }, async (sender, router) => {
      const [four, six] = await routesOf(router, PREFIX, PREFIX6);
      const { from, nextHops, asPath, med, communities, largeCommunities, stale } = four as SeenRoute;
      const expected = { from: SENDER, nextHops: [SENDER], asPath: [SENDER_AS], ...TERMS, stale: false };
      assert.equal({ from, nextHops, asPath, med, communities, largeCommunities, stale }, expected);
      assert.is(six?.nextHops[0], "2001:db8::1");

      const [own] = await routesOf(sender, OWN_PREFIX);
      assert.equal([own?.asPath, own?.med, own?.communities, own?.largeCommunities], [[65002], ...Object.values(TERMS)]);

      const { state, capabilities } = await router.session(SENDER);
      assert.is(state, "established");
      assert.ok(capabilities.length >= 3, capabilities.join());

      await router.refresh(SENDER);
      await router.shutDown(SENDER);
      await until("end of the session", async () => (await sender.routes()).length === 0 || undefined);
    }),
  );

  const signed = { password: "a-secret", senderPort: 1790 };
  inside(`${name} is told of MD5, another port and an internal neighbor`, routerNeeds(name), () =>
    withPair(name, SENDER_AS, signed, async (_sender, router) => {
      const [four] = await routesOf(router, PREFIX);
      assert.equal([four?.localPref, four?.asPath], [100, []]);
      assert.is((await router.session(SENDER)).state, "established");
    }),
  );
}

inside("a router that cannot start says why, and leaves nothing behind", routerNeeds("bird"), async () => {
  const network = openNetwork();
  const bad = { asNumber: 65002, routerId: "not an address", neighbors: [] };
  const error = await startRouter("bird", (...command) => network.on("receiver", ...command), bad).then(
    () => undefined,
    (error: Error) => error,
  );
  assert.match(error?.message ?? "", /has ended:.*syntax error/s);
});

inside("no process and no folder is left", [], () => {
  // As the first process here we inherit what has ended, and do not ask for it.
  const processes = run("ps", "-e", "-o", "stat=,comm=")
    .split("\n")
    .filter((line) => !line.startsWith("Z"));
  assert.is(processes.join("\n").match(/bird|bgp|zebra|bfdd|cat$/m), null, processes.join());
  assert.equal(
    readdirSync("/run").filter((name) => name.startsWith("router-")),
    [],
  );
});

routers.run();

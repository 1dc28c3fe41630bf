/** BGP unnumbered with FRR on the other end of a real link: both find each other by Router Advertisements alone. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { createMetrics } from "../../host/observe/metrics.ts";
import { kernelFrames } from "../../host/packets/frame-socket.ts";
import { libc } from "../../host/packets/libc.ts";
import { kernelLinks } from "../../host/packets/links.ts";
import { localService } from "../../host/packets/local-service.ts";
import { memoryWire } from "../../host/packets/memory-wire.ts";
import { startPlugin } from "../../host/sandbox/start-plugin.ts";
import { type Router, routerNeeds, startRouter } from "../../host/workbench/bgp-peers/routers.ts";
import { until } from "../../host/workbench/bgp-peers/until.ts";
import { ipBatch, run } from "../../host/workbench/private-network.ts";
import { insideTests } from "../../host/workbench/testing/inside.ts";
import { recordedLog } from "../../host/workbench/testing/log.ts";
import bgp from "./plugin.ts";
import { announce, NODE_AS, peerAt, ROUTER_AS } from "./test-stage.ts";

const LIVE = suite("bgp unnumbered, live");
const inside = insideTests(LIVE, import.meta.url);

function startFrr(): Promise<Router> {
  ipBatch(["netns add router", "link add near type veth peer name far netns router", "link set near up"]);
  ipBatch(["link set lo up", "link set far up"], "-n", "router");
  const neighbors = [{ at: { link: "far" }, asNumber: NODE_AS, families: [4, 6] as const, extendedNextHop: true }];
  return startRouter("frr", (...command) => ["nsenter", "--net=/run/netns/router", ...command], {
    asNumber: ROUTER_AS,
    routerId: "192.0.2.254",
    neighbors,
  });
}

/** What FRR has from us, once it has so many routes. */
function seenBy(router: Router, count: number): Promise<string[]> {
  return until(`${count} routes`, async () => {
    const routes = await router.routes();
    return routes.length === count ? routes.map(({ prefix, nextHops }) => `${prefix} by ${nextHops.join(" and ")}`).sort() : undefined;
  });
}

inside(
  "FRR learns routes of both families on a link that is named alone, and again when it has gone and come back",
  routerNeeds("frr"),
  async () => {
    const router = await startFrr();
    const { log, lines } = recordedLog();
    const links = kernelLinks(libc());
    const host = { node: "a", packets: localService(memoryWire()), links, frames: kernelFrames(libc()), log, metrics: createMetrics() };
    const { sourceAddress: _, ...peer } = peerAt(179, { at: { link: "near" }, holdTimeSeconds: 3, keepaliveSeconds: 1 });
    const plugin = await startPlugin(bgp, { peers: [peer], profiles: [], nodeAddresses: [] }, host);
    try {
      await plugin.announcer.apply({ added: [announce("198.51.100.1"), announce("2001:db8::1")], changed: [], removed: [] });
      const seen = await seenBy(router, 2);
      const [own] = links.all().find(({ name }) => name === "near")?.addresses ?? [];
      const expected = ["198.51.100.1/32", "2001:db8::1/128"].map((prefix) => `${prefix} by ${own?.address}`);
      assert.equal(seen, expected);
      run("ip", "link", "set", "near", "down");
      assert.equal(await seenBy(router, 0), []);
      run("ip", "link", "set", "near", "up");
      assert.equal(await seenBy(router, 2), expected);
    } catch (error) {
      throw new Error(`${(error as { details?: string }).details ?? (error as Error).message}; ${JSON.stringify(lines)}; ${router.log()}`, {
        cause: error,
      });
    } finally {
      await plugin.announcer.stop("leave");
      await plugin.close();
      links.close();
      await router.stop();
    }
  },
);

LIVE.run();

/** Who talks to whom, and for how long: of MetalLB's end-to-end suite what `bgp.go` and `node_selector.go` check of sessions. */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { routerNeeds, type SeenRoute } from "../bgp-peers/routers.ts";
import { until } from "../bgp-peers/until.ts";
import { addressOf, NODES, onNodes } from "./hosts.ts";
import { EXTERNAL, INTERNAL, peerOf, WireRouter } from "./wire-router.ts";
import type { WireStage } from "./wire-stage.ts";
import { wireTests } from "./wire-tests.ts";

const sessions = suite("BGP sessions in a cluster");
const behaves = wireTests(sessions, import.meta.url, { needs: [...routerNeeds("frr"), ...routerNeeds("bird")] });

const PEER = "metallb.io/v1beta2/BGPPeer";
const POOL = ["198.51.100.0/28", "2001:db8:feed::/120"];
const ROUTE = "198.51.100.0/32";
/** Of the external router's own. */
const FOREIGN = "203.0.113.0/24";

let started: Promise<readonly [WireRouter, WireRouter]> | undefined;

function routersOf({ network }: WireStage): NonNullable<typeof started> {
  const wishes = { "node-a": { gracefulRestart: true } };
  started ??= Promise.all([
    WireRouter.start(network, EXTERNAL, { wishes, routes: [{ prefix: FOREIGN }] }),
    WireRouter.start(network, INTERNAL),
  ]);
  return started;
}

behaves("peers that are added one by one are told, and ServiceBGPStatus names them", async ({ scene, stage, play }) => {
  const [external, internal] = await routersOf(stage);
  await scene.pool("public", POOL);
  await play.bgp("all");
  await play.service("web", NODES);
  await play.peer("external", peerOf(EXTERNAL));
  await external.hears(ROUTE, NODES);
  await play.tells("web", NODES, ["external"]);
  await play.peer("internal", peerOf(INTERNAL));
  await internal.hears(ROUTE, NODES);
  await play.tells("web", NODES, ["external", "internal"]);
  await play.bgp("all", { peers: ["internal"] });
  await play.tells("web", NODES, ["internal"]);
  await external.hears(ROUTE, []);
  await stage.node("node-b", { networkUnavailable: true });
  await play.tells("web", ["node-a", "node-c"], ["internal"]);
  await play.remove(PEER, "internal");
  await play.tells("web", [], []);
  await internal.isDown(...NODES);
});

behaves("a peer has sessions with the nodes that it selects", async ({ stage, play }) => {
  const [external] = await routersOf(stage);
  for (const nodes of [["node-a"], ["node-b", "node-c"], NODES] as const) {
    await play.peer("external", peerOf(EXTERNAL, { nodeSelectors: onNodes(...nodes) }));
    await external.isUp(...nodes);
    await external.isDown(...NODES.filter((node) => !nodes.some((one) => one === node)));
  }
});

behaves("both families go over a session of IPv6", async ({ scene, stage, play }) => {
  const [external] = await routersOf(stage);
  await scene.pool("public", POOL);
  await play.bgp("all");
  await play.service("web", NODES, { spec: { ipFamilyPolicy: "RequireDualStack" } });
  await play.peer("external", peerOf(EXTERNAL, { peerAddress: EXTERNAL.address6 }));
  await external.hears("2001:db8:feed::/128", NODES);
  await external.hears(ROUTE, NODES);
  await external.isDown(...NODES);
});

behaves("a peer of any external AS connects, and one that should be internal does not", async ({ stage, play }) => {
  const [external] = await routersOf(stage);
  const { peerASN: _, ...dynamic } = peerOf(EXTERNAL, { nodeSelectors: onNodes("node-a") });
  await play.peer("external", { ...dynamic, dynamicASN: "external" });
  await external.isUp("node-a");
  const { peerASN } = await play.sessionState("node-a", "external", ({ state }) => state === "Established");
  assert.is(peerASN, EXTERNAL.asNumber);
  await play.peer("external", { ...dynamic, dynamicASN: "internal" });
  await external.isDown("node-a");
  await play.sessionState("node-a", "external", ({ state, lastError }) => state !== "Established" && lastError !== undefined);
});

behaves("routes that a peer sends are not taken over", async ({ stage, play }) => {
  const [external] = await routersOf(stage);
  await play.peer("external", peerOf(EXTERNAL));
  await external.isUp(...NODES);
  for (const node of NODES) {
    await until(`update that ${node} has heard`, async () => {
      const { text } = await stage.metrics(node, stage.cluster.server.adminToken);
      return /^metallb_bgp_updates_total_received\{[^}]*\} [1-9]/m.test(text) || undefined;
    });
    assert.is(stage.network.ip(node, "route", "show", FOREIGN), "");
  }
});

behaves("the routes of a speaker that dies go, and come back with it", async ({ scene, stage, play }) => {
  const [external] = await routersOf(stage);
  await scene.pool("public", POOL);
  await play.bgp("all");
  await play.service("web", NODES);
  await play.peer("external", peerOf(EXTERNAL));
  await external.hears(ROUTE, NODES);
  await stage.speaker("node-a").end("SIGKILL");
  await external.hears(ROUTE, ["node-b", "node-c"]);
  stage.speaker("node-a").start();
  await external.hears(ROUTE, NODES);
});

behaves("with graceful restart they stay, until it has told them again", async ({ scene, stage, play }) => {
  const [external] = await routersOf(stage);
  await scene.pool("public", POOL);
  await play.bgp("all");
  await play.service("web", NODES);
  await play.peer("external", peerOf(EXTERNAL, { enableGracefulRestart: true }));
  await external.hears(ROUTE, NODES);
  const becomes = (what: string, isRight: (route: SeenRoute) => boolean) =>
    until(what, async () => {
      const route = (await external.router.routes()).find(({ prefix, from }) => prefix === ROUTE && from === addressOf("node-a"));
      if (route === undefined) throw new Error(`The route is lost on the way to a ${what}`);
      return isRight(route) || undefined;
    });
  await stage.speaker("node-a").end("SIGKILL");
  await becomes("stale route", ({ stale }) => stale);
  stage.speaker("node-a").start();
  await becomes("fresh route", ({ stale }) => !stale);
});

sessions.run();
